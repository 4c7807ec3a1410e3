package io.varve.layerfs;

import io.varve.failure.Failure;

/**
 * A namespace under construction: inodes, and names for them in directories. Becomes a {@link Tree} once.
 *
 * <p>Names are grouped in <i>generations</i>, one for each layer of a stack: {@link #find} sees the namespace as it is,
 * {@link #before} as it was when the generation began. Nothing is ever thrown away before {@link #build}: a removed
 * directory keeps what was in it, so that a hardlink can still find what its layer has just hidden.
 *
 * <p>The root exists from the start, as an implied directory. Owned by one thread.
 */
public final class TreeBuilder implements Namespace {
    private static final int FEWEST = 64;
    // What an entry takes, about: more than the limit has room for need not be expected.
    private static final long ENTRY_BYTES = 256;

    private final Inodes inodes;
    private final NameTable names;
    private final long limitBytes;

    /**
     * @param expected how many entries there will be, near enough
     * @param limitBytes how much memory the namespace may take, and the tree with it while that is made
     */
    public TreeBuilder(int expected, long limitBytes) {
        int capacity = (int) Math.max(FEWEST, Math.min(expected, limitBytes / ENTRY_BYTES));
        this.limitBytes = limitBytes;
        inodes = new Inodes(capacity);
        names = new NameTable(capacity);
        add(Inode.IMPLIED_DIRECTORY, 0);
    }

    /**
     * Adds an inode that has no name yet; without one it will not be in the tree.
     *
     * @throws Failure Exceeded when the namespace would take more memory than allowed, as whatever else adds to it
     */
    public int add(Inode attributes, int layer) {
        int i = inodes.add(attributes, layer);
        names.addInode(i);
        checkMemory();
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
        names.nextGeneration();
    }

    /** Lets a name in a directory lead to an inode, whatever it led to before. */
    public void put(int dir, byte[] path, int from, int to, int i) {
        names.put(dir, path, from, to, i);
        checkMemory();
    }

    /** Takes a name out of a directory; does nothing if it is not there. */
    public void remove(int dir, byte[] path, int from, int to) {
        names.remove(dir, path, from, to);
    }

    /** Takes all names out of a directory. */
    public void clear(int dir) {
        names.clear(dir);
    }

    @Override
    public int find(int dir, byte[] path, int from, int to) {
        return names.find(dir, path, from, to);
    }

    /** The namespace as it was when this generation began. */
    Namespace before() {
        return new Namespace() {
            @Override
            public int find(int dir, byte[] path, int from, int to) {
                return names.findBefore(dir, path, from, to);
            }

            @Override
            public FileType type(int i) {
                return inodes.type(i);
            }

            @Override
            public byte[] target(int i) {
                return inodes.target(i);
            }
        };
    }

    /**
     * The tree of everything that a name leads to. The builder is not to be used afterwards.
     *
     * @throws Failure Exceeded when the namespace and the tree would together take more memory than allowed
     */
    public Tree build() {
        return Freeze.of(inodes, names, limitBytes);
    }

    /** After everything that takes memory: one inode may bring megabytes of extents and xattrs, and no name with it. */
    private void checkMemory() {
        checkMemory(inodes.bytes() + names.bytes(), limitBytes);
    }

    static void checkMemory(long bytes, long limitBytes) {
        if (bytes > limitBytes) {
            throw Failure.exceeded("memory for a tree", bytes, limitBytes, "limits.treeBytes");
        }
    }
}
