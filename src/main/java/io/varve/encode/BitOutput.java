package io.varve.encode;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Bits as deflate has them, the first one lowest in its byte. Owned by one thread. */
final class BitOutput {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private byte[] bytes = new byte[0];
    private int at;
    private long bits;
    private int count;

    /** Begins anew, with room for so many bytes. */
    void begin(int most) {
        bytes = new byte[most + Long.BYTES];
        at = 0;
        bits = 0;
        count = 0;
    }

    /** @param length at most 56, with no bits of {@code word} above */
    void put(long word, int length) {
        bits |= word << count;
        count += length;
        // All eight bytes are written each time, and those that are whole are kept: there is nothing to branch for.
        LONGS.set(bytes, at, bits);
        at += count >>> 3;
        bits >>>= count & ~7;
        count &= 7;
    }

    /** Fills up the byte that was begun. */
    void align() {
        put(0, -count & 7);
    }

    /** After {@link #align}. */
    void copy(byte[] from, int start, int length) {
        System.arraycopy(from, start, bytes, at, length);
        at += length;
    }

    /** All that was put, after {@link #align}; it is the caller's. */
    Encoder.Encoded end() {
        Encoder.Encoded encoded = new Encoder.Encoded(bytes, at);
        bytes = new byte[0];
        return encoded;
    }
}
