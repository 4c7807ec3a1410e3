package io.varve.report;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layerfs.FileType;
import io.varve.layerfs.Layer;
import io.varve.layerfs.OpenFile;
import io.varve.layerfs.Tree;
import io.varve.layerfs.TreePath;
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
import org.jspecify.annotations.Nullable;

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

    /** What stands at one path; an inode is {@link Tree#NONE} where there is nothing. */
    private record Pair(@Nullable TreePath path, int from, int to) {}

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
        Deque<Level> open = new ArrayDeque<>();
        Pair root = new Pair(null, Tree.ROOT, Tree.ROOT);
        tell(root);
        open.push(new Level(root));
        while (!open.isEmpty()) {
            if (Thread.currentThread().isInterrupted()) {
                throw Failure.of(Category.CANCELLED, "interrupted");
            }
            if (!open.peek().hasNext()) {
                open.pop();
                continue;
            }
            Pair pair = open.peek().next();
            tell(pair);
            open.push(new Level(pair));
        }
    }

    private void tell(Pair pair) throws IOException {
        if (pair.from() == NONE) {
            listener.added(bytes(pair.path()), pair.to());
        } else if (pair.to() == NONE) {
            listener.removed(bytes(pair.path()), pair.from());
        } else {
            Set<Attribute> changed = changed(pair.from(), pair.to());
            if (!changed.isEmpty()) {
                listener.changed(bytes(pair.path()), pair.from(), pair.to(), changed);
            }
        }
    }

    private static byte[] bytes(@Nullable TreePath path) {
        return path == null ? new byte[0] : path.bytes();
    }

    /** What is in a directory of either side, and was not told yet; nothing in what is no directory. */
    private final class Level {
        private final @Nullable TreePath path;
        private final int fromEnd;
        private final int toEnd;
        private int nextFrom;
        private int nextTo;

        private Level(Pair pair) {
            path = pair.path();
            boolean fromIs = isDirectory(from, pair.from());
            boolean toIs = isDirectory(to, pair.to());
            nextFrom = fromIs ? from.tree().firstEntry(pair.from()) : 0;
            fromEnd = fromIs ? from.tree().endEntry(pair.from()) : 0;
            nextTo = toIs ? to.tree().firstEntry(pair.to()) : 0;
            toEnd = toIs ? to.tree().endEntry(pair.to()) : 0;
        }

        private boolean hasNext() {
            return nextFrom < fromEnd || nextTo < toEnd;
        }

        private Pair next() {
            int order = order();
            byte[] name = order <= 0 ? from.tree().name(nextFrom) : to.tree().name(nextTo);
            return new Pair(
                    new TreePath(path, name),
                    order <= 0 ? from.tree().inode(nextFrom++) : NONE,
                    order >= 0 ? to.tree().inode(nextTo++) : NONE);
        }

        /** Below 0 when the next name is of {@link #from} only, above 0 when it is of {@link #to} only. */
        private int order() {
            if (nextFrom == fromEnd) {
                return 1;
            }
            if (nextTo == toEnd) {
                return -1;
            }
            return Arrays.compareUnsigned(from.tree().name(nextFrom), to.tree().name(nextTo));
        }
    }

    private static boolean isDirectory(Side side, int inode) {
        return inode != NONE && side.tree().isDirectory(inode);
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
