package io.varve.layerfs;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.List;

/** A tree of which the paths together are far more bytes than the tree: many entries below a long way down. */
public final class LongPaths {
    /** Directories above the entries, each with a name as long as names are. */
    public static final int DEPTH = 500;
    /** Directories at the end of the way, each with a file of two names. */
    public static final int ENTRIES = 2_000;
    /** Of the paths of all entries, at least. */
    public static final long PATH_BYTES = 255L * DEPTH * ENTRIES;

    private static final byte[] NOTHING = {};

    private LongPaths() {}

    public static Tree tree() {
        TreeBuilder builder = new TreeBuilder(3 * ENTRIES, 1L << 30);
        byte[] name = new byte[255];
        Arrays.fill(name, (byte) 'd');
        int directory = Tree.ROOT;
        for (int i = 0; i < DEPTH; i++) {
            directory = directory(builder, directory, name);
        }
        for (int i = 0; i < ENTRIES; i++) {
            int below = directory(builder, directory, Integer.toString(i).getBytes(US_ASCII));
            int file = builder.add(
                    new Inode(FileType.REGULAR, 0644, 0, 0, 0, 0, 0, 0, 0, NOTHING, List.of(), new long[0]), 0);
            builder.put(below, new byte[] {'1'}, 0, 1, file);
            builder.put(below, new byte[] {'2'}, 0, 1, file);
        }
        return builder.build();
    }

    private static int directory(TreeBuilder builder, int in, byte[] name) {
        int added = builder.add(Inode.directory(0755, 0, 0, 0, 0, List.of()), 0);
        builder.put(in, name, 0, name.length, added);
        return added;
    }

    /** Bytes of the heap that are reachable. */
    public static long heldBytes() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
