package io.varve.erofs;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.layerfs.FileType;
import io.varve.layerfs.Inode;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.layerfs.Xattr;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kernel mounts the indexes and shows what their trees say; every tree is read back from its index too. */
class ErofsIT {
    @TempDir
    Path directory;

    @BeforeAll
    static void kernelMountsErofs() throws Exception {
        Kernel.assumeErofs();
    }

    @Test
    void showsEveryTypeWithItsAttributes() throws Exception {
        Stack stack = Stack.withLayers(directory, 2);
        stack.root(Inode.directory(01777, 1, 2, 3, 4, List.of(Xattr.of("user.root", stack.bytes(3)))));
        int etc = stack.directory(Tree.ROOT, "etc");
        stack.file(etc, "base", 0, stack.bytes(1000));
        stack.file(etc, "top", 1, stack.bytes(5000));
        stack.file(etc, "one block", 1, stack.bytes(512));
        stack.sparse(etc, "empty", 1, 0, new long[0]);
        stack.put(etc, "link", Stack.symlink("../etc/base"));
        stack.put(Tree.ROOT, "null", Stack.device(FileType.CHARACTER, 1, 3));
        stack.put(Tree.ROOT, "zero:zero", Stack.device(FileType.CHARACTER, 0, 0));
        stack.put(Tree.ROOT, "largest", Stack.device(FileType.BLOCK, 4095, 1048575));
        stack.put(Tree.ROOT, "fifo", Stack.device(FileType.FIFO, 0, 0));
        stack.directory(Tree.ROOT, "nothing in it");
        stack.put(
                Tree.ROOT,
                "odd",
                new Inode(
                        FileType.REGULAR,
                        07777,
                        -2,
                        -2,
                        -1,
                        999_999_999,
                        0,
                        0,
                        0,
                        new byte[0],
                        List.of(),
                        new long[0]));
        stack.put(
                Tree.ROOT,
                "before history",
                Inode.directory(02755, Integer.MAX_VALUE, Integer.MIN_VALUE, -60_000_000_000L, 1, List.of()));
        stack.put(Tree.ROOT, "far", Inode.directory(0, 0, 0, 200_000_000_000L, 0, List.of()));
        shows(stack);
    }

    @Test
    void showsHardlinksOfEveryTypeAndCountsThem() throws Exception {
        Stack stack = Stack.withLayers(directory, 1);
        int a = stack.directory(Tree.ROOT, "a");
        int b = stack.directory(a, "b");
        int file = stack.file(b, "file", 0, stack.bytes(700));
        stack.link(a, "again", file);
        stack.link(Tree.ROOT, "zz", file);
        int symlink = stack.put(Tree.ROOT, "symlink", Stack.symlink("nowhere"));
        stack.link(b, "symlink", symlink);
        int fifo = stack.put(a, "fifo", Stack.device(FileType.FIFO, 0, 0));
        stack.link(b, "fifo", fifo);
        shows(stack);
    }

    @Test
    void showsNamesOfAnyBytesAndEveryLength() throws Exception {
        Stack stack = Stack.withLayers(directory, 1);
        Inode empty = Stack.regular(0644, 0, new long[0]);
        int bytes = stack.directory(Tree.ROOT, "bytes");
        for (int i = 1; i < 256; i++) {
            if (i != '/' && i != '.') {
                stack.put(bytes, new byte[] {(byte) i}, empty, 0);
            }
            if (i != '/') {
                stack.put(bytes, new byte[] {'.', (byte) i, 'x'}, empty, 0);
            }
        }
        stack.put(bytes, "...", empty);
        stack.put(bytes, "..-", empty);
        stack.put(bytes, ".-", empty);
        int lengths = stack.directory(Tree.ROOT, "lengths");
        for (int length = 1; length <= 255; length++) {
            stack.put(lengths, "n".repeat(length), empty);
        }
        int longest = stack.directory(Tree.ROOT, "longest");
        for (int i = 0; i < 40; i++) {
            stack.put(longest, "l".repeat(253) + (char) ('0' + i % 10) + (char) ('a' + i / 10), empty);
        }
        shows(stack);
    }

    @Test
    void showsDirectoriesOfEverySizeAroundABlock() throws Exception {
        Stack stack = Stack.withLayers(directory, 1);
        Inode empty = Stack.regular(0644, 0, new long[0]);
        for (int entries = 0; entries < 90; entries++) {
            Xattr[] xattrs =
                    entries % 3 == 0 ? new Xattr[] {Xattr.of("user.x", stack.bytes(entries * 9))} : new Xattr[0];
            int at = stack.directory(Tree.ROOT, "with " + entries, xattrs);
            for (int i = 0; i < entries; i++) {
                stack.put(at, "e" + "x".repeat(i % 7) + i, empty);
            }
        }
        shows(stack);
    }

    @Test
    void showsTwentyThousandNamesInOneDirectory() throws Exception {
        Stack stack = Stack.withLayers(directory, 1);
        int many = stack.directory(Tree.ROOT, "many");
        byte[] data = stack.bytes(100);
        long at = stack.data(0, data);
        stack.end(0);
        for (int i = 0; i < 20_000; i++) {
            stack.sparse(many, "entry-" + i * 7919 % 20_000, 0, 100, new long[] {0, 100, at});
        }
        shows(stack);
    }

