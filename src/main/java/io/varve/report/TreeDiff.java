package io.varve.report;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layerfs.FileType;
import io.varve.layerfs.Layer;
import io.varve.layerfs.OpenFile;
import io.varve.layerfs.Tree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What changed from one tree to another: every path that is in one of them only, or is something else in the other. Bytes of files are
 * read only where their layers do not show that they are the same. Owned by one thread; blocks.
 */
public final class TreeDiff {
    private static final int PIECE = 256 << 10;
    private static final int NONE = Tree.NONE;

    private final Side from;
    private final Side to;
    private final Listener listener;
    private final Deque<Pair> pending = new ArrayDeque<>();
    private final ByteBuffer left = ByteBuffer.allocate(PIECE);
    private final ByteBuffer right = ByteBuffer.allocate(PIECE);

    // Of files with several names, by both inodes: whoever gives one a million names has it read once.
    private final Map<Long, Boolean> compared = new HashMap<>();

    /** @param layers the stack that the tree was merged from, base first */
    public record Side(Tree tree, List<Layer> layers) {}

    /** Hears of what changed, in the order of the paths, a directory before what is in it. Paths have no slash in front. */
    public interface Listener {
        void added(byte[] path, int inode) throws IOException;

        void removed(byte[] path, int inode) throws IOException;

        /** @param what at least one */
        void changed(byte[] path, int fromInode, int toInode, Set<Attribute> what) throws IOException;
    }

    /** A path that is still to be looked at; an inode is {@link Tree#NONE} where there is none. */
    private record Pair(byte[] path, int from, int to) {}

    private TreeDiff(Side from, Side to, Listener listener) {
        this.from = from;
        this.to = to;
        this.listener = listener;
    }

    /**
     * Tells all of it.
     *
     * @throws IOException what the listener throws, or because a layer cannot be read
     * @throws Failure Invalid when a layer's tar is shorter than it was; Cancelled when the thread was interrupted
     */
    public static void tell(Side from, Side to, Listener listener) throws IOException {
        new TreeDiff(from, to, listener).run();
    }

    private void run() throws IOException {
        pending.push(new Pair(new byte[0], Tree.ROOT, Tree.ROOT));
        while (!pending.isEmpty()) {
            if (Thread.currentThread().isInterrupted()) {
                throw Failure.of(Category.CANCELLED, "interrupted");
            }
            Pair pair = pending.pop();
            tell(pair);
            below(pair);
        }
    }

    private void tell(Pair pair) throws IOException {
        if (pair.from() == NONE) {
            listener.added(pair.path(), pair.to());
        } else if (pair.to() == NONE) {
            listener.removed(pair.path(), pair.from());
        } else {
            Set<Attribute> changed = changed(pair.from(), pair.to());
            if (!changed.isEmpty()) {
                listener.changed(pair.path(), pair.from(), pair.to(), changed);
            }
        }
    }

    /** What is in a directory of either side, the first of it on top. */
    private void below(Pair pair) {
        Deque<Pair> found = new ArrayDeque<>();
        boolean fromIs = isDirectory(from, pair.from());
        boolean toIs = isDirectory(to, pair.to());
        int i = fromIs ? from.tree().firstEntry(pair.from()) : 0;
        int fromEnd = fromIs ? from.tree().endEntry(pair.from()) : 0;
        int j = toIs ? to.tree().firstEntry(pair.to()) : 0;
        int toEnd = toIs ? to.tree().endEntry(pair.to()) : 0;
        while (i < fromEnd || j < toEnd) {
            int order = i == fromEnd
                    ? 1
                    : j == toEnd
                            ? -1
                            : Arrays.compareUnsigned(
                                    from.tree().name(i), to.tree().name(j));
            byte[] name = order <= 0 ? from.tree().name(i) : to.tree().name(j);
            found.push(new Pair(
                    joined(pair.path(), name),
                    order <= 0 ? from.tree().inode(i++) : NONE,
                    order >= 0 ? to.tree().inode(j++) : NONE));
        }
        found.forEach(pending::push);
    }

    private static boolean isDirectory(Side side, int inode) {
        return inode != NONE && side.tree().isDirectory(inode);
    }

    private static byte[] joined(byte[] directory, byte[] name) {
        if (directory.length == 0) {
            return name;
        }
        byte[] path = Arrays.copyOf(directory, directory.length + 1 + name.length);
        path[directory.length] = '/';
        System.arraycopy(name, 0, path, directory.length + 1, name.length);
        return path;
    }

    private Set<Attribute> changed(int a, int b) throws IOException {
        Tree before = from.tree();
        Tree after = to.tree();
        Set<Attribute> changed = EnumSet.noneOf(Attribute.class);
        if (before.type(a) != after.type(b)) {
            changed.add(Attribute.TYPE);
        } else if (before.type(a) == FileType.REGULAR) {
            if (!sameContent(a, b)) {
                changed.add(Attribute.CONTENT);
            }
        } else if (!Arrays.equals(before.target(a), after.target(b))
                || before.major(a) != after.major(b)
                || before.minor(a) != after.minor(b)) {
            changed.add(Attribute.TARGET);
        }
        if (before.mode(a) != after.mode(b)) {
            changed.add(Attribute.MODE);
        }
        if (before.uid(a) != after.uid(b) || before.gid(a) != after.gid(b)) {
            changed.add(Attribute.OWNER);
        }
        if (!before.xattrs(a).equals(after.xattrs(b))) {
            changed.add(Attribute.XATTRS);
        }
        if (before.mtime(a) != after.mtime(b) || before.nanos(a) != after.nanos(b)) {
            changed.add(Attribute.TIME);
        }
        return changed;
    }

    private boolean sameContent(int a, int b) throws IOException {
        if (from.tree().size(a) != to.tree().size(b)) {
            return false;
        }
        if (from.tree().size(a) == 0 || isSamePlace(a, b)) {
            return true;
        }
        if (from.tree().links(a) == 1 && to.tree().links(b) == 1) {
            return sameBytes(a, b);
        }
        long both = (long) a << 32 | b;
        Boolean known = compared.get(both);
        if (known == null) {
            known = sameBytes(a, b);
            compared.put(both, known);
        }
        return known;
    }

    /** Whether both are the same runs of the same layer. */
    private boolean isSamePlace(int a, int b) {
        Tree before = from.tree();
        Tree after = to.tree();
        if (before.extents(a) != after.extents(b)
                || !from.layers()
                        .get(before.layer(a))
                        .diffId()
                        .equals(to.layers().get(after.layer(b)).diffId())) {
            return false;
        }
        for (int i = 0; i < before.extents(a); i++) {
            if (before.extentOffset(a, i) != after.extentOffset(b, i)
                    || before.extentLength(a, i) != after.extentLength(b, i)
                    || before.extentAt(a, i) != after.extentAt(b, i)) {
                return false;
            }
        }
        return true;
    }

    private boolean sameBytes(int a, int b) throws IOException {
        long size = from.tree().size(a);
        try (OpenFile before = OpenFile.of(from.tree(), a, from.layers());
                OpenFile after = OpenFile.of(to.tree(), b, to.layers())) {
            for (long at = 0; at < size; at += PIECE) {
                if (Thread.currentThread().isInterrupted()) {
                    throw Failure.of(Category.CANCELLED, "interrupted");
                }
                int count = (int) Math.min(PIECE, size - at);
                before.read(left.clear().limit(count), at);
                after.read(right.clear().limit(count), at);
                if (left.flip().mismatch(right.flip()) >= 0) {
                    return false;
                }
            }
            return true;
        }
    }
}
