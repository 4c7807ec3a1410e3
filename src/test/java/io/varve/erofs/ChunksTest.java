package io.varve.erofs;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.layerfs.Tree;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChunksTest {
    private static final long TAR = 1 << 20;

    @TempDir
    Path directory;

    private Stack stack;

    @BeforeEach
    void oneTar() {
        stack = Stack.withLayers(directory, 1);
        stack.size(0, TAR + 100);
    }

    @Test
    void takesOneChunkForAFileThatIsOneRun() {
        Chunks chunks = load(513, 0, 513, 1024);
        assertThat(chunks.chunks()).isEqualTo(1);
        assertThat(chunks.bits()).isEqualTo(1);
        assertThat(chunks.block(0)).isEqualTo(2);
        assertThat(chunks.copiedBlocks()).isZero();
    }

    @Test
    void takesChunksOfATebibyteAtMost() {
        Chunks chunks = load((1L << 40) + 1);
        assertThat(chunks.bits()).isEqualTo(31);
        assertThat(chunks.chunks()).isEqualTo(2);
        assertThat(chunks.block(0)).isEqualTo(Chunks.HOLE);
        assertThat(chunks.block(1)).isEqualTo(Chunks.HOLE);
    }

    @Test
    void takesTheLargestChunksOnWhoseEdgesTheRunsBegin() {
        Chunks chunks = load(65536, 0, 4096, 512, 16384, 4096, 512 + 4096);
        assertThat(chunks.bits()).isEqualTo(3);
        assertThat(chunks.chunks()).isEqualTo(16);
        assertThat(chunks.block(0)).isEqualTo(1);
        assertThat(chunks.block(1)).isEqualTo(Chunks.HOLE);
        assertThat(chunks.block(4)).isEqualTo(9);
    }

    @Test
    void copiesARunThatIsNotOnABlockBoundaryOfItsTar() {
        Chunks chunks = load(512, 0, 512, 1);
        assertThat(chunks.block(0)).isEqualTo(Chunks.COPY);
        assertThat(chunks.copiedBlocks()).isEqualTo(1);
    }

    @Test
    void copiesWhatReachesIntoThePartialBlockOfATar() {
        assertThat(load(100, 0, 100, TAR).copiedBlocks()).isEqualTo(1);
        assertThat(load(100, 0, 100, TAR - 512).copiedBlocks()).isZero();
    }

    /** Every byte has its one place, and no other chunk size would have been cheaper. */
    @Test
    void choosesTheCheapestSizeForAnyRuns() {
        Random random = new Random(11);
        for (int i = 0; i < 2000; i++) {
            int unit = random.nextBoolean() ? 512 : 1 + random.nextInt(300);
            long[] runs = new long[3 * random.nextInt(5)];
            long position = 0;
            long place = 512L * random.nextInt(100);
            for (int r = 0; r < runs.length; r += 3) {
                position += (long) unit * random.nextInt(40);
                runs[r] = position;
                runs[r + 1] = (long) unit * (1 + random.nextInt(40));
                runs[r + 2] = place;
                position += runs[r + 1];
                place += runs[r + 1];
            }
            long size = position + 1 + random.nextInt(2000);
            Chunks chunks = load(size, runs);
            assertThat(8 * chunks.chunks() + 512 * chunks.copiedBlocks())
                    .as("file of %d bytes, case %d", size, i)
                    .isEqualTo(cheapest(size, runs));
            long copied = 0;
            for (long c = 0; c < chunks.chunks(); c++) {
                long block = chunks.block(c);
                assertThat(block).isEqualTo(kind(size, runs, chunks.bits(), c));
                copied += block == Chunks.COPY ? chunks.blocks(c) : 0;
            }
            assertThat(copied).isEqualTo(chunks.copiedBlocks());
        }
    }

    private Chunks load(long size, long... extents) {
        Stack fresh = Stack.withLayers(directory, 0);
        fresh.sparse(Tree.ROOT, "f", 0, size, extents);
        Chunks chunks = new Chunks(fresh.tree(), stack.layers());
        chunks.load(1);
        return chunks;
    }

    private static long cheapest(long size, long[] runs) {
        long least = Long.MAX_VALUE;
        for (int bits = 0; bits < 12; bits++) {
            long chunk = 512L << bits;
            long cost = 0;
            for (long c = 0; c * chunk < size; c++) {
                long bytes = Math.min(chunk, size - c * chunk);
                cost += 8 + (kind(size, runs, bits, c) == Chunks.COPY ? (bytes + 511) / 512 * 512 : 0);
            }
            least = Math.min(least, cost);
        }
        return least;
    }

    /** Asks every byte of a chunk where it stands. */
    private static long kind(long size, long[] runs, int bits, long chunk) {
        long from = chunk * (512L << bits);
        long to = Math.min(size, from + (512L << bits));
        long first = place(runs, from);
        boolean hole = true;
        boolean straight = first >= 0 && first % 512 == 0;
        for (long at = from; at < to; at++) {
            long place = place(runs, at);
            hole &= place < 0;
            straight &= place == first + (at - from);
        }
        return hole ? Chunks.HOLE : straight ? first / 512 : Chunks.COPY;
    }

    private static long place(long[] runs, long at) {
        for (int r = 0; r < runs.length; r += 3) {
            if (at >= runs[r] && at < runs[r] + runs[r + 1]) {
                return runs[r + 2] + at - runs[r];
            }
        }
        return -1;
    }
}
