package io.varve.view;

import io.varve.layerfs.Tree;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The order in which a tree is gone through: directories depth first, which is also the order of their entries'
 * numbers, so that any range of entries is a few neighbouring directories. Read by several threads, never changed.
 */
final class Itinerary {
    private final Tree tree;
    /** By inode: the first entry that names it; {@link Tree#NONE} for the root. */
    private final int[] entryOf;
    /** By inode of a directory: how many directories are above it. */
    private final int[] depth;
    /** The directories, each before what is in it. */
    private final int[] directories;

    Itinerary(Tree tree) {
        this.tree = tree;
        entryOf = new int[tree.inodes()];
        depth = new int[tree.inodes()];
        Arrays.fill(entryOf, Tree.NONE);
        int found = 1;
        for (int e = 0; e < tree.entries(); e++) {
            int inode = tree.inode(e);
            if (entryOf[inode] == Tree.NONE) {
                entryOf[inode] = e;
                found += tree.isDirectory(inode) ? 1 : 0;
            }
        }
        directories = new int[found];
        int[] pending = new int[found];
        int waiting = 1;
        int next = 0;
        while (waiting > 0) {
            int directory = pending[--waiting];
            directories[next++] = directory;
            for (int e = tree.endEntry(directory) - 1; e >= tree.firstEntry(directory); e--) {
                int inode = tree.inode(e);
                if (tree.isDirectory(inode)) {
                    depth[inode] = depth[directory] + 1;
                    pending[waiting++] = inode;
                }
            }
        }
    }

    int directories() {
        return directories.length;
    }

    /** The i-th directory on the way; the root is the first. */
    int directory(int i) {
        return directories[i];
    }

    /** Where on the way the directory is that an entry stands in. */
    int placeOf(int entry) {
        int low = 0;
        int high = directories.length - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (tree.endEntry(directories[middle]) > entry) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    int depth(int directory) {
        return depth[directory];
    }

    /** The entry of an inode's first name, the one that is made; further names are linked to it. */
    int entryOf(int inode) {
        return entryOf[inode];
    }

    /** The path of an entry for people, from the image's root; bytes that are not UTF-8 as {@code \xHH}. */
    String describe(int entry) {
        String above = new String(tree.path(directory(placeOf(entry))), StandardCharsets.ISO_8859_1);
        String name = new String(tree.name(entry), StandardCharsets.ISO_8859_1);
        byte[] path = ("/" + (above.isEmpty() ? "" : above + "/") + name).getBytes(StandardCharsets.ISO_8859_1);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(path))
                    .toString();
        } catch (CharacterCodingException e) {
            StringBuilder text = new StringBuilder();
            for (byte b : path) {
                text.append(b >= 0 ? String.valueOf((char) b) : String.format("\\x%02x", b));
            }
            return text.toString();
        }
    }
}
