package io.varve.layerfs;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The path of an entry, kept as the entry and the path of its directory. Takes three words, however long the path is: a tree has as
 * many entries as it likes below a path as long as it likes, and nobody keeps the bytes of them all. Immutable.
 */
public final class TreePath {
    private static final byte[] NOTHING = {};

    private final @Nullable TreePath directory;
    private final Tree tree;
    private final int entry;

    /** @param directory null for what stands where the path begins */
    public TreePath(@Nullable TreePath directory, Tree tree, int entry) {
        this.directory = directory;
        this.tree = tree;
        this.entry = entry;
    }

    /** The bytes of it, with no slash in front. */
    public byte[] bytes() {
        return below(NOTHING);
    }

    /**
     * The bytes of it behind those of where it begins.
     *
     * @param start without a slash in front and at the end; empty for the root
     */
    public byte[] below(byte[] start) {
        int length = start.length == 0 ? -1 : start.length;
        for (TreePath at = this; at != null; at = at.directory) {
            length += 1 + at.tree.nameLength(at.entry);
        }
        byte[] path = Arrays.copyOf(start, length);
        int end = length;
        for (TreePath at = this; at != null; at = at.directory) {
            end -= at.tree.nameLength(at.entry);
            at.tree.copyName(at.entry, path, end);
            if (end > 0) {
                path[--end] = '/';
            }
        }
        return path;
    }
}
