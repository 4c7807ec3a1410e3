package io.varve.decode;

import io.varve.failure.Failure;

/**
 * What one layer's stream may cost; each component is the setting {@code limits.<its name>}.
 *
 * @param inflatedBytes the most bytes a layer may decompress to
 * @param ratio the most decompressed bytes per compressed byte, over the stream so far; gzip cannot pass 1,032
 * @param ratioFloor decompressed bytes up to which the ratio does not count, since a disk image or database of zeros is no bomb
 * @param zstdWindowLog the binary logarithm of the largest window a zstd frame may ask us to remember, 10 to 31
 * @param isal whether gzip may be inflated by ISA-L, where it is there, which is faster and less strict than the JDK's zlib
 */
public record DecodeLimits(long inflatedBytes, long ratio, long ratioFloor, int zstdWindowLog, boolean isal) {

    /** The window is what the zstd command accepts unasked: 128 MiB. */
    public static final DecodeLimits DEFAULTS = new DecodeLimits(64L << 30, 2_000, 8L << 30, 27, true);

    public DecodeLimits {
        requireWithin("limits.inflatedBytes", inflatedBytes, 1, Long.MAX_VALUE);
        requireWithin("limits.ratio", ratio, 1, Long.MAX_VALUE);
        requireWithin("limits.ratioFloor", ratioFloor, 0, Long.MAX_VALUE);
        requireWithin("limits.zstdWindowLog", zstdWindowLog, 10, 31);
    }

    private static void requireWithin(String setting, long got, long least, long most) {
        if (got < least || got > most) {
            throw Failure.invalid(setting + ": got " + got + ", wanted " + least + " to " + most);
        }
    }
}
