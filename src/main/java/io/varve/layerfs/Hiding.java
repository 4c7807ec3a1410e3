package io.varve.layerfs;

import io.varve.failure.Failure;
import io.varve.tar.TarEntry;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Takes out of a namespace what one layer's whiteouts and opaque marks hide, before any entry of the layer is in it: so
 * they cannot touch the layer's own entries, and where they stand in its tar does not matter.
 *
 * <p>A mark lies where an entry would: behind a symlink on its path, of a lower layer or of its own. But a directory
 * that the layer itself puts where there was none is new, so a mark in it hides nothing. Marks never make directories.
 *
 * <p>The changes are read several times and never held: what takes memory are the ways to the marks, within the limit of
 * a tree.
 */
final class Hiding {
    private static final int NONE = Tree.NONE;

    private final TreeBuilder tree;
    // The namespace without the layer, whatever was hidden already.
    private final Walk before;
    // Every directory on the way to a mark, by the layer's own names for them. Those that the layer itself puts there
    // are `own`, and have the attributes that it gives them.
    private final TreeBuilder ways;
    private final BitSet own = new BitSet();
    // How many ways there are, and of how many of them it is known what the layer puts there.
    private int known = 1;
    private int noted = 1;
    private boolean ownLinks;
    // Of its own directories: whether it was looked what they are over, and those that are over a directory.
    private final BitSet asked = new BitSet();
    private final BitSet overDirectory = new BitSet();
    // Directories of the tree with nothing left in them: opaque marks may repeat.
    private final BitSet cleared = new BitSet();

    private Hiding(TreeBuilder tree, Walk before, long limitBytes) {
        this.tree = tree;
        this.before = before;
        ways = new TreeBuilder(0, limitBytes);
    }

    /** @throws Failure Exceeded when the ways to the marks take more memory than a tree may */
    static void apply(Changes changes, TreeBuilder tree, Walk before, LayerLimits limits) {
        Hiding hiding = new Hiding(tree, before, limits.treeBytes());
        changes.forEach(hiding::collect);
        hiding.explore(changes);
        changes.forEach(hiding::hide);
    }

    private void collect(Change change) {
        switch (change) {
            case Change.Whiteout whiteout -> way(whiteout.path(), EntryPath.lastComponent(whiteout.path()) - 1);
            case Change.Opaque opaque -> way(opaque.path(), opaque.path().length);
            case Change.Put _, Change.Link _ -> {}
        }
    }

    /** A symlink of the layer's own leads to ways that were not known, which may hold others: until there are no new. */
    private void explore(Changes changes) {
        while (noted < known) {
            changes.forEach(this::note);
            noted = known;
            if (ownLinks) {
                changes.forEach(this::marked);
            }
        }
    }

    private void way(byte[] path, int end) {
        int way = Tree.ROOT;
        for (int from = 0; from < end; ) {
            before.charge();
            int to = EntryPath.end(path, from);
            if (EntryPath.isParent(path, from, to)) {
                return;
            }
            if (to > from && !EntryPath.isSelf(path, from, to)) {
                int next = ways.find(way, path, from, to);
                if (next == NONE) {
                    next = ways.add(Inode.IMPLIED_DIRECTORY, 0);
                    ways.put(way, path, from, to, next);
                    known++;
                }
                way = next;
            }
            from = to + 1;
        }
    }

    private void note(Change change) {
        if (change instanceof Change.Put put) {
            byte[] path = put.path();
            int way = Tree.ROOT;
            for (int from = 0; from < path.length && way != NONE; ) {
                before.charge();
                int to = EntryPath.end(path, from);
                way = ways.find(way, path, from, to);
                from = to + 1;
            }
            if (way >= noted) {
                ways.describe(way, put.inode(), 0);
                own.set(way);
                ownLinks |= put.inode().type() == FileType.SYMLINK;
            }
        }
    }

    private void hide(Change change) {
        int directory = marked(change);
        if (directory == NONE) {
            return;
        }
        byte[] path = change.path();
        if (change instanceof Change.Whiteout) {
            tree.remove(directory, path, EntryPath.lastComponent(path), path.length);
        } else if (!cleared.get(directory)) {
            cleared.set(directory);
            tree.clear(directory);
        }
    }

    /** The directory that a mark takes from, or NONE; NONE too for what is no mark. */
    private int marked(Change change) {
        try {
            return switch (change) {
                case Change.Whiteout whiteout -> directory(EntryPath.parent(whiteout.path()));
                case Change.Opaque opaque -> directory(opaque.path());
                case Change.Put _, Change.Link _ -> NONE;
            };
        } catch (Failure e) {
            throw e.during(TarEntry.describe(change.path(), change.offset()));
        }
    }

    /** The directory of the lower layers that a mark's directory is, or NONE. */
    private int directory(byte[] marked) {
        byte[] path = marked;
        int way = Tree.ROOT;
        int hops = 0;
        for (int from = 0; from < path.length && way != NONE; ) {
            before.charge();
            int to = EntryPath.end(path, from);
            int above = way;
            if (to > from && !EntryPath.isSelf(path, from, to)) {
                way = ways.find(above, path, from, to);
            }
            boolean mine = way != NONE && way != above && own.get(way);
            if (mine && ways.type(way) == FileType.SYMLINK) {
                if (++hops > Walk.HOPS) {
                    throw Walk.tooManyHops();
                }
                path = redirected(path, from, to, ways.target(way));
                way(path, path.length);
                way = Tree.ROOT;
                from = 0;
                continue;
            }
            if (mine && !isOverDirectory(way, path, to)) {
                return NONE;
            }
            from = to + 1;
        }
        return before.directory(path);
    }

    /** Whether the layer's own entry {@code path[0, to)} is a directory where a lower layer has one. */
    private boolean isOverDirectory(int way, byte[] path, int to) {
        if (!asked.get(way)) {
            asked.set(way);
            int lower = before.entry(Arrays.copyOf(path, to));
            overDirectory.set(
                    way,
                    ways.type(way) == FileType.DIRECTORY && lower != NONE && tree.type(lower) == FileType.DIRECTORY);
        }
        return overDirectory.get(way);
    }

    /** The path with the component {@code [from, to)}, a symlink, replaced by what it says. */
    private static byte[] redirected(byte[] path, int from, int to, byte[] target) {
        int start = target[0] == '/' ? 0 : from;
        byte[] redirected = Arrays.copyOf(path, start + target.length + path.length - to);
        System.arraycopy(target, 0, redirected, start, target.length);
        System.arraycopy(path, to, redirected, start + target.length, path.length - to);
        return redirected;
    }
}
