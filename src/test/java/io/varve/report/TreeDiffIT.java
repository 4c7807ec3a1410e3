package io.varve.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.varve.image.Tarball;
import io.varve.layerfs.Layer;
import io.varve.layerfs.LayerWriter;
import io.varve.layerfs.LongPaths;
import io.varve.layerfs.TreeBuilder;
import io.varve.oci.Digest;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of two stacks of layers. */
class TreeDiffIT {
    @TempDir
    Path directory;

    private Store store;

    @BeforeEach
    void openStore() {
        store = new Store(directory, StoreOptions.DEFAULTS);
    }

    private TreeDiff.Side side(Tarball... tars) {
        List<Layer> layers = new ArrayList<>();
        for (Tarball tar : tars) {
            byte[] bytes = tar.bytes();
            ByteBuf slab = Unpooled.directBuffer(bytes.length).writeBytes(bytes);
            try (LayerWriter writer = store.layers().write(Digest.sha256(bytes))) {
                writer.accept(slab);
                layers.add(writer.commit());
            } finally {
                slab.release();
            }
        }
        return new TreeDiff.Side(store.layers().merge(layers), layers);
    }

    private static List<String> told(TreeDiff.Side from, TreeDiff.Side to) throws IOException {
        List<String> lines = new ArrayList<>();
        TreeDiff.tell(from, to, new TreeDiff.Listener() {
            @Override
            public void added(byte[] path, int inode) {
                lines.add("A " + new String(path, UTF_8));
            }

            @Override
            public void removed(byte[] path, int inode) {
                lines.add("D " + new String(path, UTF_8));
            }

            @Override
            public void changed(byte[] path, int fromInode, int toInode, Set<Attribute> what) {
                lines.add("C " + new String(path, UTF_8) + " " + what);
            }
        });
        return lines;
    }

    @Test
    void tellsEachPathThatIsInOneOnlyInOrder() throws IOException {
        TreeDiff.Side from = side(new Tarball()
                .dir("a")
                .file("a/1", "")
                .file("a/2", "")
                .dir("gone")
                .file("gone/x", "")
                .file("z", ""));
        TreeDiff.Side to = side(new Tarball()
                .dir("a")
                .file("a/0", "")
                .file("a/2", "")
                .dir("new")
                .dir("new/deep")
                .file("new/deep/y", "")
                .file("z", ""));

        assertThat(told(from, to))
                .containsExactly("A a/0", "D a/1", "D gone", "D gone/x", "A new", "A new/deep", "A new/deep/y");
        assertThat(told(from, from)).isEmpty();
    }

    @Test
    void tellsWhatIsAnotherFileAndWhatOfIt() throws IOException {
        TreeDiff.Side from = side(new Tarball()
                .file("bytes", "one")
                .character("device", 1, 3)
                .symlink("link", "here")
                .file("mode", "")
                .file("owner", "")
                .file("size", "a")
                .time("5")
                .file("time", "")
                .file("type", "")
                .xattr("user.x", (byte) 1)
                .file("xattr", ""));
        TreeDiff.Side to = side(new Tarball()
                .file("bytes", "two")
                .character("device", 1, 5)
                .symlink("link", "there")
                .mode(0600)
                .file("mode", "")
                .owner(1, 2)
                .file("owner", "")
                .file("size", "ab")
                .time("5.5")
                .file("time", "")
                .dir("type")
                .file("type/in", "")
                .xattr("user.x", (byte) 2)
                .file("xattr", ""));

        assertThat(told(from, to))
                .containsExactly(
                        "C bytes [content]",
                        "C device [target]",
                        "C link [target]",
                        "C mode [mode]",
                        "C owner [owner]",
                        "C size [content]",
                        "C time [time]",
                        "C type [type, mode]",
                        "A type/in",
                        "C xattr [xattrs]");
    }

    @Test
    void readsFilesOnlyWhereTheirLayersDiffer() throws IOException {
        byte[] large = new byte[600_000];
        new Random(1).nextBytes(large);
        Tarball base = new Tarball().file("large".getBytes(UTF_8), large);
        TreeDiff.Side one = side(base, new Tarball().file("x", ""));
        TreeDiff.Side other = side(new Tarball().file("before", "").file("large".getBytes(UTF_8), large));
        assertThat(told(one, other)).containsExactly("A before", "D x");

        byte[] last = large.clone();
        last[last.length - 1]++;
        assertThat(told(one, side(new Tarball().file("large".getBytes(UTF_8), last), new Tarball().file("x", ""))))
                .containsExactly("C large [content]");

        TreeDiff.Side same = side(base);
        // Nothing of it can be read any more.
        Files.delete(same.layers().getFirst().tar());
        assertThat(told(one, same)).containsExactly("D x");
    }

    @Test
    void hardlinksAreFilesOfTheirOwn() throws IOException {
        TreeDiff.Side from = side(new Tarball().file("a", "same").link("b", "a").link("c", "a"));
        TreeDiff.Side to =
                side(new Tarball().file("a", "same").file("b", "same").link("c", "a"));

        assertThat(told(from, to)).isEmpty();
        assertThat(told(
                        from,
                        side(new Tarball().file("a", "othe").link("b", "a").link("c", "b"))))
                .containsExactly("C a [content]", "C b [content]", "C c [content]");
    }

    @Test
    void keepsNoPathsOfWhatIsStillToBeTold() throws IOException {
        TreeDiff.Side from = new TreeDiff.Side(new TreeBuilder(0, 1 << 20).build(), List.of());
        TreeDiff.Side to = new TreeDiff.Side(LongPaths.tree(), List.of());
        long before = LongPaths.heldBytes();
        long[] held = new long[1];
        List<Integer> lengths = new ArrayList<>();

        TreeDiff.tell(from, to, new TreeDiff.Listener() {
            @Override
            public void added(byte[] path, int inode) {
                lengths.add(path.length);
                if (lengths.size() == LongPaths.DEPTH + LongPaths.ENTRIES) {
                    held[0] = LongPaths.heldBytes() - before;
                }
            }

            @Override
            public void removed(byte[] path, int inode) {
                throw new AssertionError("nothing was removed");
            }

            @Override
            public void changed(byte[] path, int fromInode, int toInode, Set<Attribute> what) {
                assertThat(path).isEmpty();
            }
        });

        assertThat(lengths).hasSize(LongPaths.DEPTH + 3 * LongPaths.ENTRIES);
        assertThat(lengths.stream().mapToLong(length -> length).sum()).isGreaterThan(3 * LongPaths.PATH_BYTES);
        assertThat(held[0]).isNotZero().isLessThan(LongPaths.PATH_BYTES / 10);
    }
}
