package io.varve.layerfs;

import io.varve.failure.Failure;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;

/**
 * A regular file of an image, read at any place straight from its layer's tar. Any thread, several at once; closed once nobody reads
 * any more.
 */
public final class OpenFile implements Closeable {
    private final Tree tree;
    private final int inode;
    private final FileChannel tar;

    private OpenFile(Tree tree, int inode, FileChannel tar) {
        this.tree = tree;
        this.inode = inode;
        this.tar = tar;
    }

    /**
     * @param layers the stack that the tree was merged from, base first
     * @throws Failure Invalid when it is no regular file
     */
    public static OpenFile of(Tree tree, int inode, List<Layer> layers) throws IOException {
        FileBytes.checkRegular(tree.type(inode));
        return new OpenFile(tree, inode, layers.get(tree.layer(inode)).open());
    }

    /**
     * Fills the buffer with the bytes from {@code position}, holes as zeros.
     *
     * @param into has no more room than the file has bytes from there
     * @throws Failure Invalid when the layer's tar ends before the file does
     */
    public void read(ByteBuffer into, long position) throws IOException {
        long at = position;
        int extent = firstBehind(at);
        while (into.hasRemaining()) {
            boolean last = extent == tree.extents(inode);
            long start = last ? Long.MAX_VALUE : tree.extentOffset(inode, extent);
            if (at < start) {
                int zeros = (int) Math.min(into.remaining(), start - at);
                for (int i = 0; i < zeros; i++) {
                    into.put((byte) 0);
                }
                at += zeros;
            } else {
                long left = start + tree.extentLength(inode, extent) - at;
                ByteBuffer run = into.duplicate().limit((int) Math.min(into.limit(), into.position() + left));
                int count = run.remaining();
                fill(run, tree.extentAt(inode, extent) + at - start);
                into.position(into.position() + count);
                at += count;
                extent++;
            }
        }
    }

    /** The first extent that ends behind a position. */
    private int firstBehind(long position) {
        int low = 0;
        int high = tree.extents(inode);
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (tree.extentOffset(inode, middle) + tree.extentLength(inode, middle) > position) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private void fill(ByteBuffer run, long from) throws IOException {
        long at = from;
        while (run.hasRemaining()) {
            int count = tar.read(run, at);
            if (count < 0) {
                throw FileBytes.ended(tar, at + run.remaining());
            }
            at += count;
        }
    }

    @Override
    public void close() throws IOException {
        tar.close();
    }
}
