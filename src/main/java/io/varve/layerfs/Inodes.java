package io.varve.layerfs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A growing table of inodes, a column for each attribute, so that a million of them are a dozen arrays. Owned by one
 * thread while it grows; read by any once a {@link Tree} has it.
 *
 * <pre>
 *   detail    symlink: start of its target in bytes      regular: its first triple in extents
 *   length    symlink: bytes of its target               regular: how many triples
 *   size      bytes of a regular file or target          devices: major &lt;&lt; 32 | minor
 * </pre>
 */
final class Inodes {
    private static final int COLUMNS_BYTES = 4 + 2 + 4 + 4 + 8 + 4 + 8 + 4 + 4 + 4 + 4;

    private int count;
    private FileType[] type;
    private short[] mode;
    private int[] uid;
    private int[] gid;
    private long[] mtime;
    private int[] nanos;
    private long[] size;
    private int[] xattrSet;
    private int[] layer;
    private int[] detail;
    private int[] length;

    private long[] extents;
    private int extentsUsed;
    private byte[] targets;
    private int targetsUsed;

    private final List<List<Xattr>> sets = new ArrayList<>(List.of(List.of()));
    // Ordered, not hashed: layers choose the xattrs, and could choose such as collide.
    private final Map<List<Xattr>, Integer> setNumbers = new TreeMap<>(Inodes::compare);
    private long setsBytes;

    /** Room for some inodes of the usual kind; grows. */
    Inodes(int expected) {
        this(expected, expected, 16 * expected);
    }

    /** Room for exactly so many, with so many extents and bytes of targets; grows. */
    Inodes(int capacity, int extentCapacity, int targetCapacity) {
        type = new FileType[capacity];
        mode = new short[capacity];
        uid = new int[capacity];
        gid = new int[capacity];
        mtime = new long[capacity];
        nanos = new int[capacity];
        size = new long[capacity];
        xattrSet = new int[capacity];
        layer = new int[capacity];
        detail = new int[capacity];
        length = new int[capacity];
        extents = new long[3 * extentCapacity];
        targets = new byte[targetCapacity];
    }

    int add(Inode inode, int fromLayer) {
        int i = room();
        set(i, inode, fromLayer);
        return i;
    }

    /** Gives an inode other attributes, which keeps its names. */
    void set(int i, Inode inode, int fromLayer) {
        type[i] = inode.type();
        mode[i] = (short) inode.mode();
        uid[i] = inode.uid();
        gid[i] = inode.gid();
        mtime[i] = inode.mtime();
        nanos[i] = inode.nanos();
        layer[i] = fromLayer;
        xattrSet[i] = setNumber(inode.xattrs());
        switch (inode.type()) {
            case REGULAR -> {
                size[i] = inode.size();
                detail[i] = addExtents(inode.extents());
                length[i] = inode.extents().length / 3;
            }
            case SYMLINK -> {
                size[i] = inode.target().length;
                detail[i] = addTarget(inode.target());
                length[i] = inode.target().length;
            }
            case CHARACTER, BLOCK -> size[i] = (long) inode.major() << 32 | Integer.toUnsignedLong(inode.minor());
            case DIRECTORY, FIFO -> size[i] = 0;
        }
    }

    /** Adds a copy of another table's inode. */
    void addFrom(Inodes from, int j) {
        int i = room();
        type[i] = from.type[j];
        mode[i] = from.mode[j];
        uid[i] = from.uid[j];
        gid[i] = from.gid[j];
        mtime[i] = from.mtime[j];
        nanos[i] = from.nanos[j];
        size[i] = from.size[j];
        layer[i] = from.layer[j];
        xattrSet[i] = setNumber(from.xattrs(j));
        length[i] = from.length[j];
        if (type[i] == FileType.SYMLINK) {
            detail[i] = addTarget(from.target(j));
        } else if (from.length[j] > 0) {
            detail[i] = addExtents(
                    Arrays.copyOfRange(from.extents, 3 * from.detail[j], 3 * (from.detail[j] + from.length[j])));
        }
    }

    int count() {
        return count;
    }

    FileType type(int i) {
        return type[i];
    }

