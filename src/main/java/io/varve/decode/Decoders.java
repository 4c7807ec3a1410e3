package io.varve.decode;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.varve.oci.Compression;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/** Which decoder a stream needs. */
public final class Decoders {
    /** How many bytes {@link #sniff(ByteBuf)} looks at. */
    static final int SNIFFED_BYTES = 4;

    private static final String JDK = "zlib of the JDK";

    private Decoders() {}

    /** A decoder for one stream; the caller closes it. */
    public static Decoder of(Compression compression, DecodeLimits limits) {
        Format format =
                switch (compression) {
                    case NONE -> new IdentityFormat();
                    case GZIP -> new GzipFormat(inflate(limits));
                    case ZSTD -> new ZstdFormat(limits.zstdWindowLog());
                };
        return new LimitedDecoder(compression.toString(), format, limits);
    }

    private static Inflate inflate(DecodeLimits limits) {
        return limits.isal() ? Isal.get().<Inflate>map(IsalInflate::new).orElseGet(JdkInflate::new) : new JdkInflate();
    }

    /**
     * What inflates gzip in this process, in words: ISA-L with the file it came from, or the JDK. The first call looks for ISA-L,
     * and tries it; it may block.
     */
    public static String inflater(DecodeLimits limits) {
        return limits.isal()
                ? Isal.get().map(isal -> "ISA-L, " + isal.library()).orElse(JDK)
                : JDK;
    }

    /**
     * What the first bytes of a blob say it is, for callers whose media type does not say or is not to be trusted:
     * registries hold layers labelled wrongly, and other tools go by the bytes. Anything that is neither gzip nor zstd is
     * {@link Compression#NONE}, an empty blob too; no tar begins like either, unless its first name does.
     *
     * @param borrowedHead from its reader index on the first {@link #SNIFFED_BYTES} bytes or more, or the whole blob if
     *     it is shorter; its indices stay where they are
     */
    public static Compression sniff(ByteBuf borrowedHead) {
        int at = borrowedHead.readerIndex();
        int length = borrowedHead.readableBytes();
        if (length >= 3 && GzipHeader.isMagic(borrowedHead.getUnsignedMedium(at))) {
            return Compression.GZIP;
        }
        return length >= 4 && ZstdFrameHeader.isMagic(borrowedHead.getIntLE(at)) ? Compression.ZSTD : Compression.NONE;
    }

    /** The same of a stream, whose first bytes are read; it blocks, and stays the caller's. */
    public static Compression sniff(ReadableByteChannel in) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(SNIFFED_BYTES);
        while (head.hasRemaining() && in.read(head) >= 0) {
            // A channel may give its bytes in pieces.
        }
        return sniff(Unpooled.wrappedBuffer(head.flip()));
    }
}
