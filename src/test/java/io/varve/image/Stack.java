package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.fail;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.varve.decode.DecodeLimits;
import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.layerfs.LayerWriter;
import io.varve.layerfs.Tree;
import io.varve.layerfs.TreeTar;
import io.varve.layout.LayoutReference;
import io.varve.oci.ChainId;
import io.varve.oci.Digest;
import io.varve.pipeline.Image;
import io.varve.pipeline.Images;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.TestStages;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.varve.view.Backing;
import io.varve.view.Index;
import io.varve.view.Materialise;
import io.varve.view.ReadOptions;
import io.varve.view.UnpackOptions;
import io.varve.view.ViewOptions;
import io.varve.view.Views;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A stack of layers, hand-made or of an image, in a store of its own, and what it shows, four ways. */
final class Stack {
    private static final Pattern NO_XATTR_OF_LINUX =
            Pattern.compile(" \\{(com\\.[^}]*|(user|trusted|security)\\.=[^}]*)}");
    private static final Pattern USER_XATTR = Pattern.compile(" \\{user\\.[^}]*}");

    private final Path directory;
    private final Store store;
    private List<Layer> layers = List.of();
    private @Nullable Tree tree;
    private @Nullable Listing seen;
    private int runs;

    Stack(Path directory) {
        this.directory = directory;
        store = new Store(directory.resolve("store"), StoreOptions.DEFAULTS);
    }

    /** Takes these layers, base first, and merges them. */
    Stack of(Tarball... tars) {
        layers = new ArrayList<>();
        for (Tarball tar : tars) {
            layers.add(write(tar.bytes()));
        }
        tree = store.layers().merge(layers);
        seen = null;
        return this;
    }

    /** Takes the layers of an image in a layout. */
    Stack pull(String reference) {
        LayerPull flows = new LayerPull(store, DecodeLimits.DEFAULTS, 2, TestStages::get);
        Image image = new Images(store, flows, new Pull(store, flows))
                .open(LayoutReference.parse(reference), null, PullListener.NONE);
        layers = image.layers();
        tree = image.tree();
        seen = null;
        return this;
    }

    private Layer write(byte[] tar) {
        return write(store, tar);
    }

    private static Layer write(Store store, byte[] tar) {
        ByteBuf slab = Unpooled.directBuffer(tar.length).writeBytes(tar);
        try (LayerWriter writer = store.layers().write(Digest.sha256(tar))) {
            writer.accept(slab);
            return writer.commit();
        } finally {
            slab.release();
        }
    }

    /** The names it shows, directories with a slash. In memory, exported, unpacked and mounted must agree on everything. */
    List<String> shows() {
        return seen().names();
    }

    List<String> names() {
        return shows();
    }

    /** All that is to be known of all names. */
    Listing listing() {
        return seen();
    }

    /** A directory that something else unpacked from the same layers shows the same, as {@link Listing#assertUnpackedAs} compares. */
    void assertSameAs(Path unpackedByAnother) throws IOException, InterruptedException {
        seen().assertUnpackedAs(unpackedByAnother);
    }

    /** Mounts it until the caller unmounts it. */
    Views mount(Path at, ViewOptions options) {
        return mount(at, options, Backing.ANY);
    }

    Views mount(Path at, ViewOptions options, Backing backing) {
        return mount(at, options, backing, ReadOptions.DEFAULTS);
    }

    Views mount(Path at, ViewOptions options, Backing backing, ReadOptions reads) {
        Digest chainId = ChainId.of(layers.stream().map(Layer::diffId).toList()).digest();
        Path index = store.indexes().index(chainId, layers, this::merged);
        Views views = new Views(store.directory().resolve("views"), backing, reads);
        views.mount(new Index(chainId, index, layers.stream().map(Layer::tar).toList()), at, options);
        return views;
    }

    /** All that is to be known of one name; the root's is empty. */
    String line(String name) {
        String line = seen().line(name);
        return line == null ? fail("there is no " + name + " in " + seen().lines()) : line;
    }

    byte[] bytes(String path) {
        Tree merged = merged();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            merged.copy(merged.resolve(path.getBytes(StandardCharsets.UTF_8)), layers, Channels.newChannel(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    String text(String path) {
        assertThat(seen().line(path)).isNotNull();
        return new String(bytes(path), StandardCharsets.UTF_8);
    }

    /** These layers cannot be taken, and nothing of the one that is wrong stays. */
    void refuses(String category, String wrong, Tarball... tars) {
        assertThatThrownBy(() -> of(tars))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith(category + ": ")
                .hasMessageContaining(wrong)
                .hasMessageContaining("at offset ")
                .hasMessageContaining("layer ");
        assertThat(directory.resolve("store/ingest")).isEmptyDirectory();
    }

    private Tree merged() {
        return tree == null ? fail("no layers were taken") : tree;
    }

    private Listing seen() {
        if (seen == null) {
            try {
                seen = Listing.of(merged(), layers);
                runs++;
                assertExported(seen);
                assertUnpacked(seen);
                if (Peers.kernelMounts()) {
                    assertMounted(seen);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
        return seen;
    }

    /** What it shows as one tar. */
    byte[] exported() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        TreeTar.write(merged(), layers, Channels.newChannel(bytes));
        return bytes.toByteArray();
    }

    /** As the only layer of a stack its tar shows the same, and is exported as itself. */
    private void assertExported(Listing expected) throws IOException {
        Store another = new Store(directory.resolve("exported" + runs), StoreOptions.DEFAULTS);
        byte[] tar = exported();
        List<Layer> one = List.of(write(another, tar));
        Tree back = another.layers().merge(one);
        assertThat(Listing.of(back, one).lines()).as("exported").isEqualTo(expected.lines());
        ByteArrayOutputStream again = new ByteArrayOutputStream();
        TreeTar.write(back, one, Channels.newChannel(again));
        assertThat(again.toByteArray()).as("exported again").isEqualTo(tar);
    }

    void unpack(Path out) {
        Materialise.unpack(merged(), layers, out, UnpackOptions.DEFAULTS.withRootless(!Peers.isRoot()));
    }

    private void assertUnpacked(Listing expected) throws IOException, InterruptedException {
        Path out = directory.resolve("unpacked" + runs);
        unpack(out);
        if (Peers.isRoot()) {
            assertThat(Listing.of(out).lines()).as("unpacked").isEqualTo(onLinux(expected));
        }
    }

    private void assertMounted(Listing expected) throws IOException, InterruptedException {
        Path mountPoint = directory.resolve("mounted" + runs);
        Views views = mount(mountPoint, new ViewOptions(false, true, true));
        try {
            assertThat(Listing.of(mountPoint).lines()).as("mounted").isEqualTo(onLinux(expected));
        } finally {
            views.unmount(mountPoint);
        }
    }

    /** Without the xattrs that Linux has no place for. */
    static SortedMap<String, String> onLinux(Listing expected) {
        SortedMap<String, String> lines = new TreeMap<>();
        expected.lines().forEach((name, line) -> {
            String possible = NO_XATTR_OF_LINUX.matcher(line).replaceAll("");
            boolean user = line.startsWith("f ") || line.startsWith("d ");
            lines.put(name, user ? possible : USER_XATTR.matcher(possible).replaceAll(""));
        });
        return lines;
    }
}
