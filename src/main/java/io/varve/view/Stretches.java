package io.varve.view;

import io.varve.layerfs.Tree;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A tree's entries cut into stretches of about the same work, which threads take one after another. A stretch ends
 * where a directory does, unless the directory is very large: what one thread has made alone it can finish alone.
 */
final class Stretches {
    static final int NONE = -1;

    /** Making a file costs about as much time as writing so many bytes. */
    private static final long ENTRY_BYTES = 16 << 10;

    private static final long STRETCH_BYTES = 4 << 20;
    private static final long LARGE_DIRECTORY_BYTES = 8 * STRETCH_BYTES;

    private int[] starts = new int[64];
    private int count;
    private final AtomicInteger next = new AtomicInteger();

    Stretches(Tree tree, Itinerary itinerary) {
        long cost = STRETCH_BYTES;
        for (int i = 0; i < itinerary.directories(); i++) {
            int directory = itinerary.directory(i);
            int first = tree.firstEntry(directory);
            for (int e = first; e < tree.endEntry(directory); e++) {
                if (cost >= (e == first ? STRETCH_BYTES : LARGE_DIRECTORY_BYTES)) {
                    start(e);
                    cost = 0;
                }
                cost += ENTRY_BYTES + dataOf(tree, tree.inode(e));
            }
        }
        start(tree.entries());
        count--;
    }

    private static long dataOf(Tree tree, int inode) {
        long bytes = 0;
        for (int i = 0; i < tree.extents(inode); i++) {
            bytes += tree.extentLength(inode, i);
        }
        return bytes;
    }

    private void start(int entry) {
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, 2 * count);
        }
        starts[count++] = entry;
    }

    /** The next stretch that nobody has taken, or {@link #NONE}. */
    int take() {
        int taken = next.getAndIncrement();
        return taken < count ? taken : NONE;
    }

    int first(int stretch) {
        return starts[stretch];
    }

    /** One past its last entry. */
    int end(int stretch) {
        return starts[stretch + 1];
    }
}
