package io.varve.layerfs;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.util.List;

/**
 * What an image shows, looked up name by name: all of it in memory, as a {@link Tree}, or in its index on the disk.
 *
 * <p>An <i>inode</i> is a number that the filesystem handed out, and {@link Tree#ROOT} the root. Accessors take no others. What one
 * says of a type it is not for is 0 or empty.
 */
public interface Filesystem extends Namespace {
    /** Permission bits with setuid, setgid and sticky, without the type: {@code 07777}. */
    int mode(int inode);

    /** An unsigned 32-bit number. */
    int uid(int inode);

    /** An unsigned 32-bit number. */
    int gid(int inode);

    /** Seconds since 1970, negative before. */
    long mtime(int inode);

    /** 0 to 999,999,999, counted up from {@link #mtime}. */
    int nanos(int inode);

    /** Bytes of a regular file, holes included; bytes of a symlink's target; else 0. */
    long size(int inode);

    /** Names of a non-directory; for a directory 2 and one for each directory in it, as {@code st_nlink} has it. */
    int links(int inode);

    int major(int inode);

    int minor(int inode);

    /** What is in a directory. */
    Names list(int directory);

    /**
     * Writes all bytes of a regular file, holes as zeros. Blocks.
     *
     * @param layers the stack that this shows, base first
     * @throws io.varve.failure.Failure Invalid when it is no regular file, or when the layer's tar ends before the file does
     * @throws IOException when reading the tar or writing to {@code out} fails
     */
    void copy(int inode, List<Layer> layers, WritableByteChannel out) throws IOException;

    /**
     * What a path leads to inside the image, symlinks followed as the kernel would with the image's root as its root.
     *
     * @return an inode, or {@link Tree#NONE} when the path leads nowhere
     * @throws io.varve.failure.Failure Invalid when symlinks go round
     */
    default int resolve(byte[] path) {
        return new Walk(this, Integer.MAX_VALUE, Long.MAX_VALUE).target(path);
    }

    /** The names of a directory one after another, in bytewise order; before the first one until {@link #next} says that there is one. */
    interface Names {
        /** Goes on to the next name, if there is one. */
        boolean next();

        /** A copy of the name. */
        byte[] name();

        int inode();

        boolean isDirectory();
    }
}
