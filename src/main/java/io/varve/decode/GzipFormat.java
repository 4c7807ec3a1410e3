package io.varve.decode;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/**
 * gzip, RFC 1952: one member or several one behind the other, then zero bytes or nothing. Some writers pad to a block;
 * anything else behind a member is refused, because bytes that no checksum covers have no meaning here.
 */
final class GzipFormat implements Format {
    private static final int TRAILER_BYTES = 8;

    private enum Part {
        HEADER("gzip header"),
        DATA("deflate data"),
        TRAILER("gzip trailer"),
        BETWEEN("end of a member"),
        PADDING("zero padding");

        private final String word;

        Part(String word) {
            this.word = word;
        }
    }

    private final Inflate inflate;
    private final CRC32 crc = new CRC32();
    private final GzipHeader header = new GzipHeader();
    private Part part = Part.HEADER;
    /** Bytes that the member has inflated to. */
    private long size;
    /** CRC32 in the low half and ISIZE in the high one, as they come in. */
    private long trailer;

    private int trailerRead;

    /** @param ownedInflate new; closed with the format */
    GzipFormat(Inflate ownedInflate) {
        inflate = ownedInflate;
    }

    @Override
    public void decode(ByteBuffer source, ByteBuffer target, long origin) {
        boolean partEnded;
        do {
            partEnded = switch (part) {
                case HEADER -> header(source, origin);
                case DATA -> data(source, target, origin);
                case TRAILER -> trailer(source, origin);
                case BETWEEN -> between(source);
                case PADDING -> padding(source, origin);
            };
        } while (partEnded);
    }

    private boolean header(ByteBuffer source, long origin) {
        if (!header.read(source, origin)) {
            return false;
        }
        part = Part.DATA;
        return true;
    }

    private boolean data(ByteBuffer source, ByteBuffer target, long origin) {
        if (!target.hasRemaining()) {
            return false;
        }
        int start = target.position();
        boolean ended = inflate.inflate(source, target, origin);
        account(target, start);
        if (!ended) {
            return false;
        }
        trailer = inflate.overreadBytes();
        trailerRead = inflate.overread();
        part = Part.TRAILER;
        return true;
    }

    /** Counts and checks what stands in {@code target} from {@code start} to its position. */
    private void account(ByteBuffer target, int start) {
        size += target.position() - start;
        int limit = target.limit();
        target.limit(target.position()).position(start);
        crc.update(target);
        target.limit(limit);
    }

    private boolean trailer(ByteBuffer source, long origin) {
        while (trailerRead < TRAILER_BYTES) {
            if (!source.hasRemaining()) {
                return false;
            }
            trailer |= (source.get() & 0xffL) << (8 * trailerRead++);
        }
        long offset = origin + source.position() - TRAILER_BYTES;
        int wantedCrc = (int) trailer;
        int gotCrc = (int) crc.getValue();
        if (gotCrc != wantedCrc) {
            throw Format.malformed(
                    String.format("checksum of a gzip member: got %08x, wanted %08x", gotCrc, wantedCrc), offset);
        }
        int wantedSize = (int) (trailer >>> 32);
        int gotSize = (int) size; // ISIZE is modulo 2^32
        if (gotSize != wantedSize) {
            throw Format.malformed(
                    "size of a gzip member modulo 2^32: got " + Integer.toUnsignedString(gotSize) + ", wanted "
                            + Integer.toUnsignedString(wantedSize),
                    offset + 4);
        }
        part = Part.BETWEEN;
        return true;
    }

    private boolean between(ByteBuffer source) {
        if (!source.hasRemaining()) {
            return false;
        }
        if (source.get(source.position()) == 0) {
            part = Part.PADDING;
            return true;
        }
        inflate.reset();
        crc.reset();
        header.reset();
        size = 0;
        part = Part.HEADER;
        return true;
    }

    private static boolean padding(ByteBuffer source, long origin) {
        while (source.hasRemaining()) {
            byte octet = source.get();
            if (octet != 0) {
                throw Format.malformed(
                        String.format("garbage behind the zero padding: %02x", octet), origin + source.position() - 1);
            }
        }
        return false;
    }

    @Override
    public void finish(long length) {
        if (part != Part.BETWEEN && part != Part.PADDING) {
            throw Format.truncated(part.word, length);
        }
    }

    @Override
    public long stateBytes() {
        return inflate.stateBytes();
    }

    @Override
    public void close() {
        inflate.close();
    }
}
