package io.varve.encode;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;

/** Each segment is a frame of its own, which readers take one after another (RFC 8878, section 3.1). */
final class ZstdEncoder implements Encoder {
    private static final int SEGMENT = 2 << 20;
    private static final byte[] NOTHING = {};

    private final int level;

    ZstdEncoder(int level) {
        this.level = level;
    }

    /** With the tables of that level, for segments of our size, about. */
    static long memory(int level) {
        long tables = level < 6 ? 4L << 20 : level < 13 ? 12L << 20 : 40L << 20;
        // Asking the library how much larger a segment may become would load it, which takes an event loop too long.
        return 2L * SEGMENT + (SEGMENT >> 8) + tables;
    }

    @Override
    public int segmentBytes() {
        return SEGMENT;
    }

    @Override
    public int historyBytes() {
        return 0;
    }

    @Override
    public byte[] head() {
        return NOTHING;
    }

    @Override
    public Encoded encode(byte[] bytes, int from, int to) {
        // Its tables are memory that nobody collects; to make them costs little beside a segment.
        try (ZstdCompressCtx context = new ZstdCompressCtx()) {
            context.setLevel(level).setChecksum(true).setContentSize(true);
            byte[] out = new byte[(int) Zstd.compressBound((long) to - from)];
            return new Encoded(out, context.compressByteArray(out, 0, out.length, bytes, from, to - from));
        }
    }

    /** A stream of nothing is one empty frame. */
    @Override
    public byte[] tail(Sum sum) {
        if (sum.bytes() > 0) {
            return NOTHING;
        }
        try (ZstdCompressCtx context = new ZstdCompressCtx()) {
            return context.setLevel(level).setChecksum(true).compress(NOTHING);
        }
    }
}
