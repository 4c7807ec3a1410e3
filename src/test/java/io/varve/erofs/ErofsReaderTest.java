package io.varve.erofs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.layerfs.Xattr;
import io.varve.os.Staging;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ErofsReaderTest {
    @TempDir
    Path directory;

    @Test
    void givesBackEveryAttributeOfEveryType() throws Exception {
        Stack stack = Stack.withEverything(directory);
        Tree tree = stack.tree();
        Tree read = Stack.read(Stack.write(directory, tree, stack.layers()), stack.layers());
        assertSame(read, tree);
    }

    @Test
    void givesBackAMillionEntries() throws Exception {
        Stack stack = Stack.withLayers(directory, 1);
        long at = stack.data(0, stack.bytes(512));
        for (int d = 0; d < 1000; d++) {
            int in = stack.directory(Tree.ROOT, "directory" + d);
            for (int f = 0; f < 999; f++) {
                stack.sparse(in, "file" + f, 0, 512, new long[] {0, 512, at});
            }
        }
        Tree tree = stack.tree();
        Tree read = Stack.read(Stack.write(directory, tree, stack.layers()), stack.layers());
        assertThat(tree.entries()).isEqualTo(1_000_000);
        assertSame(read, tree);
    }

    @Test
    void joinsRunsThatAreNeighboursAndForgetsEmptyOnes() throws Exception {
        Stack stack = Stack.withLayers(directory, 1);
        long at = stack.data(0, stack.bytes(4096));
        stack.sparse(Tree.ROOT, "f", 0, 4096, new long[] {0, 512, at, 512, 0, 7, 512, 1024, at + 512, 4096, 0, at});
        List<Layer> layers = stack.layers();
        Tree read = Stack.read(Stack.write(directory, stack.tree(), layers), layers);
        assertThat(read.extents(1)).isEqualTo(1);
        assertThat(read.extentLength(1, 0)).isEqualTo(1536);
        assertThat(read.extentAt(1, 0)).isEqualTo(at);
    }

    /** Else what is made of an image would depend on whether somebody had mounted it. */
    @Test
    void indexSaysWhetherItHasAllXattrsOfTheTree() throws Exception {
        Stack stack = Stack.withLayers(directory, 1);
        stack.directory(Tree.ROOT, "a", Xattr.of("user.x", stack.bytes(3)));
        List<Layer> layers = stack.layers();
        Staging staging = new Staging(directory.resolve("ingest"));
        Indexes indexes = new Indexes(directory, staging, Stack.LIMITS);
        Path whole = indexes.index(Stack.CHAIN, layers, stack::tree);
        assertThat(indexes.tree(Stack.CHAIN, layers)).isPresent();

        try (FileChannel older = FileChannel.open(whole, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            assertThat(ErofsReader.unsaidBytes(older)).isZero();
            older.write(ByteBuffer.wrap(new byte[] {0}), 0);
            assertThat(ErofsReader.unsaidBytes(older)).isEqualTo(1);
        }
        assertThat(indexes.tree(Stack.CHAIN, layers)).isEmpty();

        Files.delete(whole);
        Files.delete(indexes.home(Stack.CHAIN));
        stack.directory(Tree.ROOT, "b", Xattr.of("com.apple.provenance", stack.bytes(3)));
        indexes.index(Stack.CHAIN, layers, stack::tree);
        assertThat(indexes.tree(Stack.CHAIN, layers)).isEmpty();
        try (IndexedFilesystem files = indexes.filesystem(Stack.CHAIN, layers).orElseThrow()) {
            assertThat(files.resolve("b".getBytes(StandardCharsets.UTF_8))).isNotEqualTo(Tree.NONE);
        }
    }

    @Test
    void refusesAnIndexOfOtherLayers() throws Exception {
        Stack stack = Stack.withEverything(directory);
        List<Layer> layers = stack.layers();
        Path index = Stack.write(directory, stack.tree(), layers);
        assertThatThrownBy(() -> Stack.read(index, layers.subList(0, 1)))
                .hasMessage("Mismatch: read EROFS index: layers of the index: got 2, wanted 1");
        assertThatThrownBy(() -> Stack.read(index, layers.reversed()))
                .hasMessageStartingWith("Mismatch: read EROFS index: byte 1152, layer 0 of the index");
    }

    @Test
    void refusesAnIndexLargerThanTheLimit() throws Exception {
        Stack stack = Stack.withEverything(directory);
        List<Layer> layers = stack.layers();
        Path index = Stack.write(directory, stack.tree(), layers);
        try (FileChannel in = FileChannel.open(index)) {
            assertThatThrownBy(() -> ErofsReader.read(in, layers, new ErofsLimits(1000, 1 << 30)))
                    .hasMessageContaining("Exceeded")
                    .hasMessageContaining("limits.indexBytes");
            assertThatThrownBy(() -> ErofsReader.read(in, layers, new ErofsLimits(1 << 30, 1000)))
                    .hasMessageContaining("Exceeded")
                    .hasMessageContaining("limits.treeBytes");
        }
    }

    @Test
    void refusesAnIndexCutOffAnywhere() throws Exception {
        Stack stack = Stack.withEverything(directory);
        List<Layer> layers = stack.layers();
        Path index = Stack.write(directory, stack.tree(), layers);
        byte[] whole = Files.readAllBytes(index);
        int used = whole.length - 512;
        for (int length = 0; length < used; length += 61) {
            Files.write(index, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> Stack.read(index, layers))
                    .isInstanceOf(Failure.class)
                    .hasMessageStartingWith("Invalid: read EROFS index: byte ");
        }
    }

    /** A damaged index is refused, or still says something that can be written again. */
    @Test
    void survivesDamageAnywhere() throws Exception {
        Stack stack = Stack.withEverything(directory);
        List<Layer> layers = stack.layers();
        Path index = Stack.write(directory, stack.tree(), layers);
        byte[] whole = Files.readAllBytes(index);
        int refused = 0;
        int read = 0;
        Random random = new Random(3);
        for (int at = 1024; at < whole.length; at++) {
            byte[] damaged = whole.clone();
            if (at % 3 == 0) {
                damaged[at] ^= (byte) (1 << random.nextInt(8));
            } else {
                byte[] junk = new byte[Math.min(damaged.length - at, 1 + random.nextInt(8))];
                random.nextBytes(junk);
                System.arraycopy(junk, 0, damaged, at, junk.length);
            }
            try {
                walk(Stack.read(rewrite(index, damaged), layers));
                read++;
            } catch (Failure failure) {
                assertThat(failure.category()).isIn(Category.INVALID, Category.MISMATCH, Category.EXCEEDED);
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(500);
        assertThat(read).isGreaterThan(500);
    }

    @Test
    void refusesADirectoryThatIsItsOwnChild() throws Exception {
        Stack stack = Stack.withLayers(directory, 1);
        stack.directory(stack.directory(Tree.ROOT, "outer"), "inner");
        List<Layer> layers = stack.layers();
        Path index = Stack.write(directory, stack.tree(), layers);
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(index)).order(ByteOrder.LITTLE_ENDIAN);
        int outer = find(bytes.array(), "inner") - 3 - 3 * 12;
        assertThat(bytes.getLong(outer + 24)).as("nid of inner").isEqualTo(bytes.getLong(outer) + 4);
        bytes.putLong(outer + 24, bytes.getLong(outer));
        Files.write(index, bytes.array());
        assertThatThrownBy(() -> Stack.read(index, layers))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("Invalid: read EROFS index: byte " + (outer + 24) + ", nid: got ");
    }

    @Test
    void refusesWhatIsNotErofs() throws Exception {
        Path file = Files.write(directory.resolve("zeros"), new byte[4096]);
        assertThatThrownBy(() -> Stack.read(file, List.of()))
                .hasMessage("Invalid: read EROFS index: byte 1024, magic: got 0x0, wanted 0xffffffffe0f5e1e2");
    }

    private static void assertSame(Tree read, Tree tree) {
        assertThat(read.inodes()).isEqualTo(tree.inodes());
        assertThat(read.entries()).isEqualTo(tree.entries());
        for (int i = 0; i < tree.inodes(); i++) {
            if (!describe(read, i).equals(describe(tree, i))) {
                assertThat(describe(read, i)).isEqualTo(describe(tree, i));
            }
        }
        for (int e = 0; e < tree.entries(); e++) {
            if (read.inode(e) != tree.inode(e) || !Arrays.equals(read.name(e), tree.name(e))) {
                assertThat(read.inode(e)).isEqualTo(tree.inode(e));
                assertThat(read.name(e)).isEqualTo(tree.name(e));
            }
        }
    }

    private static List<Object> describe(Tree tree, int i) {
        long[] extents = new long[3 * tree.extents(i)];
        for (int e = 0; e < tree.extents(i); e++) {
            extents[3 * e] = tree.extentOffset(i, e);
            extents[3 * e + 1] = tree.extentLength(i, e);
            extents[3 * e + 2] = tree.extentAt(i, e);
        }
        return List.of(
                tree.type(i),
                tree.mode(i),
                tree.uid(i),
                tree.gid(i),
                tree.mtime(i),
                tree.nanos(i),
                tree.size(i),
                tree.links(i),
                tree.major(i),
                tree.minor(i),
                ByteBuffer.wrap(tree.target(i)),
                tree.xattrs(i),
                tree.layer(i),
                tree.parent(i),
                tree.isDirectory(i) ? tree.firstEntry(i) : 0,
                tree.isDirectory(i) ? tree.endEntry(i) : 0,
                Arrays.toString(extents));
    }

    private static void walk(Tree tree) {
        Set<Integer> named = new HashSet<>(Set.of(Tree.ROOT));
        for (int e = 0; e < tree.entries(); e++) {
            assertThat(tree.nameLength(e)).isBetween(1, 255);
            named.add(tree.inode(e));
        }
        assertThat(named).hasSize(tree.inodes());
    }

    private static Path rewrite(Path index, byte[] bytes) throws IOException {
        try (FileChannel out = FileChannel.open(index, StandardOpenOption.WRITE)) {
            out.write(ByteBuffer.wrap(bytes));
        }
        return index;
    }

    private static int find(byte[] in, String text) {
        return new String(in, StandardCharsets.ISO_8859_1).indexOf(text);
    }
}
