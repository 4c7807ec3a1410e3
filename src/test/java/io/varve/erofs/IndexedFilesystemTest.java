package io.varve.erofs;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layerfs.Inode;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IndexedFilesystemTest {
    @TempDir
    Path directory;

    @Test
    void saysWhatTheTreeSays() throws Exception {
        Stack stack = Stack.withEverything(directory);
        List<Layer> layers = stack.layers();
        Tree tree = stack.tree();
        Path index = Stack.write(directory, tree, layers);

        assertThat(Looked.up(index, layers))
                .isEqualTo(Looked.up(tree, layers))
                .contains("found true", "found false")
                .hasSizeGreaterThan(120);
    }

    @Test
    void findsEveryNameOfALargeDirectoryAndNoOther() throws Exception {
        Stack stack = Stack.withLayers(directory, 1);
        for (int i = 0; i < 3000; i += 2) {
            stack.put(Tree.ROOT, "name" + i, Inode.directory(0755, 0, 0, i, 0, List.of()));
        }
        List<Layer> layers = stack.layers();
        Path index = Stack.write(directory, stack.tree(), layers);

        try (IndexedFilesystem files = IndexedFilesystem.open(index, layers)) {
            for (int i = 0; i < 3000; i++) {
                int found = files.resolve(("name" + i).getBytes(UTF_8));
                assertThat(found == Tree.NONE ? -1 : files.mtime(found)).isEqualTo(i % 2 == 0 ? i : -1);
            }
            assertThat(files.resolve("a".getBytes(UTF_8))).isEqualTo(Tree.NONE);
            assertThat(files.resolve("z".getBytes(UTF_8))).isEqualTo(Tree.NONE);
        }
    }

    @Test
    void followsSymlinksInsideTheImage() throws Exception {
        Stack stack = Stack.withLayers(directory, 1);
        int etc = stack.directory(Tree.ROOT, "etc");
        stack.file(etc, "release", 0, "varve".getBytes(UTF_8));
        stack.put(Tree.ROOT, "away", Stack.symlink("../../../etc/"));
        stack.put(etc, "alias", Stack.symlink("/away/release"));
        stack.put(etc, "round", Stack.symlink("round"));
        List<Layer> layers = stack.layers();
        Path index = Stack.write(directory, stack.tree(), layers);

        try (IndexedFilesystem files = IndexedFilesystem.open(index, layers)) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            files.copy(files.resolve("/etc/alias".getBytes(UTF_8)), layers, Channels.newChannel(bytes));
            assertThat(bytes.toString(UTF_8)).isEqualTo("varve");
            assertThat(files.resolve("etc/release/x".getBytes(UTF_8))).isEqualTo(Tree.NONE);
            assertThatThrownBy(() -> files.resolve("etc/round".getBytes(UTF_8)))
                    .isInstanceOf(Failure.class)
                    .hasMessageStartingWith("Invalid");
            assertThatThrownBy(() -> files.copy(Tree.ROOT, layers, Channels.newChannel(bytes)))
                    .hasMessage("Invalid: got a directory, wanted a regular file");
        }
    }

    @Test
    void refusesAnIndexOfOtherLayers() throws Exception {
        Stack stack = Stack.withEverything(directory);
        List<Layer> layers = stack.layers();
        Path index = Stack.write(directory, stack.tree(), layers);

        assertThatThrownBy(() -> IndexedFilesystem.open(index, layers.reversed()))
                .hasMessageStartingWith("Mismatch: byte 1152, layer 0 of the index");
    }

    /** Below a directory there is none that is above it, so whoever goes down comes to an end. */
    @Test
    void refusesADirectoryThatIsItsOwnChild() throws Exception {
        Stack stack = Stack.withLayers(directory, 1);
        stack.directory(stack.directory(Tree.ROOT, "outer"), "inner");
        List<Layer> layers = stack.layers();
        Path index = Stack.write(directory, stack.tree(), layers);
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(index)).order(ByteOrder.LITTLE_ENDIAN);
        int outer = new String(bytes.array(), ISO_8859_1).indexOf("inner") - 3 - 36;
        bytes.putLong(outer + 24, bytes.getLong(outer));
        Files.write(index, bytes.array());

        assertThatThrownBy(() -> Looked.up(index, layers))
                .hasMessageStartingWith("Invalid: reading index " + index + ": byte " + (outer + 24) + ", nid: got ");
    }

    /** Whatever a damaged index says, it is a refusal or an answer, and it ends. */
    @Test
    void survivesDamageAnywhere() throws Exception {
        Stack stack = Stack.withEverything(directory);
        List<Layer> layers = stack.layers();
        Path index = Stack.write(directory, stack.tree(), layers);
        byte[] whole = Files.readAllBytes(index);
        Random random = new Random(7);
        int refused = 0;
        int read = 0;
        for (int at = 1024; at < whole.length; at += 7) {
            byte[] damaged = whole.clone();
            byte[] junk = new byte[Math.min(damaged.length - at, 1 + random.nextInt(8))];
            random.nextBytes(junk);
            System.arraycopy(junk, 0, damaged, at, junk.length);
            Files.write(index, damaged);
            try {
                Looked.up(index, layers);
                read++;
            } catch (Failure failure) {
                assertThat(failure.category()).isIn(Category.INVALID, Category.MISMATCH);
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(300);
        assertThat(read).isGreaterThan(300);
    }
}
