package io.varve.layerfs;

import io.varve.failure.Failure;
import java.util.Arrays;

/**
 * A namespace under construction: inodes, and names for them in directories. Becomes a {@link Tree} once.
 *
 * <p>Names are grouped in <i>generations</i>, one for each layer of a stack: {@link #find} sees the namespace as it is,
 * {@link #before} as it was when the generation began. Nothing is ever thrown away before {@link #build}: a removed
 * directory keeps what was in it, so that a hardlink can still find what its layer has just hidden.
 *
 * <p>The root exists from the start, as an implied directory. Owned by one thread.
 *
 * <pre>
 *   names     one row for each (directory, name) that ever was
 *     inode       the inode it names now, or NONE
 *     before      the inode it named when generation `stamp` began; for any other generation that is `inode`
 *     bucket      next row in the same bucket of the hash table
 *     sibling     next row in the same directory
 * </pre>
 */
public final class TreeBuilder implements Namespace {
    private static final int NONE = Tree.NONE;
    private static final int ROW_BYTES = 9 * Integer.BYTES;

    private final Inodes inodes;
    private final long limitBytes;

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
    // By inode: the row of the first name in it, for directories; grows with the inodes.
    private int[] firstRow;

    /**
     * @param expected how many entries there will be, near enough
     * @param limitBytes how much memory the namespace may take
     */
    public TreeBuilder(int expected, long limitBytes) {
        int capacity = Math.max(64, expected);
        this.limitBytes = limitBytes;
        inodes = new Inodes(capacity);
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
        firstRow[inodes.add(Inode.IMPLIED_DIRECTORY, 0)] = NONE;
    }

    /**
     * Adds an inode that has no name yet; without one it will not be in the tree.
     *
     * @throws Failure Exceeded when the tree has grown too large
     */
    public int add(Inode attributes, int layer) {
        int i = inodes.add(attributes, layer);
        // Every time: a few inodes with long lists of extents or attributes outweigh a thousand names, and the same
        // name
        // can be given to one inode after another.
        checkMemory();
        if (i == firstRow.length) {
            firstRow = Arrays.copyOf(firstRow, i + (i >> 1) + 16);
        }
        firstRow[i] = NONE;
        return i;
    }

    /** Gives an inode other attributes: it keeps its names and, being a directory before and after, its entries. */
    public void describe(int i, Inode attributes, int layer) {
        inodes.set(i, attributes, layer);
        checkMemory();
    }

    @Override
    public FileType type(int i) {
        return inodes.type(i);
    }

    @Override
    public byte[] target(int i) {
        return inodes.target(i);
    }

    /** Everything named from here on is of the next generation. */
    public void nextGeneration() {
        generation++;
    }

    /** Lets a name in a directory lead to an inode, whatever it led to before. */
    public void put(int dir, byte[] path, int from, int to, int i) {
        int row = row(dir, path, from, to);
        if (row == NONE) {
            row = addRow(dir, path, from, to);
        }
        change(row, i);
    }

    /** Takes a name out of a directory; does nothing if it is not there. */
    public void remove(int dir, byte[] path, int from, int to) {
        int row = row(dir, path, from, to);
        if (row != NONE) {
            change(row, NONE);
        }
    }

    /** Takes all names out of a directory. */
    public void clear(int dir) {
        for (int row = firstRow[dir]; row != NONE; row = sibling[row]) {
            change(row, NONE);
        }
    }

    @Override
    public int find(int dir, byte[] path, int from, int to) {
        int row = row(dir, path, from, to);
        return row == NONE ? NONE : inode[row];
    }

    /** The namespace as it was when this generation began. */
    Namespace before() {
        return new Namespace() {
            @Override
            public int find(int dir, byte[] path, int from, int to) {
                int row = row(dir, path, from, to);
                return row == NONE ? NONE : stamp[row] == generation ? before[row] : inode[row];
            }

            @Override
            public FileType type(int i) {
                return TreeBuilder.this.type(i);
            }

            @Override
            public byte[] target(int i) {
                return TreeBuilder.this.target(i);
            }
        };
    }

    /**
     * The tree of everything that a name leads to. The builder is not to be used afterwards.
     *
     * @throws Failure Exceeded when the tree would take more memory than allowed
     */
    public Tree build() {
        return new Freeze().tree();
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
        int row = table[hash(dir, path, from, to) & (table.length - 1)];
        while (row != NONE
                && !(directory[row] == dir
                        && nameLength[row] == to - from
                        && Arrays.equals(names, nameStart[row], nameStart[row] + nameLength[row], path, from, to))) {
            row = bucket[row];
        }
        return row;
    }

