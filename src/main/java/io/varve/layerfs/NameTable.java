package io.varve.layerfs;

import java.util.Arrays;

/**
 * The names of a namespace under construction, in a hash table whose columns are arrays. A row is never taken out: a name
 * that was removed leads to {@link Tree#NONE}. Owned by one thread.
 *
 * <pre>
 *   one row for each (directory, name) that ever was
 *     inode       the inode it names now, or NONE
 *     before      the inode it named when generation `stamp` began; for any other generation that is `inode`
 *     bucket      next row in the same bucket of the hash table
 *     sibling     next row in the same directory
 * </pre>
 */
final class NameTable {
    private static final int NONE = Tree.NONE;
    private static final int COLUMNS = 8;

    private final NameHash hash = NameHash.random();

    private int generation;
    private int rows;
    private int[] directory;
    private int[] nameStart;
    private int[] nameLength;
    private int[] inode;
    private int[] before;
    private int[] stamp;
    private int[] bucket;
    private int[] sibling;
    private byte[] names;
    private int namesUsed;
    private int[] table;
    // By inode: the row of the first name in it, for directories.
    private int[] firstRow;

    NameTable(int capacity) {
        directory = new int[capacity];
        nameStart = new int[capacity];
        nameLength = new int[capacity];
        inode = new int[capacity];
        before = new int[capacity];
        stamp = new int[capacity];
        bucket = new int[capacity];
        sibling = new int[capacity];
        names = new byte[16 * capacity];
        table = emptyTable(capacity);
        firstRow = new int[capacity];
    }

    /** Makes room for names in the inode with this number, the next after those before. */
    void addInode(int i) {
        if (i == firstRow.length) {
            firstRow = Arrays.copyOf(firstRow, Growth.capacity(i, 1));
        }
        firstRow[i] = NONE;
    }

    void nextGeneration() {
        generation++;
    }

    void put(int dir, byte[] path, int from, int to, int i) {
        int hashed = hash.of(dir, path, from, to);
        int row = row(hashed, dir, path, from, to);
        if (row == NONE) {
            row = addRow(hashed, dir, path, from, to);
        }
        change(row, i);
    }

    void remove(int dir, byte[] path, int from, int to) {
        int row = row(dir, path, from, to);
        if (row != NONE) {
            change(row, NONE);
        }
    }

    void clear(int dir) {
        for (int row = firstRow[dir]; row != NONE; row = sibling[row]) {
            change(row, NONE);
        }
    }

    int find(int dir, byte[] path, int from, int to) {
        int row = row(dir, path, from, to);
        return row == NONE ? NONE : inode[row];
    }

    /** What the name led to when this generation began. */
    int findBefore(int dir, byte[] path, int from, int to) {
        int row = row(dir, path, from, to);
        return row == NONE ? NONE : stamp[row] == generation ? before[row] : inode[row];
    }

    int rows() {
        return rows;
    }

    /** The row that a directory got last, for a name that may be gone since; NONE if it never had any. */
    int firstRow(int dir) {
        return firstRow[dir];
    }

    /** The row that the same directory got before this one, or NONE. */
    int nextRow(int row) {
        return sibling[row];
    }

    /** What the row's name leads to, or NONE. */
    int inode(int row) {
        return inode[row];
    }

    int nameLength(int row) {
        return nameLength[row];
    }

    void copyName(int row, byte[] into, int at) {
        System.arraycopy(names, nameStart[row], into, at, nameLength[row]);
    }

    /** Compares two rows' names bytewise. */
    int compareNames(int a, int b) {
        return Arrays.compareUnsigned(
                names, nameStart[a], nameStart[a] + nameLength[a], names, nameStart[b], nameStart[b] + nameLength[b]);
    }

    /** Bytes of memory that it holds. */
    long bytes() {
        return 4L * (COLUMNS * (long) directory.length + table.length + firstRow.length) + names.length;
    }

    private void change(int row, int to) {
        if (inode[row] == to) {
            return;
        }
        if (stamp[row] != generation) {
            stamp[row] = generation;
            before[row] = inode[row];
        }
        inode[row] = to;
    }

    private int row(int dir, byte[] path, int from, int to) {
        return row(hash.of(dir, path, from, to), dir, path, from, to);
    }

    private int row(int hashed, int dir, byte[] path, int from, int to) {
        int row = table[hashed & (table.length - 1)];
        while (row != NONE
                && !(directory[row] == dir
                        && nameLength[row] == to - from
                        && Arrays.equals(names, nameStart[row], nameStart[row] + nameLength[row], path, from, to))) {
            row = bucket[row];
        }
        return row;
    }

    private int addRow(int hashed, int dir, byte[] path, int from, int to) {
        if (rows == directory.length) {
            growRows();
        }
        int length = to - from;
        if (length > names.length - namesUsed) {
            names = Arrays.copyOf(names, Growth.capacity(namesUsed, length));
        }
        int row = rows++;
        System.arraycopy(path, from, names, namesUsed, length);
        directory[row] = dir;
        nameStart[row] = namesUsed;
        nameLength[row] = length;
        inode[row] = NONE;
        before[row] = NONE;
        stamp[row] = generation;
        sibling[row] = firstRow[dir];
        firstRow[dir] = row;
        namesUsed += length;
        int slot = hashed & (table.length - 1);
        bucket[row] = table[slot];
        table[slot] = row;
        return row;
    }

    private void growRows() {
        int capacity = Growth.capacity(rows, 1);
        directory = Arrays.copyOf(directory, capacity);
        nameStart = Arrays.copyOf(nameStart, capacity);
        nameLength = Arrays.copyOf(nameLength, capacity);
        inode = Arrays.copyOf(inode, capacity);
        before = Arrays.copyOf(before, capacity);
        stamp = Arrays.copyOf(stamp, capacity);
        bucket = Arrays.copyOf(bucket, capacity);
        sibling = Arrays.copyOf(sibling, capacity);
        if (capacity > table.length) {
            table = emptyTable(capacity);
            for (int row = 0; row < rows; row++) {
                int slot = hash.of(directory[row], names, nameStart[row], nameStart[row] + nameLength[row])
                        & (table.length - 1);
                bucket[row] = table[slot];
                table[slot] = row;
            }
        }
    }

    private static int[] emptyTable(int capacity) {
        int[] table = new int[Integer.highestOneBit(Math.max(64, capacity) - 1) << 1];
        Arrays.fill(table, NONE);
        return table;
    }
}
