package io.varve.layerfs;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Where a stack has something that nothing can be put below: the paths of what is no directory, each as 64 bits. With it most layers are known to
 * have their places on the stack without merging it, which takes as long as the stack is large; the others have to be merged. Safe for any
 * thread.
 */
public final class Footing {
    /** Of nothing. */
    public static final Footing NONE = new Footing(new long[0], 0);

    /** Who has more is merged: that is not what takes long then. */
    private static final int MOST_CHANGES = 10_000;

    /** FNV-1a. Whoever makes two paths the same has his own layer merged. */
    private static final long EMPTY = 0xCBF2_9CE4_8422_2325L;

    private static final long PRIME = 0x100_0000_01B3L;

    private final long[] obstacles;
    private final long treeBytes;

    private Footing(long[] obstacles, long treeBytes) {
        this.obstacles = obstacles;
        this.treeBytes = treeBytes;
    }

    /** @param treeBytes that its tree is said to take */
    static Footing of(Tree tree, long treeBytes) {
        long[] found = new long[tree.entries()];
        int count = 0;
        int[] directories = new int[tree.inodes()];
        long[] paths = new long[tree.inodes()];
        directories[0] = Tree.ROOT;
        paths[0] = EMPTY;
        byte[] name = new byte[LayerLimits.NAME_BYTES];
        int known = 1;
        for (int i = 0; i < known; i++) {
            int end = tree.endEntry(directories[i]);
            long above = i == 0 ? EMPTY : with(paths[i], (byte) '/');
            for (int entry = tree.firstEntry(directories[i]); entry < end; entry++) {
                tree.copyName(entry, name, 0);
                long path = above;
                for (int at = 0; at < tree.nameLength(entry); at++) {
                    path = with(path, name[at]);
                }
                int inode = tree.inode(entry);
                if (tree.isDirectory(inode)) {
                    directories[known] = inode;
                    paths[known++] = path;
                } else {
                    found[count++] = path;
                }
            }
        }
        long[] obstacles = Arrays.copyOf(found, count);
        Arrays.sort(obstacles);
        return new Footing(obstacles, treeBytes);
    }

    private static long with(long path, byte next) {
        return (path ^ (next & 0xff)) * PRIME;
    }

    /** Bytes of memory. */
    public int size() {
        return Long.BYTES * obstacles.length;
    }

    /**
     * Whether the layers have their places on it for sure.
     *
     * @param limitBytes that the tree of all of them may take
     */
    boolean bears(List<Changes> layers, long limitBytes) {
        long changes = layers.stream().mapToLong(Changes::count).sum();
        long bytes = layers.stream().mapToLong(Changes::treeBytes).sum();
        if (changes > MOST_CHANGES || treeBytes + bytes > limitBytes) {
            return false;
        }
        Steps steps = new Steps();
        layers.forEach(layer -> layer.forEach(steps::take));
        return steps.free;
    }

    /** The changes one after another. */
    private final class Steps {
        private final Set<Long> made = new HashSet<>();
        private boolean free = true;

        void take(Change change) {
            // What is removed stays in the way here, and where a link leads to only a merge can say.
            if (!free || change instanceof Change.Link) {
                free = false;
                return;
            }
            long path = EMPTY;
            for (byte next : change.path()) {
                if (next == '/' && (made.contains(path) || Arrays.binarySearch(obstacles, path) >= 0)) {
                    free = false;
                    return;
                }
                path = with(path, next);
            }
            if (change instanceof Change.Put put && put.inode().type() != FileType.DIRECTORY) {
                made.add(path);
            }
        }
    }
}
