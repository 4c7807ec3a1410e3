package io.varve.layerfs;

import io.varve.failure.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.util.List;

/** The bytes of a regular file, straight from its extents in its layer's tar: nothing is mounted or unpacked. */
public final class FileBytes {
    private static final ByteBuffer ZEROS = ByteBuffer.allocate(64 * 1024).asReadOnlyBuffer();

    private FileBytes() {}

    /** Takes a file from its first byte to its last. */
    public interface Pieces {
        /** The next bytes stand in the tar from {@code from}. */
        void run(FileChannel tar, long from, long length) throws IOException;

        /** @param count at most 0 for none */
        void zeros(long count) throws IOException;
    }

    /** As {@link Filesystem#copy}. */
    static void copy(Tree tree, int inode, List<Layer> layers, WritableByteChannel out) throws IOException {
        checkRegular(tree.type(inode));
        if (tree.extents(inode) == 0) {
            zeros(tree.size(inode), out);
            return;
        }
        try (FileChannel tar = layers.get(tree.layer(inode)).open()) {
            copy(tree, inode, tar, new Pieces() {
                @Override
                public void run(FileChannel tar, long from, long length) throws IOException {
                    transfer(tar, from, length, out);
                }

                @Override
                public void zeros(long count) throws IOException {
                    FileBytes.zeros(count, out);
                }
            });
        }
    }

    /**
     * Hands out a regular file piece by piece.
     *
     * @param tar of the inode's layer
     */
    static void copy(Tree tree, int inode, FileChannel tar, Pieces out) throws IOException {
        long position = 0;
        for (int i = 0; i < tree.extents(inode); i++) {
            out.zeros(tree.extentOffset(inode, i) - position);
            out.run(tar, tree.extentAt(inode, i), tree.extentLength(inode, i));
            position = tree.extentOffset(inode, i) + tree.extentLength(inode, i);
        }
        out.zeros(tree.size(inode) - position);
    }

    /**
     * Moves bytes of a tar to a channel, by the kernel alone where both ends allow it.
     *
     * @throws Failure Invalid when the tar ends before they do
     */
    public static void transfer(FileChannel tar, long from, long length, WritableByteChannel out) throws IOException {
        long at = from;
        long end = from + length;
        while (at < end) {
            long moved = tar.transferTo(at, end - at, out);
            if (moved == 0 && at >= tar.size()) {
                throw ended(tar, end);
            }
            at += moved;
        }
    }

    static Failure ended(FileChannel tar, long wanted) throws IOException {
        return Failure.invalid("the layer's tar ends at " + tar.size() + ", wanted bytes up to " + wanted);
    }

    /** @throws Failure Invalid when it is of another type */
    public static void checkRegular(FileType type) {
        if (type != FileType.REGULAR) {
            throw Failure.invalid("got " + type + ", wanted a regular file");
        }
    }

    public static void zeros(long count, WritableByteChannel out) throws IOException {
        long left = count;
        while (left > 0) {
            ByteBuffer piece = ZEROS.duplicate().limit((int) Math.min(left, ZEROS.capacity()));
            while (piece.hasRemaining()) {
                left -= out.write(piece);
            }
        }
    }
}
