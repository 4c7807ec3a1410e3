package io.varve.layerfs;

import java.util.Arrays;

/**
 * Makes a {@link Tree} of what can be reached from the root of a namespace: numbers it directory by directory, each one's
 * names sorted, and copies it into exactly fitting arrays. What nothing leads to any more stays behind. Reads the tables
 * and changes neither; what comes out depends on nothing but what they show.
 */
final class Freeze {
    private static final int NONE = Tree.NONE;
    // By inode six columns and two for what is pending, by row one and one for sorting.
    private static final long INODE_BYTES = 8 * Integer.BYTES;
    private static final long ROW_BYTES = 2 * Integer.BYTES;

    private final Inodes inodes;
    private final NameTable names;

    // By inode of the namespace: its number in the tree, or NONE.
    private final int[] number;
    // By number: the inode of the namespace, and the columns of the tree.
    private final int[] old;
    private final int[] parent;
    private final int[] firstEntry;
    private final int[] endEntry;
    private final int[] links;
    // By entry.
    private final int[] entryRow;

    private int numbered;
    private int entries;
    private int nameBytes;
    private int extents;
    private int targetBytes;

    private Freeze(Inodes inodes, NameTable names) {
        this.inodes = inodes;
        this.names = names;
        number = new int[inodes.count()];
        old = new int[inodes.count()];
        parent = new int[inodes.count()];
        firstEntry = new int[inodes.count()];
        endEntry = new int[inodes.count()];
        links = new int[inodes.count()];
        entryRow = new int[names.rows()];
    }

    /**
     * @param limitBytes how much memory the namespace, this and the tree may take together
     * @throws io.varve.failure.Failure Exceeded when they would take more, before they do
     */
    static Tree of(Inodes inodes, NameTable names, long limitBytes) {
        long held = inodes.bytes() + names.bytes() + INODE_BYTES * inodes.count() + ROW_BYTES * names.rows();
        TreeBuilder.checkMemory(held, limitBytes);
        Freeze freeze = new Freeze(inodes, names);
        freeze.assignAll();
        TreeBuilder.checkMemory(held + freeze.treeBytes(), limitBytes);
        return freeze.copy();
    }

    private void assignAll() {
        Arrays.fill(number, NONE);
        assign(Tree.ROOT, Tree.ROOT);
        int[] pending = new int[64];
        int depth = 1;
        while (depth > 0) {
            int dir = pending[--depth];
            int first = entries;
            list(dir);
            // Pushed backwards, so that directories are visited in the order of their names.
            for (int e = entries - 1; e >= first; e--) {
                int child = names.inode(entryRow[e]);
                if (inodes.type(child) == FileType.DIRECTORY) {
                    if (depth == pending.length) {
                        pending = Arrays.copyOf(pending, 2 * depth);
                    }
                    pending[depth++] = child;
                }
            }
        }
    }

    private void assign(int i, int in) {
        number[i] = numbered;
        old[numbered] = i;
        parent[numbered] = in;
        links[numbered] = inodes.type(i) == FileType.DIRECTORY ? 2 : 0;
        extents += inodes.extents(i);
        targetBytes += inodes.targetLength(i);
        numbered++;
    }

    private void list(int dir) {
        int from = entries;
        for (int row = names.firstRow(dir); row != NONE; row = names.nextRow(row)) {
            if (names.inode(row) != NONE) {
                entryRow[entries++] = row;
                nameBytes += names.nameLength(row);
            }
        }
        // They come latest first, and most tars have them sorted.
        reverse(from, entries);
        sort(from, entries);
        int n = number[dir];
        firstEntry[n] = from;
        endEntry[n] = entries;
        for (int e = from; e < entries; e++) {
            int child = names.inode(entryRow[e]);
            if (number[child] == NONE) {
                assign(child, n);
            }
            if (inodes.type(child) == FileType.DIRECTORY) {
                links[n]++;
            } else {
                links[number[child]]++;
            }
        }
    }

    private void reverse(int from, int to) {
        for (int a = from, b = to - 1; a < b; a++, b--) {
            int row = entryRow[a];
            entryRow[a] = entryRow[b];
            entryRow[b] = row;
        }
    }

    private void sort(int from, int to) {
        if (to - from > 1) {
            int[] spare = Arrays.copyOfRange(entryRow, from, to);
            mergeSort(spare, 0, entryRow, from, to - from);
        }
    }

    /** Sorts {@code n} rows into {@code to}; both arrays hold the same rows at their offsets. */
    private void mergeSort(int[] from, int fromAt, int[] to, int toAt, int n) {
        if (n < 2) {
            return;
        }
        int half = n >>> 1;
        mergeSort(to, toAt, from, fromAt, half);
        mergeSort(to, toAt + half, from, fromAt + half, n - half);
        if (names.compareNames(from[fromAt + half - 1], from[fromAt + half]) <= 0) {
            System.arraycopy(from, fromAt, to, toAt, n);
            return;
        }
        int left = fromAt;
        int right = fromAt + half;
        for (int i = 0; i < n; i++) {
            boolean takeLeft =
                    right == fromAt + n || (left < fromAt + half && names.compareNames(from[left], from[right]) <= 0);
            to[toAt + i] = takeLeft ? from[left++] : from[right++];
        }
    }

    private long treeBytes() {
        return Inodes.bytes(numbered, extents, targetBytes) + Tree.bytes(numbered, entries, nameBytes);
    }

    private Tree copy() {
        return new Tree(
                copyInodes(),
                Arrays.copyOf(parent, numbered),
                Arrays.copyOf(firstEntry, numbered),
                Arrays.copyOf(endEntry, numbered),
                Arrays.copyOf(links, numbered),
                entryInodes(),
                nameStarts(),
                copyNames());
    }

    private Inodes copyInodes() {
        Inodes copy = new Inodes(numbered, extents, targetBytes);
        for (int i = 0; i < numbered; i++) {
            copy.addFrom(inodes, old[i]);
        }
        return copy;
    }

    private int[] entryInodes() {
        int[] numbers = new int[entries];
        for (int e = 0; e < entries; e++) {
            numbers[e] = number[names.inode(entryRow[e])];
        }
        return numbers;
    }

    private int[] nameStarts() {
        int[] starts = new int[entries + 1];
        for (int e = 0; e < entries; e++) {
            starts[e + 1] = starts[e] + names.nameLength(entryRow[e]);
        }
        return starts;
    }

    private byte[] copyNames() {
        byte[] copy = new byte[nameBytes];
        int at = 0;
        for (int e = 0; e < entries; e++) {
            names.copyName(entryRow[e], copy, at);
            at += names.nameLength(entryRow[e]);
        }
        return copy;
    }
}
