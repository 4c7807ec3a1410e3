package io.varve.erofs;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What a tree says and EROFS does not, behind the filesystem's last block. No kernel looks there.
 *
 * <pre>
 *   for each inode, in their order
 *     layer u16                       which layer described it
 *     and if chunks of it are copies
 *       runs u32                      where its bytes stand in the layer's tar
 *       runs × (offset in the file u64 · length u64 · offset in the tar u64)
 * </pre>
 */
final class Appendix {
    static final int LAYER_BYTES = 2;
    static final int COUNT_BYTES = 4;
    static final int RUN_BYTES = 24;

    private Appendix() {}

    /** Bytes of one inode's part, apart from its layer. */
    static long runsBytes(Chunks chunks) {
        return chunks.copiedBlocks() == 0
                ? 0
                : COUNT_BYTES + (long) RUN_BYTES * chunks.runs().count();
    }

    static void writeRuns(Chunks chunks, IndexOutput out) throws IOException {
        if (chunks.copiedBlocks() > 0) {
            Runs runs = chunks.runs();
            out.room(COUNT_BYTES).putInt(runs.count());
            for (int run = 0; run < runs.count(); run++) {
                ByteBuffer buffer = out.room(RUN_BYTES);
                buffer.putLong(runs.start(run)).putLong(runs.length(run)).putLong(runs.at(run));
            }
        }
    }
}
