package io.varve.layerfs;

import io.varve.failure.Failure;
import io.varve.tar.TarEntry;
import java.util.Arrays;
import java.util.List;

/**
 * Applies the changes of a stack of layers, base first, to an empty namespace: the one place where whiteouts, hardlinks
 * across layers and entries behind symlinks get their meaning (docs/layerfs.md has the rules with examples).
 *
 * <ul>
 *   <li>A layer's whiteouts and opaque marks come first, wherever they stand in its tar: they concern lower layers only.
 *   <li>Its other entries follow in tar order, each over what is there by then.
 *   <li>A hardlink finds its target in the namespace as it is, else as it was before the layer.
 * </ul>
 *
 * <p>Costs a lookup for each component of a path, and no I/O but reading the changes. Owned by one thread.
 */
public final class Merge {
    private static final int NONE = Tree.NONE;

    private final LayerLimits limits;
    private final TreeBuilder tree;
    private final Walk now;
    private final Walk before;
    private int layer;

    // The directory that the last entry was placed in, by the path its tar has for it: the next one mostly is its
    // neighbour. Forgotten when a name that was there leads elsewhere, which could lie on that path.
    private byte[] lastParent = {};
    private int lastDirectory = Tree.ROOT;

    private Merge(int expected, LayerLimits limits) {
        this.limits = limits;
        tree = new TreeBuilder(expected, limits.treeBytes());
        now = new Walk(tree, limits.depth(), limits.steps());
        before = new Walk(tree.before(), limits.depth(), limits.steps());
    }

    /**
     * What a stack shows.
     *
     * @param stack each layer's changes, base first
     * @throws Failure naming the layer, the entry and its offset: Invalid when an entry cannot be placed, Exceeded when
     *     a limit was passed
     */
    public static Tree tree(List<Changes> stack, LayerLimits limits) {
        long expected = stack.stream().mapToLong(Changes::count).sum();
        Merge merge = new Merge((int) Math.min(expected, 1 << 20), limits);
        for (Changes changes : stack) {
            try {
                merge.apply(changes);
            } catch (Failure e) {
                throw e.during("merging layer " + (merge.layer + 1) + " of " + stack.size());
            }
            merge.layer++;
        }
        return merge.tree.build();
    }

    private void apply(Changes changes) {
        tree.nextGeneration();
        if (changes.marks() > 0) {
            Hiding.apply(changes, tree, before, limits);
        }
        forget();
        changes.forEach(change -> {
            try {
                place(change);
            } catch (Failure e) {
                throw e.during(TarEntry.describe(change.path(), change.offset()));
            }
        });
    }

    private void place(Change change) {
        switch (change) {
            case Change.Put put -> put(put);
            case Change.Link link -> link(link);
            case Change.Whiteout _, Change.Opaque _ -> {}
        }
    }

    private void put(Change.Put put) {
        byte[] path = put.path();
        Inode inode = put.inode();
        if (path.length == 0) {
            tree.describe(Tree.ROOT, inode, layer);
            return;
        }
        int directory = parent(path);
        int name = EntryPath.lastComponent(path);
        int there = tree.find(directory, path, name, path.length);
        if (there != NONE && inode.type() == FileType.DIRECTORY && tree.type(there) == FileType.DIRECTORY) {
            tree.describe(there, inode, layer);
            return;
        }
        name(directory, path, name, there, tree.add(inode, layer));
    }

    private void link(Change.Link link) {
        int target = target(link.target());
        byte[] path = link.path();
        int directory = parent(path);
        int name = EntryPath.lastComponent(path);
        name(directory, path, name, tree.find(directory, path, name, path.length), target);
    }

    private int target(byte[] path) {
        int target = now.entry(path);
        if (target == NONE) {
            target = before.entry(path);
        }
        if (target == NONE) {
            throw Failure.invalid("hardlink target \"" + EntryPath.text(path)
                    + "\": there is none in an earlier entry or a lower layer");
        }
        if (tree.type(target) == FileType.DIRECTORY) {
            throw Failure.invalid("hardlink target \"" + EntryPath.text(path) + "\": got a directory, wanted a file");
        }
        return target;
    }

    private void name(int directory, byte[] path, int from, int there, int inode) {
        tree.put(directory, path, from, path.length, inode);
        if (there != NONE) {
            forget();
        }
    }

    private int parent(byte[] path) {
        int end = Math.max(0, EntryPath.lastComponent(path) - 1);
        if (Arrays.equals(path, 0, end, lastParent, 0, lastParent.length)) {
            return lastDirectory;
        }
        lastParent = Arrays.copyOf(path, end);
        lastDirectory = now.directory(lastParent, this::makeDirectory);
        return lastDirectory;
    }

    private int makeDirectory(int directory, byte[] path, int from, int to) {
        // Entries were looked at one by one; this is what a symlink on the way says.
        if (EntryPath.isWhiteout(path, from, to)) {
            throw Failure.invalid(
                    "\"" + EntryPath.text(Arrays.copyOf(path, to))
                            + "\" is missing on the way: got a name that begins with .wh., wanted one that a directory can have");
        }
        if (to - from > LayerLimits.NAME_BYTES) {
            throw Failure.exceeded("bytes in a name", to - from, LayerLimits.NAME_BYTES, "what Linux can name");
        }
        int made = tree.add(Inode.IMPLIED_DIRECTORY, layer);
        tree.put(directory, path, from, to, made);
        return made;
    }

    private void forget() {
        lastParent = new byte[0];
        lastDirectory = Tree.ROOT;
    }
}
