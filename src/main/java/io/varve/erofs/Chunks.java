package io.varve.erofs;

import static io.varve.erofs.Format.BLOCK;
import static io.varve.erofs.Format.BLOCK_BITS;

import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import java.io.IOException;
import java.util.List;

/**
 * How a regular file is cut into chunks, all of one size, a power of two of blocks. A chunk is one of three things: a
 * hole; blocks of the layer's tar, when one run covers it, the run lies on block boundaries and the tar has those blocks
 * whole; else a copy in the index. An index entry costs {@value Format#CHUNK_INDEX_BYTES} bytes and a copy its blocks:
 * the chunk size is the one that costs least, the larger one of equals. So a file that is one run takes one entry, and
 * neither a hole of a tebibyte nor a single crooked run in it makes the index large.
 *
 * <p>One object serves file after file: {@link #load}, then the others.
 */
final class Chunks {
    static final long HOLE = -1;
    static final long COPY = -2;

    /** So many blocks fit no index, and their bytes with all the entries of a file still fit a long. */
    private static final long BEYOND_ANY_INDEX = 1L << 50;

    private final Tree tree;
    private final long[] tarSizes;

    // Its runs are in the tree already, whose memory is limited.
    private final Runs runs = new Runs(Long.MAX_VALUE);
    private long size;
    private int bits;
    private long chunks;
    private long copiedBlocks;
    // The first run that ends behind the chunk last asked for.
    private int cursor;

    Chunks(Tree tree, List<Layer> layers) {
        this.tree = tree;
        tarSizes = new long[layers.size()];
        for (int i = 0; i < tarSizes.length; i++) {
            tarSizes[i] = layers.get(i).size();
        }
    }

    /** @throws io.varve.failure.Failure Invalid when a run is not within the file and its tar, or runs overlap */
    void load(int inode) {
        size = tree.size(inode);
        int layer = tree.layer(inode);
        runs.reset(size, layer < tarSizes.length ? tarSizes[layer] : 0);
        for (int i = 0; i < tree.extents(inode); i++) {
            long place = tree.extentAt(inode, i);
            runs.add(place, tree.extentOffset(inode, i), tree.extentLength(inode, i), place);
        }
        cursor = 0;
        bits = 0;
        chunks = 0;
        copiedBlocks = 0;
        if (size > 0) {
            choose();
        }
    }

    /** How many chunks there are; 0 for an empty file. */
    long chunks() {
        return chunks;
    }

    /** How many times a block's size has to be doubled to give a chunk's. */
    int bits() {
        return bits;
    }

    /** Blocks of all chunks that are copies. */
    long copiedBlocks() {
        return copiedBlocks;
    }

    /** Blocks of one chunk: the last may have fewer than the others. */
    long blocks(long chunk) {
        return Format.blocks(end(chunk, bits) - (chunk << shift(bits)));
    }

    /** The chunk's first block in the tar, or {@link #HOLE} or {@link #COPY}. To be asked in ascending order. */
    long block(long chunk) {
        long from = chunk << shift(bits);
        while (cursor < runs.count() && runs.end(cursor) <= from) {
            cursor++;
        }
        if (cursor == runs.count() || runs.start(cursor) >= end(chunk, bits)) {
            return HOLE;
        }
        return covers(cursor, chunk, bits) ? runs.at(cursor, from) >> BLOCK_BITS : COPY;
    }

    /** Writes a copy of the chunk that was asked for last, holes as zeros, up to a whole block. */
    void copy(long chunk, IndexOutput out, TarBytes tar) throws IOException {
        long position = chunk << shift(bits);
        long to = end(chunk, bits);
        for (int run = cursor; position < to; ) {
            if (run < runs.count() && runs.start(run) <= position) {
                long length = Math.min(runs.end(run), to) - position;
                tar.copy(runs.at(run, position), length, out);
                position += length;
                run++;
            } else {
                long next = run < runs.count() ? Math.min(runs.start(run), to) : to;
                out.zeros(next - position);
                position = next;
            }
        }
        out.zeros(Format.align(to, BLOCK) - to);
    }

    Runs runs() {
        return runs;
    }

    private void choose() {
        long blocks = Format.blocks(size);
        long least = Long.MAX_VALUE;
        for (int b = Math.min(Format.MAX_CHUNK_BITS, 64 - Long.numberOfLeadingZeros(blocks - 1)); b >= 0; b--) {
            long copied = copiedBlocks(b);
            long number = ((blocks - 1) >> b) + 1;
            long cost = Format.CHUNK_INDEX_BYTES * number + (Math.min(copied, BEYOND_ANY_INDEX) << BLOCK_BITS);
            if (cost < least) {
                least = cost;
                bits = b;
                chunks = number;
                copiedBlocks = copied;
            }
            // Smaller chunks only make more of them.
            if (copied == 0) {
                return;
            }
        }
    }

    private long copiedBlocks(int b) {
        int shift = shift(b);
        long copied = 0;
        long done = -1;
        for (int run = 0; run < runs.count(); run++) {
            long first = runs.start(run) >> shift;
            long last = (runs.end(run) - 1) >> shift;
            if (!aligned(run)) {
                long from = Math.max(first, done + 1);
                if (from <= last) {
                    copied += Format.blocks(end(last, b) - (from << shift));
                    done = last;
                }
                continue;
            }
            if (first > done && !covers(run, first, b)) {
                copied += Format.blocks(end(first, b) - (first << shift));
                done = first;
            }
            if (last > first && last > done && !covers(run, last, b)) {
                copied += Format.blocks(end(last, b) - (last << shift));
                done = last;
            }
        }
        return copied;
    }

    /** Whether the run alone gives all bytes of the chunk, from whole blocks of the tar. */
    private boolean covers(int run, long chunk, int b) {
        long from = chunk << shift(b);
        long to = end(chunk, b);
        return runs.start(run) <= from
                && runs.end(run) >= to
                && aligned(run)
                && Format.blocks(runs.at(run, to)) <= runs.tarSize() >> BLOCK_BITS;
    }

    private boolean aligned(int run) {
        return Format.inBlock(runs.at(run) - runs.start(run)) == 0;
    }

    private long end(long chunk, int b) {
        long from = chunk << shift(b);
        return Math.min(size - from, 1L << shift(b)) + from;
    }

    private static int shift(int b) {
        return BLOCK_BITS + b;
    }
}
