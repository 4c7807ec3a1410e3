package io.varve.decode;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/**
 * A gzip member's header as its bytes come by, RFC 1952 section 2.3. All of it is checked and none of it is kept.
 *
 * <pre>
 * offset  size
 *      0     2   ID1 ID2   1f 8b
 *      2     1   CM        8, deflate
 *      3     1   FLG       which of the fields below exist
 *      4     4   MTIME
 *      8     1   XFL
 *      9     1   OS
 *     10     2   XLEN      if FEXTRA, little-endian
 *     12  XLEN   extra
 *      …     …   name      if FNAME, ends with a zero byte
 *      …     …   comment   if FCOMMENT, ends with a zero byte
 *      …     2   CRC16     if FHCRC: the low half of the CRC-32 of all before it, little-endian
 * </pre>
 */
final class GzipHeader {
    private static final int FIXED_BYTES = 10;
    private static final int MAGIC_AND_METHOD = 0x1f8b08;
    /** FTEXT is a hint about the content and asks nothing of a reader. */
    private static final int FHCRC = 0x02;

    private static final int FEXTRA = 0x04;
    private static final int FNAME = 0x08;
    private static final int FCOMMENT = 0x10;
    private static final int RESERVED = 0xe0;
    /** The RFC bounds neither name nor comment; this is what FEXTRA can be at most. */
    private static final int MAX_TEXT = 0xffff;

    private enum Field {
        FIXED,
        EXTRA_LENGTH,
        EXTRA,
        NAME,
        COMMENT,
        CHECKSUM,
        END
    }

    private final CRC32 crc = new CRC32();
    private Field field = Field.FIXED;
    /** Bytes seen of the current field. */
    private int index;
    /** The current field's number so far: magic and method big-endian as one reads them, the rest little-endian. */
    private int value;

    private int flags;
    private int extraLength;

    /** Whether three bytes, read big-endian, begin a gzip member of the only method there is. */
    static boolean isMagic(int firstThree) {
        return firstThree == MAGIC_AND_METHOD;
    }

    /** Makes ready for the next member. */
    void reset() {
        crc.reset();
        flags = 0;
        begin(Field.FIXED);
    }

    /** Takes header bytes from {@code source}; true when the header is complete and checked. */
    boolean read(ByteBuffer source, long origin) {
        while (field != Field.END && source.hasRemaining()) {
            long offset = origin + source.position();
            int octet = source.get() & 0xff;
            if (field != Field.CHECKSUM) {
                crc.update(octet);
            }
            accept(octet, offset);
        }
        return field == Field.END;
    }

    private void accept(int octet, long offset) {
        switch (field) {
            case FIXED -> fixed(octet, offset);
            case EXTRA_LENGTH -> {
                extraLength = littleEndian(octet);
                if (index == 2) {
                    begin(extraLength > 0 ? Field.EXTRA : firstFrom(Field.NAME));
                }
            }
            case EXTRA -> {
                if (++index == extraLength) {
                    begin(firstFrom(Field.NAME));
                }
            }
            case NAME -> text(octet, offset, Field.COMMENT);
            case COMMENT -> text(octet, offset, Field.CHECKSUM);
            case CHECKSUM -> checksum(octet, offset);
            case END -> throw new IllegalStateException("the header is complete");
        }
    }

    private void fixed(int octet, long offset) {
        if (index < 3) {
            value = (value << 8) | octet;
            if (value != MAGIC_AND_METHOD >>> (8 * (2 - index))) {
                throw Format.malformed(
                        String.format("no gzip member: byte %d of its header is %02x", index, octet), offset);
            }
        } else if (index == 3) {
            flags = octet;
            if ((flags & RESERVED) != 0) {
                throw Format.malformed(String.format("reserved flags in the gzip header: %02x", flags), offset);
            }
        }
        if (++index == FIXED_BYTES) {
            begin(firstFrom(Field.EXTRA_LENGTH));
        }
    }

    private void text(int octet, long offset, Field next) {
        if (octet == 0) {
            begin(firstFrom(next));
        } else if (++index > MAX_TEXT) {
            throw Format.malformed(
                    (field == Field.NAME ? "name" : "comment") + " in the gzip header: more than " + MAX_TEXT
                            + " bytes",
                    offset);
        }
    }

    private void checksum(int octet, long offset) {
        int wanted = littleEndian(octet);
        if (index == 2) {
            int got = (int) crc.getValue() & 0xffff;
            if (got != wanted) {
                throw Format.malformed(
                        String.format("checksum of the gzip header: got %04x, wanted %04x", got, wanted), offset - 1);
            }
            begin(Field.END);
        }
    }

    private int littleEndian(int octet) {
        value |= octet << (8 * index++);
        return value;
    }

    private void begin(Field next) {
        field = next;
        index = 0;
        value = 0;
    }

    /** The first field from {@code candidate} on that the flags say exists. */
    private Field firstFrom(Field candidate) {
        return switch (candidate) {
            case EXTRA_LENGTH -> (flags & FEXTRA) != 0 ? candidate : firstFrom(Field.NAME);
            case NAME -> (flags & FNAME) != 0 ? candidate : firstFrom(Field.COMMENT);
            case COMMENT -> (flags & FCOMMENT) != 0 ? candidate : firstFrom(Field.CHECKSUM);
            case CHECKSUM -> (flags & FHCRC) != 0 ? candidate : Field.END;
            case FIXED, EXTRA, END -> candidate;
        };
    }
}
