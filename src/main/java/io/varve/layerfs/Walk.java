package io.varve.layerfs;

import io.varve.failure.Failure;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Walks paths through a namespace as the kernel would with the image's root as its root: symlinks are followed, absolute
 * ones from the root, and {@code ..} stops there.
 *
 * <p>Owned by one thread; each walk starts afresh at the root.
 */
final class Walk {
    /** Symlinks followed on one path; the kernel's own bound. */
    static final int HOPS = 40;

    private static final int NONE = Tree.NONE;

    /** Makes the directory that is missing on a walk, and returns it. */
    interface Maker {
        int make(int directory, byte[] path, int from, int to);
    }

    private final Namespace names;
    private final int depthLimit;
    private final long stepLimit;
    // Of all walks together: the layers of an image may not make us walk for ever.
    private long steps;
    // The directories from the root to where the walk is; `..` goes back on them.
    private int[] way = new int[64];
    private int depth;
    private int hops;
    // What is left to walk: the path, or what a symlink put in place of the part up to its name.
    private byte[] rest = {};
    private int at;

    Walk(Namespace names, int depthLimit, long stepLimit) {
        this.names = names;
        this.depthLimit = depthLimit;
        this.stepLimit = stepLimit;
    }

    /** The directory that a path leads to; {@link Tree#NONE} when there is none. */
    int directory(byte[] path) {
        return walk(path, null);
    }

    /**
     * The directory that a path leads to, made as far as it is missing.
     *
     * @throws Failure Invalid when something that is no directory stands in the way
     */
    int directory(byte[] path, Maker maker) {
        return walk(path, maker);
    }

    /** What a path names, a symlink itself if it is one; {@link Tree#NONE} when it leads nowhere. */
    int entry(byte[] path) {
        int name = EntryPath.lastComponent(path);
        int directory = directory(Arrays.copyOf(path, Math.max(0, name - 1)));
        return directory == NONE ? NONE : names.find(directory, path, name, path.length);
    }

    /** What a path leads to, symlinks at its end followed too; {@link Tree#NONE} when that is nothing. */
    int target(byte[] path) {
        start(path);
        int inode = Tree.ROOT;
        while (next()) {
            int to = EntryPath.end(rest, at);
            inode = names.find(here(), rest, at, to);
            if (inode == NONE) {
                return NONE;
            }
            boolean last = isLast(to);
            if (!last && !passable(inode)) {
                return NONE;
            }
            if (last && names.type(inode) != FileType.SYMLINK) {
                return inode;
            }
            step(inode, to);
        }
        return here();
    }

    private int walk(byte[] path, @Nullable Maker maker) {
        start(path);
        while (next()) {
            int to = EntryPath.end(rest, at);
            int found = names.find(here(), rest, at, to);
            if (found == NONE) {
                if (maker == null) {
                    return NONE;
                }
                found = maker.make(here(), rest, at, to);
            } else if (!passable(found)) {
                if (maker == null) {
                    return NONE;
                }
                throw Failure.invalid("\"" + EntryPath.text(Arrays.copyOf(rest, to)) + "\" stands in the way: got "
                        + names.type(found) + ", wanted a directory");
            }
            step(found, to);
        }
        return here();
    }

    private void start(byte[] path) {
        rest = path;
        at = 0;
        depth = 1;
        hops = 0;
        way[0] = Tree.ROOT;
    }

    /**
     * One more name was looked at, by this or by whoever goes a way of its own for the same layers.
     *
     * @throws Failure Exceeded when there were more than all of them may ask for
     */
    void charge() {
        charge(1);
    }

    private void charge(long names) {
        steps += names;
        if (steps > stepLimit) {
            throw Failure.exceeded("names on the ways to entries", steps, stepLimit, "limits.steps");
        }
    }

    /** Goes on to the next component that names something; says whether there is one. */
    private boolean next() {
        while (at < rest.length) {
            charge();
            int to = EntryPath.end(rest, at);
            if (EntryPath.isParent(rest, at, to)) {
                depth = Math.max(1, depth - 1);
            } else if (to > at && !EntryPath.isSelf(rest, at, to)) {
                return true;
            }
            at = to + 1;
        }
        return false;
    }

    /** Whether nothing but slashes follows. */
    private boolean isLast(int to) {
        int end = to;
        while (end < rest.length && rest[end] == '/') {
            end++;
        }
        return end == rest.length;
    }

    private int here() {
        return way[depth - 1];
    }

    private boolean passable(int inode) {
        FileType type = names.type(inode);
        return type == FileType.DIRECTORY || type == FileType.SYMLINK;
    }

    private void step(int inode, int to) {
        if (names.type(inode) == FileType.SYMLINK) {
            follow(names.target(inode), to);
        } else {
            enter(inode);
            at = to + 1;
        }
    }

    private void enter(int directory) {
        if (depth > depthLimit) {
            throw Failure.exceeded("depth", depth, depthLimit, "limits.depth");
        }
        if (depth == way.length) {
            way = Arrays.copyOf(way, 2 * depth);
        }
        way[depth++] = directory;
    }

    private void follow(byte[] target, int to) {
        if (++hops > HOPS) {
            throw tooManyHops();
        }
        if (target[0] == '/') {
            depth = 1;
        }
        int left = rest.length - to;
        // A way of few names may be long, and to copy it takes as long as to pass as many as it has room for.
        charge((target.length + left) / LayerLimits.NAME_BYTES);
        byte[] joined = Arrays.copyOf(target, target.length + left);
        System.arraycopy(rest, to, joined, target.length, left);
        rest = joined;
        at = 0;
    }

    static Failure tooManyHops() {
        return Failure.invalid("symlinks on the way: got more than " + HOPS + ", which may be a loop");
    }
}
