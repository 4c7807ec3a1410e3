package io.varve.view;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layerfs.Tree;
import io.varve.os.Fd;
import io.varve.os.FilesAt;
import io.varve.os.Name;
import io.varve.os.OsException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The open directories from the root of what is being written down to where one thread is working. Going to another
 * directory opens and closes what differs, one name at a time, relative to the directory above: no path is resolved, so
 * depth is not bounded by the length of paths.
 *
 * <p>Nor is it bounded by descriptors: of a deep path only the last {@link #STRIDE} directories stay open, and each
 * {@link #STRIDE}-th above them, from which a directory between is reached again on the way up.
 */
final class Descent implements AutoCloseable {
    private static final int STRIDE = 32;

    private final Tree tree;
    private final Itinerary itinerary;
    private final boolean make;
    private final EntryName names;

    // By depth, up to `depth`: which directory of the tree, and its descriptor if it is open. The root's is not ours.
    private int[] inodes = new int[64];
    private @Nullable Fd[] open = new @Nullable Fd[64];
    private int depth;

    /** @param make whether directories that are missing are made, with mode 0700 */
    Descent(Tree tree, Itinerary itinerary, Fd root, boolean make) {
        this.tree = tree;
        this.itinerary = itinerary;
        this.make = make;
        names = new EntryName(tree);
        open[0] = root;
    }

    /** The directory's descriptor, borrowed until the next call; null if it or one above is not there. */
    @Nullable
    Fd to(int directory) throws OsException {
        int target = itinerary.depth(directory);
        ensureRoom(target);
        int common = target;
        for (int above = directory; common > depth || inodes[common] != above; common--) {
            inodes[common] = above;
            above = tree.parent(above);
        }
        leave(common);
        int from = common;
        while (open[from] == null) {
            from--;
        }
        for (int at = from + 1; at <= target; at++) {
            if (!enter(at)) {
                return null;
            }
        }
        return open[target];
    }

    /** The directory's descriptor, borrowed until the next call, where somebody made it before. */
    Fd existing(int directory) throws OsException {
        Fd fd = to(directory);
        if (fd == null) {
            throw Failure.of(Category.CONFLICT, "somebody removed its directory meanwhile");
        }
        return fd;
    }

    private boolean enter(int at) throws OsException {
        Fd above = open[at - 1];
        if (above == null) {
            throw new IllegalStateException("nothing open above depth " + at);
        }
        Name name = names.of(itinerary.entryOf(inodes[at]));
        Fd entered = FilesAt.openDirectory(above, name);
        if (entered == null && make) {
            // Another worker may make it first: what matters is that it is there, and a directory.
            FilesAt.makeDirectory(above, name, 0700);
            entered = FilesAt.openDirectory(above, name);
        }
        if (entered == null) {
            return false;
        }
        open[at] = entered;
        depth = at;
        int far = at - STRIDE;
        if (far > 0 && far % STRIDE != 0) {
            shut(far);
        }
        return true;
    }

    private void leave(int common) {
        for (int at = common + 1; at <= depth; at++) {
            shut(at);
        }
        depth = common;
    }

    private void shut(int at) {
        Fd fd = open[at];
        if (fd != null) {
            fd.close();
            open[at] = null;
        }
    }

    private void ensureRoom(int target) {
        if (target >= inodes.length) {
            inodes = Arrays.copyOf(inodes, 2 * target);
            open = Arrays.copyOf(open, 2 * target);
        }
    }

    @Override
    public void close() {
        leave(0);
    }
}
