package io.varve.tar;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.varve.failure.Failure;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;

/**
 * The fields of a header block.
 *
 * <pre>
 *   0          100      108    116    124     136      148         156       157         257    263      265
 *   | name 100 | mode 8 | uid 8| gid 8| size 12| mtime 12| checksum 8| typeflag 1| link 100| magic 6| version 2|
 *
 *             265       297       329        337        345
 *   ustar     | uname 32| gname 32| devmajor 8| devminor 8| prefix 155
 *   star      | the same                                  | prefix 131 | atime 12 | ctime 12 | "tar\0" at 508
 *   old GNU   | the same                                  | atime 12 | ctime 12 | sparse 4 x 24 at 386
 *                                                                               | extended 1 at 482 | real size 12
 *
 *   more of an old GNU sparse map:  | sparse 21 x 24 | extended 1 at 504          sparse = offset 12, length 12
 * </pre>
 *
 * <p>v7 ends before the magic, which is {@code "ustar\0"} in ustar, PAX and star, and {@code "ustar "} in old GNU.
 * Numbers are octal digits, or, if the first bit of the field is set, a big-endian two's complement.
 */
enum HeaderField {
    NAME(0, 100),
    MODE(100, 8),
    UID(108, 8),
    GID(116, 8),
    SIZE(124, 12),
    MTIME(136, 12),
    CHECKSUM(148, 8),
    LINK(157, 100),
    /** With the version behind it, which nobody looks at. */
    MAGIC(257, 8),
    DEVMAJOR(329, 8),
    DEVMINOR(337, 8),
    PREFIX(345, 155),
    STAR_PREFIX(345, 131),
    GNU_ATIME(345, 12),
    GNU_CTIME(357, 12),
    GNU_REAL_SIZE(483, 12);

    static final int BLOCK = 512;
    static final int TYPE_FLAG = 156;
    static final int STAR_TRAILER = 508;
    static final int GNU_SPARSE = 386;
    static final int GNU_SPARSE_SLOTS = 4;
    static final int GNU_EXTENDED = 482;
    static final int GNU_MORE_SPARSE_SLOTS = 21;
    static final int GNU_MORE_EXTENDED = 504;
    static final int GNU_SPARSE_NUMBER = 12;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long EVEN_BYTES = 0x00FF_00FF_00FF_00FFL;

    private final int at;
    private final int length;

    HeaderField(int at, int length) {
        this.at = at;
        this.length = length;
    }

    int length() {
        return length;
    }

    /** The bytes up to the first NUL or the field's end. */
    byte[] text(byte[] block) {
        int end = at;
        while (end < at + length && block[end] != 0) {
            end++;
        }
        return end == at ? TarEntry.EMPTY : Arrays.copyOfRange(block, at, end);
    }

    /** @throws Failure Invalid, when it is no number or does not fit into 64 bits */
    long number(byte[] block) {
        try {
            return number(block, at, length);
        } catch (Failure failure) {
            throw failure.during(toString());
        }
    }

    boolean isBlank(byte[] block) {
        return block[at] == 0;
    }

    boolean startsWith(byte[] block, String text) {
        return startsWith(block, at, text);
    }

    /** How messages name it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    static boolean startsWith(byte[] block, int at, String text) {
        for (int i = 0; i < text.length(); i++) {
            if (block[at + i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** An unused field of blanks or NULs is 0; digits end at the field's end, a NUL, or blanks. */
    static long number(byte[] block, int at, int length) {
        if (block[at] < 0) {
            return binary(block, at, length);
        }
        int end = at + length;
        int i = at;
        while (i < end && (block[i] == ' ' || block[i] == 0)) {
            i++;
        }
        long value = 0;
        for (; i < end && block[i] >= '0' && block[i] <= '7'; i++) {
            // 12 digits of 3 bits, the longest field, cannot overflow.
            value = (value << 3) + (block[i] - '0');
        }
        while (i < end && block[i] == ' ') {
            i++;
        }
        if (i < end && block[i] != 0) {
            throw Failure.invalid("got \"" + new String(block, at, length, ISO_8859_1) + "\", wanted octal digits");
        }
        return value;
    }

    private static long binary(byte[] block, int at, int length) {
        // Bit 7 of the first byte marks the encoding, bit 6 is the sign.
        long value = (byte) (block[at] << 1) >> 1;
        for (int i = at + 1; i < at + length; i++) {
            if (value << 8 >> 8 != value) {
                throw Failure.invalid("got a binary number of more than 64 bits");
            }
            value = value << 8 | (block[i] & 0xFF);
        }
        return value;
    }

    /** The sum of a block's bytes, unsigned: 0 only if all of them are. */
    static int sum(byte[] block) {
        // Four sums of 16 bits side by side: 64 steps of at most 2 * 255 stay below 65,536.
        long sums = 0;
        for (int i = 0; i < BLOCK; i += Long.BYTES) {
            long eight = (long) LONGS.get(block, i);
            sums += (eight & EVEN_BYTES) + (eight >>> 8 & EVEN_BYTES);
        }
        return (int) ((sums & 0xFFFF) + (sums >>> 16 & 0xFFFF) + (sums >>> 32 & 0xFFFF) + (sums >>> 48));
    }

    /**
     * Checks a header's checksum: the sum of its bytes with the checksum's own taken for blanks. Some historical tars
     * summed signed bytes, which is accepted as everywhere.
     *
     * @param sum of the block
     */
    static void verifyChecksum(byte[] block, int sum) {
        long got = CHECKSUM.number(block);
        long wanted = blanked(block, sum);
        if (got != wanted) {
            int negative = 0;
            for (byte b : block) {
                negative += b >>> 31;
            }
            int negativeInField = 0;
            for (int i = CHECKSUM.at; i < CHECKSUM.at + CHECKSUM.length; i++) {
                negativeInField += block[i] >>> 31;
            }
            if (got != wanted - 256L * (negative - negativeInField)) {
                throw Failure.invalid("header checksum: got " + got + ", wanted " + wanted);
            }
        }
    }

    private static int blanked(byte[] block, int sum) {
        int blanked = sum + CHECKSUM.length * ' ';
        for (int i = CHECKSUM.at; i < CHECKSUM.at + CHECKSUM.length; i++) {
            blanked -= block[i] & 0xFF;
        }
        return blanked;
    }

    /** Whether {@link #putNumber} can write the value: octal digits with a NUL behind them. */
    boolean fitsNumber(long value) {
        return value >= 0 && value < 1L << (3 * (length - 1));
    }

    void putNumber(byte[] block, long value) {
        for (int i = at + length - 2; i >= at; i--) {
            block[i] = (byte) ('0' + (value & 7));
            value >>>= 3;
        }
    }

    /** Writes as much of the text as the field holds. */
    void putText(byte[] block, byte[] text, int from, int to) {
        int end = Math.min(to, from + length);
        for (int i = from; i < end; i++) {
            block[at + i - from] = text[i];
        }
    }

    /** To be called when the rest of the header is written. */
    static void putChecksum(byte[] block) {
        // Six digits, NUL, blank.
        int sum = blanked(block, sum(block));
        for (int i = CHECKSUM.at + 5; i >= CHECKSUM.at; i--) {
            block[i] = (byte) ('0' + (sum & 7));
            sum >>>= 3;
        }
        block[CHECKSUM.at + 6] = 0;
        block[CHECKSUM.at + 7] = ' ';
    }
}
