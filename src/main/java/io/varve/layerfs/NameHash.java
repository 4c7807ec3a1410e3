package io.varve.layerfs;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;

/**
 * Spreads names of directories over a table. Layers choose their names, so the hash is keyed: whoever does not know the
 * process's keys cannot make names that collide, which would turn every lookup into a search of them all.
 */
final class NameHash {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final SecureRandom RANDOM = new SecureRandom();

    private final long first;
    private final long second;

    NameHash(long first, long second) {
        this.first = first;
        this.second = second;
    }

    /** One with keys that nobody knows. */
    static NameHash random() {
        return new NameHash(RANDOM.nextLong(), RANDOM.nextLong());
    }

    /** The hash of the name {@code bytes[from, to)} in a directory. */
    int of(int directory, byte[] bytes, int from, int to) {
        long hash = folded(directory ^ first, (to - from) ^ second);
        int at = from;
        for (; at <= to - Long.BYTES; at += Long.BYTES) {
            hash = folded((long) LONGS.get(bytes, at) ^ first, hash ^ second);
        }
        long rest = 0;
        for (; at < to; at++) {
            rest = rest << Byte.SIZE | (bytes[at] & 0xff);
        }
        hash = folded(rest ^ first, hash ^ second);
        return (int) (hash ^ hash >>> Integer.SIZE);
    }

    /** Both halves of the product in one: every bit of the factors, known to nobody, reaches every bit of it. */
    private static long folded(long a, long b) {
        return a * b ^ Math.unsignedMultiplyHigh(a, b);
    }
}
