package io.varve.layerfs;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import java.util.List;

/**
 * The merged namespace of a stack of layers: what the image shows, with no trace left of what it hides.
 *
 * <p>Immutable, and compact enough for millions of entries: everything is a number. An <i>inode</i> is a number from 0
 * ({@link #ROOT}) to {@link #inodes()} − 1; an <i>entry</i> is one name in one directory, a number from 0 to
 * {@link #entries()} − 1. The entries of a directory are consecutive and sorted by name, bytewise. Inodes are numbered
 * so that a directory comes before what is in it, and the inodes first named in one directory are consecutive: the
 * numbering, like everything here, depends on nothing but what the tree shows.
 *
 * <pre>
 *   for (int e = tree.firstEntry(dir); e &lt; tree.endEntry(dir); e++) {
 *       int inode = tree.inode(e);
 *       … tree.name(e), tree.type(inode), tree.size(inode) …
 *   }
 * </pre>
 *
 * <p>Accessors take numbers that the tree handed out, and do no more checking than the arrays behind them. What an
 * accessor says of a type it is not for is 0 or empty. Made by {@link TreeBuilder}; safe for any thread.
 */
public final class Tree implements Filesystem {
    public static final int ROOT = 0;
    public static final int NONE = -1;

    private final Inodes inodes;
    private final int[] parent;
    private final int[] firstEntry;
    private final int[] endEntry;
    private final int[] links;
    private final int[] entryInode;
    private final int[] nameStart;
    private final byte[] names;

    /** Takes ownership of the arrays. {@code nameStart} has one element more than there are entries. */
    Tree(
            Inodes inodes,
            int[] parent,
            int[] firstEntry,
            int[] endEntry,
            int[] links,
            int[] entryInode,
            int[] nameStart,
            byte[] names) {
        this.inodes = inodes;
        this.parent = parent;
        this.firstEntry = firstEntry;
        this.endEntry = endEntry;
        this.links = links;
        this.entryInode = entryInode;
        this.nameStart = nameStart;
        this.names = names;
    }

    /** How many inodes there are, the root included. */
    public int inodes() {
        return inodes.count();
    }

    /** How many names there are; the root has none. */
    public int entries() {
        return entryInode.length;
    }

    @Override
    public FileType type(int inode) {
        return inodes.type(inode);
    }

    public boolean isDirectory(int inode) {
        return inodes.type(inode) == FileType.DIRECTORY;
    }

    @Override
    public int mode(int inode) {
        return inodes.mode(inode);
    }

    @Override
    public int uid(int inode) {
        return inodes.uid(inode);
    }

    @Override
    public int gid(int inode) {
        return inodes.gid(inode);
    }

    @Override
    public long mtime(int inode) {
        return inodes.mtime(inode);
    }

    @Override
    public int nanos(int inode) {
        return inodes.nanos(inode);
    }

    @Override
    public long size(int inode) {
        return inodes.size(inode);
    }

    @Override
    public int links(int inode) {
        return links[inode];
    }

    @Override
    public int major(int inode) {
        return inodes.major(inode);
    }

    @Override
    public int minor(int inode) {
        return inodes.minor(inode);
    }

    /** A copy of what the symlink says. */
    @Override
    public byte[] target(int inode) {
        return inodes.target(inode);
    }

    /** Sorted by name. */
    public List<Xattr> xattrs(int inode) {
        return inodes.xattrs(inode);
    }

    /** A number that inodes with equal xattrs share; 0 for none, at most {@link #xattrSets()} − 1. */
    public int xattrSet(int inode) {
        return inodes.xattrSet(inode);
    }

    public int xattrSets() {
        return inodes.xattrSets();
    }

    /** Which layer of the stack, base = 0, described the inode; its extents stand in that layer's tar. */
    public int layer(int inode) {
        return inodes.layer(inode);
    }

    /** How many runs of bytes a regular file has in its layer's tar: 0 when it is empty or one hole. */
    public int extents(int inode) {
        return inodes.extents(inode);
    }

