package io.varve.layerfs;

/** Inodes by name in directories: what it takes to walk a path. */
public interface Namespace {
    /** The inode that the name {@code path[from, to)} leads to in a directory, or {@link Tree#NONE}. */
    int find(int directory, byte[] path, int from, int to);

    FileType type(int inode);

    /** A copy of what the symlink says. */
    byte[] target(int symlink);
}
