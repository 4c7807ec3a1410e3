package io.varve.layerfs;

import io.varve.failure.Failure;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Takes out of a namespace what one layer's whiteouts and opaque marks hide, before any entry of the layer is in it: so
 * they cannot touch the layer's own entries, and where they stand in its tar does not matter.
 *
 * <p>A mark lies where an entry would: behind a symlink on its path, of a lower layer or of its own. But a directory
 * that the layer itself puts where there was none is new, so a mark in it hides nothing. Marks never make directories.
 */
final class Hiding {
    private static final int NONE = Tree.NONE;
    // What a mark, a way or an own entry takes in a collection, about, apart from the bytes of its path.
    private static final int ELEMENT_BYTES = 100;

    private final TreeBuilder tree;
    // The namespace without the layer, whatever was hidden already.
    private final Walk before;
    private final List<Change> marks = new ArrayList<>();
    // Every directory on the way to a mark, and what the layer itself puts at one of them.
    private final Set<ByteBuffer> ways = new HashSet<>();
    private final Map<ByteBuffer, Own> own = new HashMap<>();
    private final long limitBytes;
    private long bytes;

    /** What the layer puts at a path; the rest of an inode does not matter here. */
    private record Own(FileType type, byte[] target) {}

    private Hiding(TreeBuilder tree, Walk before, long limitBytes) {
        this.tree = tree;
        this.before = before;
        this.limitBytes = limitBytes;
    }

    /** @param limitBytes of memory, for what is freed again when this returns */
    static void apply(Changes changes, TreeBuilder tree, Walk before, long limitBytes) {
        Hiding hiding = new Hiding(tree, before, limitBytes);
        changes.forEach(hiding::collect);
        changes.forEach(hiding::note);
        hiding.marks.forEach(hiding::hide);
    }

    private void collect(Change change) {
        switch (change) {
            case Change.Whiteout whiteout -> mark(whiteout, EntryPath.lastComponent(whiteout.path()) - 1);
            case Change.Opaque opaque -> mark(opaque, opaque.path().length);
            case Change.Put _, Change.Link _ -> {}
        }
    }

    private void mark(Change mark, int directoryEnd) {
        marks.add(mark);
        take(mark, ELEMENT_BYTES + mark.path().length);
        for (int end = directoryEnd; end > 0; end = lastSlash(mark.path(), end)) {
            if (!ways.add(ByteBuffer.wrap(mark.path(), 0, end))) {
                return;
            }
            take(mark, ELEMENT_BYTES);
        }
    }

    private void take(Change change, long more) {
        bytes += more;
        if (bytes > limitBytes) {
            throw Failure.exceeded("memory for marks", bytes, limitBytes, "limits.treeBytes")
                    .during(Translation.where(change.path(), change.offset()));
        }
    }

    private void note(Change change) {
        if (change instanceof Change.Put put) {
            ByteBuffer path = ByteBuffer.wrap(put.path());
            if (ways.contains(path)) {
                Own mine = new Own(put.inode().type(), put.inode().target());
                Own last = own.put(path, mine);
                take(
                        put,
                        mine.target.length + (last == null ? ELEMENT_BYTES + put.path().length : -last.target.length));
            }
        }
    }

    private void hide(Change mark) {
        try {
            byte[] path = mark.path();
            if (mark instanceof Change.Opaque) {
                int directory = directory(path);
                if (directory != NONE) {
                    tree.clear(directory);
                }
            } else {
                int directory = directory(EntryPath.parent(path));
                if (directory != NONE) {
                    tree.remove(directory, path, EntryPath.lastComponent(path), path.length);
                }
            }
        } catch (Failure e) {
            throw e.during(Translation.where(mark.path(), mark.offset()));
        }
    }

    /** The directory of the lower layers that a mark's directory is, or NONE. */
    private int directory(byte[] marked) {
        byte[] path = marked;
        int from = 0;
        for (int hops = 0; from < path.length; ) {
            int to = EntryPath.end(path, from);
            byte[] way = Arrays.copyOf(path, to);
            Own mine = own.get(ByteBuffer.wrap(way));
            if (mine == null) {
                from = to + 1;
            } else if (mine.type() == FileType.SYMLINK) {
                if (++hops > Walk.HOPS) {
                    throw Walk.tooManyHops();
                }
                path = redirected(path, from, to, mine.target());
                from = 0;
            } else {
                int lower = before.entry(way);
                if (mine.type() != FileType.DIRECTORY || lower == NONE || tree.type(lower) != FileType.DIRECTORY) {
                    return NONE;
                }
                from = to + 1;
            }
        }
        return before.directory(path);
    }

    /** The path with the component {@code [from, to)}, a symlink, replaced by what it says. */
    private static byte[] redirected(byte[] path, int from, int to, byte[] target) {
        int start = target[0] == '/' ? 0 : from;
        byte[] redirected = Arrays.copyOf(path, start + target.length + path.length - to);
        System.arraycopy(target, 0, redirected, start, target.length);
        System.arraycopy(path, to, redirected, start + target.length, path.length - to);
        return redirected;
    }

    private static int lastSlash(byte[] path, int end) {
        int at = end - 1;
        while (at >= 0 && path[at] != '/') {
            at--;
        }
        return at;
    }
}