    /** Where in the file run {@code i} begins, in bytes; runs ascend and do not overlap. */
    public long extentOffset(int inode, int i) {
        return inodes.extent(inode, i, 0);
    }

    public long extentLength(int inode, int i) {
        return inodes.extent(inode, i, 1);
    }

    /** Where in the layer's tar run {@code i} begins, in bytes. */
    public long extentAt(int inode, int i) {
        return inodes.extent(inode, i, 2);
    }

    /** The directory in which the inode's first name (in the order of the numbering) stands; the root's is itself. */
    public int parent(int inode) {
        return parent[inode];
    }

    /** The first entry of a directory; equal to {@link #endEntry} when it is empty. */
    public int firstEntry(int directory) {
        return firstEntry[directory];
    }

    /** One past the last entry of a directory. */
    public int endEntry(int directory) {
        return endEntry[directory];
    }

    /** The inode that an entry names. */
    public int inode(int entry) {
        return entryInode[entry];
    }

    /** A copy of an entry's name: bytes, 1 to 255 of them, with neither NUL nor slash. */
    public byte[] name(int entry) {
        return Arrays.copyOfRange(names, nameStart[entry], nameStart[entry + 1]);
    }

    public int nameLength(int entry) {
        return nameStart[entry + 1] - nameStart[entry];
    }

    /** Copies an entry's name to {@code destination} from {@code at}. */
    public void copyName(int entry, byte[] destination, int at) {
        System.arraycopy(names, nameStart[entry], destination, at, nameLength(entry));
    }

    /** The entry of this name in a directory, or {@link #NONE}. */
    public int entry(int directory, byte[] name) {
        return entry(directory, name, 0, name.length);
    }

    @Override
    public int find(int directory, byte[] path, int from, int to) {
        int entry = entry(directory, path, from, to);
        return entry == NONE ? NONE : entryInode[entry];
    }

    private int entry(int directory, byte[] path, int from, int to) {
        int low = firstEntry[directory];
        int high = endEntry[directory] - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = Arrays.compareUnsigned(names, nameStart[middle], nameStart[middle + 1], path, from, to);
            if (order == 0) {
                return middle;
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return NONE;
    }

    @Override
    public Names list(int directory) {
        return new Names() {
            private int entry = firstEntry[directory] - 1;

            @Override
            public boolean next() {
                return ++entry < endEntry[directory];
            }

            @Override
            public byte[] name() {
                return Tree.this.name(entry);
            }

            @Override
            public int inode() {
                return entryInode[entry];
            }

            @Override
            public boolean isDirectory() {
                return Tree.this.isDirectory(inode());
            }
        };
    }

    @Override
    public void copy(int inode, List<Layer> layers, WritableByteChannel out) throws IOException {
        FileBytes.copy(this, inode, layers, out);
    }

    /** The path of a directory from the root, without a leading slash; empty for the root. */
    public byte[] path(int directory) {
        int length = 0;
        for (int dir = directory; dir != ROOT; dir = parent[dir]) {
            length += nameLength(entryOf(dir)) + 1;
        }
        byte[] path = new byte[Math.max(0, length - 1)];
        int at = path.length;
        for (int dir = directory; dir != ROOT; dir = parent[dir]) {
            int entry = entryOf(dir);
            at -= nameLength(entry);
            copyName(entry, path, at);
            if (at > 0) {
                path[--at] = '/';
            }
        }
        return path;
    }

    private int entryOf(int directory) {
        int entry = firstEntry[parent[directory]];
        while (entryInode[entry] != directory) {
            entry++;
        }
        return entry;
    }

    /** Bytes of memory that the tree holds, near enough to account for. */
    public long bytes() {
        return inodes.bytes() + bytes(parent.length, entryInode.length, names.length);
    }

    /** Bytes of a tree's own arrays, beside the inodes'. */
    static long bytes(int inodes, int entries, int nameBytes) {
        return 16L * inodes + 8L * entries + nameBytes;
    }
}