    int mode(int i) {
        return mode[i] & 07777;
    }

    int uid(int i) {
        return uid[i];
    }

    int gid(int i) {
        return gid[i];
    }

    long mtime(int i) {
        return mtime[i];
    }

    int nanos(int i) {
        return nanos[i];
    }

    long size(int i) {
        return isDevice(i) ? 0 : size[i];
    }

    int major(int i) {
        return isDevice(i) ? (int) (size[i] >>> 32) : 0;
    }

    int minor(int i) {
        return isDevice(i) ? (int) size[i] : 0;
    }

    byte[] target(int i) {
        return type[i] == FileType.SYMLINK
                ? Arrays.copyOfRange(targets, detail[i], detail[i] + length[i])
                : Inode.NO_TARGET;
    }

    int targetLength(int i) {
        return type[i] == FileType.SYMLINK ? length[i] : 0;
    }

    List<Xattr> xattrs(int i) {
        return sets.get(xattrSet[i]);
    }

    int xattrSet(int i) {
        return xattrSet[i];
    }

    int xattrSets() {
        return sets.size();
    }

    int layer(int i) {
        return layer[i];
    }

    int extents(int i) {
        return type[i] == FileType.REGULAR ? length[i] : 0;
    }

    long extent(int i, int number, int column) {
        return extents[3 * (detail[i] + number) + column];
    }

    /** Bytes of memory that it holds, near enough to account for. */
    long bytes() {
        return (long) COLUMNS_BYTES * type.length + 8L * extents.length + targets.length + setsBytes;
    }

    /** Bytes of a copy with exactly so much in it, which shares the xattrs. */
    static long bytes(int count, int extents, int targetBytes) {
        return (long) COLUMNS_BYTES * count + 24L * extents + targetBytes;
    }

    private boolean isDevice(int i) {
        return type[i] == FileType.CHARACTER || type[i] == FileType.BLOCK;
    }

    private int setNumber(List<Xattr> xattrs) {
        if (xattrs.isEmpty()) {
            return 0;
        }
        Integer known = setNumbers.get(xattrs);
        if (known != null) {
            return known;
        }
        int number = sets.size();
        sets.add(xattrs);
        setNumbers.put(xattrs, number);
        for (Xattr xattr : xattrs) {
            setsBytes += 64 + xattr.name().length + xattr.value().length;
        }
        return number;
    }

    private static int compare(List<Xattr> a, List<Xattr> b) {
        int order = Integer.compare(a.size(), b.size());
        for (int i = 0; order == 0 && i < a.size(); i++) {
            order = a.get(i).compareTo(b.get(i));
        }
        return order;
    }

    private int addExtents(long[] triples) {
        if (triples.length > extents.length - extentsUsed) {
            extents = Arrays.copyOf(extents, Growth.capacity(extentsUsed, triples.length));
        }
        System.arraycopy(triples, 0, extents, extentsUsed, triples.length);
        int first = extentsUsed / 3;
        extentsUsed += triples.length;
        return first;
    }

    private int addTarget(byte[] target) {
        if (target.length > targets.length - targetsUsed) {
            targets = Arrays.copyOf(targets, Growth.capacity(targetsUsed, target.length));
        }
        System.arraycopy(target, 0, targets, targetsUsed, target.length);
        int first = targetsUsed;
        targetsUsed += target.length;
        return first;
    }

    private int room() {
        if (count == type.length) {
            int capacity = Growth.capacity(count, 1);
            type = Arrays.copyOf(type, capacity);
            mode = Arrays.copyOf(mode, capacity);
            uid = Arrays.copyOf(uid, capacity);
            gid = Arrays.copyOf(gid, capacity);
            mtime = Arrays.copyOf(mtime, capacity);
            nanos = Arrays.copyOf(nanos, capacity);
            size = Arrays.copyOf(size, capacity);
            xattrSet = Arrays.copyOf(xattrSet, capacity);
            layer = Arrays.copyOf(layer, capacity);
            detail = Arrays.copyOf(detail, capacity);
            length = Arrays.copyOf(length, capacity);
        }
        return count++;
    }
}