    private int addRow(int dir, byte[] path, int from, int to) {
        if (rows == directory.length) {
            growRows();
        }
        int length = to - from;
        if (namesUsed + length > names.length) {
            names = Arrays.copyOf(names, Math.addExact(names.length, (names.length >> 1) + length));
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
        int slot = hash(dir, path, from, to) & (table.length - 1);
        bucket[row] = table[slot];
        table[slot] = row;
        // Columns grow by half, so looking at the account once in a while is enough to stay near the limit.
        if ((row & 1023) == 0) {
            checkMemory();
        }
        return row;
    }

    private void growRows() {
        int capacity = Math.addExact(rows, (rows >> 1) + 16);
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
                int slot = hash(directory[row], names, nameStart[row], nameStart[row] + nameLength[row])
                        & (table.length - 1);
                bucket[row] = table[slot];
                table[slot] = row;
            }
        }
    }

    private void checkMemory() {
        long bytes = inodes.bytes() + (long) ROW_BYTES * directory.length + names.length + 4L * firstRow.length;
        if (bytes > limitBytes) {
            throw Failure.exceeded("memory for a tree", bytes, limitBytes, "limits.treeBytes");
        }
    }

    private static int[] emptyTable(int capacity) {
        int[] table = new int[Integer.highestOneBit(Math.max(64, capacity) - 1) << 1];
        Arrays.fill(table, NONE);
        return table;
    }

    private static int hash(int dir, byte[] bytes, int from, int to) {
        int hash = dir * 0x9E3779B9;
        for (int i = from; i < to; i++) {
            hash = 31 * hash + bytes[i];
        }
        hash ^= hash >>> 16;
        hash *= 0x85EBCA6B;
        return hash ^ hash >>> 13;
    }

    /** Numbers what can be reached from the root, directory by directory, and copies it into exactly fitting arrays. */
    private final class Freeze {
        private final int[] number = new int[inodes.count()];
        private final int[] old = new int[inodes.count()];
        private final int[] parent = new int[inodes.count()];
        private final int[] firstEntry = new int[inodes.count()];
        private final int[] endEntry = new int[inodes.count()];
        private final int[] links = new int[inodes.count()];
        private final int[] entryRow = new int[rows];
        private int numbered;
        private int entries;
        private int nameBytes;

        Tree tree() {
            checkMemory();
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
                    int child = inode[entryRow[e]];
                    if (inodes.type(child) == FileType.DIRECTORY) {
                        if (depth == pending.length) {
                            pending = Arrays.copyOf(pending, 2 * depth);
                        }
                        pending[depth++] = child;
                    }
                }
            }
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

        private void assign(int i, int in) {
            number[i] = numbered;
            old[numbered] = i;
            parent[numbered] = in;
            links[numbered] = inodes.type(i) == FileType.DIRECTORY ? 2 : 0;
            numbered++;
        }

        private void list(int dir) {
            int from = entries;
            for (int row = firstRow[dir]; row != NONE; row = sibling[row]) {
                if (inode[row] != NONE) {
                    entryRow[entries++] = row;
                    nameBytes += nameLength[row];
                }
            }
            sort(from, entries);
            int n = number[dir];
            firstEntry[n] = from;
            endEntry[n] = entries;
            for (int e = from; e < entries; e++) {
                int child = inode[entryRow[e]];
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
            int left = fromAt;
            int right = fromAt + half;
            for (int i = 0; i < n; i++) {
                boolean takeLeft = right == fromAt + n || (left < fromAt + half && !after(from[left], from[right]));
                to[toAt + i] = takeLeft ? from[left++] : from[right++];
            }
        }

        private boolean after(int a, int b) {
            return Arrays.compareUnsigned(
                            names,
                            nameStart[a],
                            nameStart[a] + nameLength[a],
                            names,
                            nameStart[b],
                            nameStart[b] + nameLength[b])
                    > 0;
        }

        private Inodes copyInodes() {
            Inodes copy = new Inodes(numbered);
            for (int i = 0; i < numbered; i++) {
                copy.addFrom(inodes, old[i]);
            }
            return copy;
        }

        private int[] entryInodes() {
            int[] numbers = new int[entries];
            for (int e = 0; e < entries; e++) {
                numbers[e] = number[inode[entryRow[e]]];
            }
            return numbers;
        }

        private int[] nameStarts() {
            int[] starts = new int[entries + 1];
            for (int e = 0; e < entries; e++) {
                starts[e + 1] = starts[e] + nameLength[entryRow[e]];
            }
            return starts;
        }

        private byte[] copyNames() {
            byte[] copy = new byte[nameBytes];
            int at = 0;
            for (int e = 0; e < entries; e++) {
                int row = entryRow[e];
                System.arraycopy(names, nameStart[row], copy, at, nameLength[row]);
                at += nameLength[row];
            }
            return copy;
        }
    }
}
