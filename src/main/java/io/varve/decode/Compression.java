package io.varve.decode;

import io.netty.buffer.ByteBuf;

/** How a layer's tar is packed. */
public enum Compression {
    NONE("plain"),
    GZIP("gzip"),
    ZSTD("zstd");

    /** How many bytes {@link #sniff} looks at. */
    public static final int SNIFFED_BYTES = 4;

    private final String word;

    Compression(String word) {
        this.word = word;
    }

    /** A decoder for one stream; the caller closes it. */
    public Decoder decoder(DecodeLimits limits) {
        Format format =
                switch (this) {
                    case NONE -> new IdentityFormat();
                    case GZIP -> new GzipFormat();
                    case ZSTD -> new ZstdFormat(limits.zstdWindowLog());
                };
        return new LimitedDecoder(word, format, limits);
    }

    /**
     * What the first bytes of a blob say it is, for callers whose media type does not say or is not to be trusted:
     * registries hold layers labelled wrongly, and other tools go by the bytes. Anything that is neither gzip nor zstd is
     * {@link #NONE}, an empty blob too; no tar begins like either, unless its first name does.
     *
     * @param borrowedHead from its reader index on the first {@link #SNIFFED_BYTES} bytes or more, or the whole blob if
     *     it is shorter; its indices stay where they are
     */
    public static Compression sniff(ByteBuf borrowedHead) {
        int at = borrowedHead.readerIndex();
        int length = borrowedHead.readableBytes();
        if (length >= 3 && GzipHeader.isMagic(borrowedHead.getUnsignedMedium(at))) {
            return GZIP;
        }
        return length >= 4 && ZstdFrameHeader.isMagic(borrowedHead.getIntLE(at)) ? ZSTD : NONE;
    }

    /** The name used in messages. */
    @Override
    public String toString() {
        return word;
    }
}
