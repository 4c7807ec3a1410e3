package io.varve.encode;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * One gzip member, without name and time (RFC 1952): each segment is some blocks of deflate that end on a byte, so that the next one can
 * stand behind it, and may refer to the bytes before it as everybody's blocks do.
 */
final class GzipEncoder implements Encoder {
    private static final int SEGMENT = 512 << 10;

    /** A segment with its history, what comes of it, and the tables. */
    static final long MEMORY = 2L * SEGMENT + Deflate.WINDOW + Deflate.TABLE_BYTES;

    /** Deflate, no flags, no time, nothing said of effort, an unknown system. */
    private static final byte[] HEAD = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};

    /** The last block, which is empty: only whoever ends the stream knows that there is no more. */
    private static final byte[] LAST_BLOCK = {3, 0};

    /** Tables are the same for all levels; as many are kept as there were ever at work at once. */
    private static final Queue<Deflate> IDLE = new ConcurrentLinkedQueue<>();

    private final Deflate.Effort effort;

    GzipEncoder(int level) {
        effort = Deflate.Effort.of(level);
    }

    @Override
    public int segmentBytes() {
        return SEGMENT;
    }

    @Override
    public int historyBytes() {
        return Deflate.WINDOW;
    }

    @Override
    public byte[] head() {
        return HEAD.clone();
    }

    @Override
    public Encoded encode(byte[] bytes, int from, int to) {
        Deflate free = IDLE.poll();
        Deflate deflate = free == null ? new Deflate() : free;
        try {
            return deflate.encode(bytes, from, to, effort);
        } finally {
            IDLE.add(deflate);
        }
    }

    @Override
    public byte[] tail(Sum sum) {
        byte[] tail = new byte[LAST_BLOCK.length + 2 * Integer.BYTES];
        System.arraycopy(LAST_BLOCK, 0, tail, 0, LAST_BLOCK.length);
        put(tail, LAST_BLOCK.length, sum.crc());
        // Modulo 2^32, as the format has it.
        put(tail, LAST_BLOCK.length + Integer.BYTES, (int) sum.bytes());
        return tail;
    }

    private static void put(byte[] into, int at, int number) {
        for (int i = 0; i < Integer.BYTES; i++) {
            into[at + i] = (byte) (number >>> (Byte.SIZE * i));
        }
    }
}