    @Test
    void showsSymlinksOfEveryLengthWithAndWithoutXattrs() throws Exception {
        Stack stack = Stack.withLayers(directory, 1);
        for (int length = 1; length <= 4095; length++) {
            int near = (length + 64) % 512;
            if (length <= 1100 || near < 40 || near > 472) {
                stack.put(Tree.ROOT, "plain" + length, Stack.symlink(stack.bytes(length)));
                Xattr xattr = Xattr.of("trusted.x", stack.bytes(length % 97));
                stack.put(Tree.ROOT, "xattr" + length, Stack.symlink(stack.bytes(length), xattr));
            }
        }
        shows(stack);
    }

    @Test
    void showsFilesBehindXattrsOfEverySize() throws Exception {
        Stack stack = Stack.withLayers(directory, 1);
        for (int length = 0; length < 600; length++) {
            Xattr xattr = Xattr.of("user.x", stack.bytes(length));
            stack.file(Tree.ROOT, "f" + length, 0, stack.bytes(40), xattr);
            long at = stack.data(0, stack.bytes(1024));
            stack.sparse(Tree.ROOT, "s" + length, 0, 4096, new long[] {0, 512, at, 2048, 512, at + 512}, xattr);
        }
        stack.end(0);
        shows(stack);
    }

    @Test
    void showsXattrsOfEveryNamespace() throws Exception {
        Stack stack = Stack.withLayers(directory, 1);
        byte[] acl = {
            2, 0, 0, 0, 1, 0, 7, 0, -1, -1, -1, -1, 2, 0, 4, 0, 5, 0, 0, 0, 4, 0, 5, 0, -1, -1, -1, -1, 16, 0, 5, 0, -1,
            -1, -1, -1, 32, 0, 5, 0, -1, -1, -1, -1
        };
        byte[] capability = {1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        stack.directory(
                Tree.ROOT,
                "all",
                Xattr.of("com.apple.quarantine", stack.bytes(8)),
                Xattr.of("security.capability", capability),
                Xattr.of("security.selinux", stack.bytes(30)),
                Xattr.of("system.posix_acl_access", acl),
                Xattr.of("system.posix_acl_default", acl),
                Xattr.of("trusted.overlay.opaque", new byte[] {'y'}),
                Xattr.of("user.empty", new byte[0]),
                Xattr.of("user." + "n".repeat(250), stack.bytes(5)));
        stack.directory(Tree.ROOT, "none that can be expressed", Xattr.of("com.apple.quarantine", stack.bytes(8)));
        shows(stack);
    }

    @Test
    void showsLargeXattrsThatCrossBlocks() throws Exception {
        Stack stack = Stack.withLayers(directory, 1);
        for (int length : new int[] {400, 500, 512, 4000, 4096, 5000, 65_535}) {
            Xattr[] xattrs = {
                Xattr.of("user.a" + "n".repeat(length % 200), stack.bytes(length)),
                Xattr.of("user.b", stack.bytes(3)),
                Xattr.of("user.c", stack.bytes(length))
            };
            stack.directory(Tree.ROOT, "d" + length, xattrs);
            stack.file(Tree.ROOT, "f" + length, 0, stack.bytes(length), xattrs);
            stack.put(
                    Tree.ROOT,
                    "s" + length,
                    Stack.symlink(stack.bytes(20), Xattr.of("trusted.x", stack.bytes(length))));
        }
        stack.end(0);
        shows(stack);
    }

    @Test
    void showsSparseFilesOfEveryShape() throws Exception {
        Stack stack = Stack.withLayers(directory, 1);
        Random random = new Random(7);
        for (int file = 0; file < 300; file++) {
            int unit = new int[] {1, 8, 512, 4096}[file % 4];
            long at = stack.data(0, stack.bytes(40_000));
            long position = 0;
            long[] extents = new long[3 * (1 + random.nextInt(6))];
            long used = 0;
            for (int i = 0; i < extents.length; i += 3) {
                long length = (long) unit * random.nextInt(6000 / unit + 1);
                position += (long) unit * random.nextInt(20_000 / unit);
                extents[i] = position;
                extents[i + 1] = length;
                extents[i + 2] = at + used;
                used += length;
                position += length;
            }
            stack.sparse(Tree.ROOT, "sparse" + file, 0, position + random.nextInt(3) * 777L, extents);
        }
        stack.end(0);
        shows(stack);
    }

    @Test
    void showsHugeHolesFromASmallIndex() throws Exception {
        Stack stack = Stack.withLayers(directory, 1);
        long at = stack.data(0, stack.bytes(4096));
        long tebi = 1L << 40;
        stack.sparse(Tree.ROOT, "hole", 0, 8 * tebi, new long[0]);
        stack.sparse(Tree.ROOT, "crooked", 0, tebi, new long[] {(tebi >> 1) + 100, 1000, at + 3});
        stack.sparse(Tree.ROOT, "straight", 0, 8 * tebi, new long[] {0, 512, at, 8 * tebi - 512, 512, at + 512});
        stack.sparse(Tree.ROOT, "largest", 0, Long.MAX_VALUE, new long[0]);
        stack.end(0);
        Path index = shows(stack);
        assertThat(Files.size(index)).isLessThan(100 << 20);
    }

    @Test
    void showsAFileOfFiveGibibytes() throws Exception {
        Stack stack = Stack.withLayers(directory, 1);
        long at = stack.data(0, stack.bytes(4096));
        long size = (5L << 30) + 12_345;
        long last = at + size - 5000;
        stack.size(0, last);
        stack.append(0, stack.bytes(5000));
        stack.end(0);
        stack.sparse(Tree.ROOT, "five", 0, size, new long[] {0, size, at});
        Path index = shows(stack);
        assertThat(Files.size(index)).isLessThan(8192);
    }

    @Test
    void copiesWhatReachesIntoATarsPartialBlock() throws Exception {
        Stack stack = Stack.withLayers(directory, 5);
        stack.file(Tree.ROOT, "short", 0, stack.bytes(100));
        stack.file(Tree.ROOT, "whole blocks and a bit", 1, stack.bytes(100_001));
        stack.file(Tree.ROOT, "one byte missing", 2, stack.bytes(511));
        stack.file(Tree.ROOT, "nothing missing", 3, stack.bytes(512));
        stack.append(4, stack.bytes(77));
        stack.sparse(Tree.ROOT, "tar of less than a block", 4, 70, new long[] {0, 70, 5});
        shows(stack);
    }

    @Test
    void showsATarOfNoBytes() throws Exception {
        Stack stack = Stack.withLayers(directory, 3);
        stack.file(Tree.ROOT, "file", 1, stack.bytes(512));
        shows(stack);
    }

    @Test
    void showsAStackOfNoLayers() throws Exception {
        shows(new Stack(directory));
    }

    @Test
    void showsSixHundredLayers() throws Exception {
        Stack stack = Stack.withLayers(directory, 600);
        for (int i = 0; i < 600; i++) {
            stack.file(Tree.ROOT, "from layer " + i, i, stack.bytes(1 + 13 * i));
        }
        shows(stack);
    }

    @Test
    void showsAMillionNames() throws Exception {
        Stack stack = Stack.withLayers(directory, 1);
        long at = stack.data(0, stack.bytes(512));
        for (int d = 0; d < 1000; d++) {
            int in = stack.directory(Tree.ROOT, "directory" + d);
            for (int f = 0; f < 999; f++) {
                stack.sparse(in, "file" + f, 0, 512, new long[] {0, 512, at});
            }
        }
        Tree tree = stack.tree();
        Path index = Stack.write(directory, tree, stack.layers());
        same(Kernel.names(directory, index, stack.layers()), Listing.names(tree));
    }

    @Test
    void refusesToMountWithAWrongChecksum() throws Exception {
        Stack stack = Stack.withLayers(directory, 1);
        List<Layer> layers = stack.layers();
        Path index = Stack.write(directory, stack.tree(), layers);
        byte[] bytes = Files.readAllBytes(index);
        bytes[Format.SUPER_OFFSET + 64]++;
        Files.write(index, bytes);
        assertThat(Kernel.show(directory, index, layers))
                .first()
                .asString()
                .startsWith("refused")
                .contains("Bad message");
    }

    /** Writes, mounts and compares; then reads the index, and looks everything up in it, and compares again. */
    private Path shows(Stack stack) throws Exception {
        Tree tree = stack.tree();
        List<Layer> layers = stack.layers();
        Path index = Stack.write(directory, tree, layers);
        List<String> wanted = new ArrayList<>(Listing.of(tree, layers));
        same(Kernel.show(directory, index, layers), wanted);
        same(Listing.of(Stack.read(index, layers), layers), wanted);
        same(Looked.up(index, layers), Looked.up(tree, layers));
        try (FileChannel out =
                FileChannel.open(directory.resolve("again"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            ErofsWriter.write(Stack.read(index, layers), layers, Stack.CHAIN, out, Stack.LIMITS);
        }
        byte[] again = Files.readAllBytes(directory.resolve("again"));
        byte[] once = Files.readAllBytes(index);
        if (once[Format.XATTRS_OFFSET] == Format.XATTRS_SOME) {
            // The tree that was read had lost them, and so has nothing to leave out.
            assertThat(again[Format.XATTRS_OFFSET]).isEqualTo(Format.XATTRS_ALL);
            again[Format.XATTRS_OFFSET] = Format.XATTRS_SOME;
        }
        assertThat(Arrays.mismatch(once, again)).isEqualTo(-1);
        return index;
    }

    /** Compares line by line, since a list of 60,000 lines says nothing to anybody. */
    private static void same(List<String> shown, List<String> wanted) {
        for (int i = 0; i < Math.min(shown.size(), wanted.size()); i++) {
            assertThat(shown.get(i)).isEqualTo(wanted.get(i));
        }
        assertThat(shown).hasSameSizeAs(wanted);
    }
}
