package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.catalogue.Catalogue;
import io.varve.catalogue.Edge;
import io.varve.catalogue.Node;
import io.varve.decode.DecodeLimits;
import io.varve.layout.LayoutReference;
import io.varve.oci.Digest;
import io.varve.oci.Reference;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Origin;
import io.varve.pipeline.Platforms;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Pulls;
import io.varve.pipeline.TestStages;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.varve.verify.Finding;
import io.varve.verify.Verified;
import io.varve.verify.Verifier;
import io.varve.verify.VerifyListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A store with two images, which share their base: {@link #ONE} of two compressed layers; {@link #TWO}, behind an image
 * index, of that base and a layer that came uncompressed. It is damaged by hand, and looked at.
 */
final class VerifiedStore implements AutoCloseable {
    static final String ONE = "docker.io/library/one:latest";
    static final String TWO = "docker.io/library/two:latest";
    static final byte[] BASE = new Tarball()
            .dir("etc")
            .file("etc/passwd", "root")
            .file("big", "0123456789abcdef".repeat(5_000))
            .bytes();
    static final byte[] TOP = new Tarball()
            .file("top", "top".repeat(1_000))
            .whiteout("etc/passwd")
            .bytes();
    static final byte[] PLAIN =
            new Tarball().file("plain", "plain".repeat(1_000)).bytes();
    private static final int WORKERS = 3;

    final Path directory;
    private final Store store;
    private final Pulls pulls;
    private final Verifier verifier;
    private final LayoutReference one;
    private final LayoutReference two;

    /** @param temporary for the store, and the layouts that the images come from */
    VerifiedStore(Path temporary) throws IOException {
        this(temporary, StoreOptions.DEFAULTS);
    }

    VerifiedStore(Path temporary, StoreOptions options) throws IOException {
        directory = temporary.resolve("store");
        store = new Store(directory, options);
        LayerPull layers = new LayerPull(store, DecodeLimits.DEFAULTS, WORKERS, TestStages::get);
        pulls = new Pulls(store, new Pull(store, layers), TestStages::get, TestStages.noRegistry());
        verifier = new Verifier(store, layers, WORKERS);
        one = new LayoutImage(temporary.resolve("one")).gzip(BASE).gzip(TOP).write();
        two = new LayoutImage(temporary.resolve("two")).gzip(BASE).plain(PLAIN).write(1);
        pull();
    }

    Store store() {
        return store;
    }

    Verifier verifier() {
        return verifier;
    }

    /** Pulls both images, whatever is there of them. */
    void pull() {
        pull(one, ONE);
        pull(two, TWO);
    }

    private void pull(LayoutReference layout, String name) {
        assertThat(pulls.pull(
                        List.of(new Origin.Local(layout)), Reference.parse(name), Platforms.HERE, PullListener.NONE))
                .allSatisfy(outcome -> assertThat(outcome.failure()).isNull());
    }

    void remove(String name) {
        store.write("rm", session -> session.write(transaction -> transaction.untag(name)));
    }

    Catalogue catalogue() {
        return store.catalogue().orElseThrow();
    }

    Node image(String name) {
        return Node.blob(catalogue().tag(name).orElseThrow().image().digest());
    }

    /** The manifest of {@link #ONE}. */
    Node manifest() {
        return image(ONE);
    }

    /** What the manifest of {@link #ONE} needs. */
    Node part(Edge.Role role, int position) {
        return catalogue().needs(manifest()).stream()
                .filter(edge -> edge.role() == role && edge.position() == position)
                .findFirst()
                .orElseThrow()
                .child();
    }

    static Node layer(byte[] tar) {
        return Node.layer(Digest.sha256(tar));
    }

    Path home(Node node) {
        return switch (node.kind()) {
            case BLOB -> store.content().home(node.digest());
            case LAYER -> store.layers().home(node.digest());
            case INDEX -> store.indexes().home(node.digest());
        };
    }

    /** What there is to find, with nothing changed by that. */
    List<Finding> verify() {
        List<Finding> found = new ArrayList<>();
        Verified verified = verifier.verify(listener(found));
        assertThat(verified.found()).isEqualTo(found.size());
        return found;
    }

    List<Finding> repair() {
        List<Finding> found = new ArrayList<>();
        Verified verified = verifier.repair(listener(found));
        assertThat(verified.found()).isEqualTo(found.size());
        assertThat(verified.wrong())
                .isEqualTo(found.stream().filter(Finding::isWrong).count());
        return found;
    }

    private static VerifyListener listener(List<Finding> found) {
        List<Finding> safe = Collections.synchronizedList(found);
        return new VerifyListener() {
            @Override
            public void found(Finding finding) {
                safe.add(finding);
            }
        };
    }

    /** Changes the catalogue behind everybody's back. */
    void sql(String... statements) throws SQLException {
        store.close();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("catalogue.db"));
                Statement statement = connection.createStatement()) {
            for (String each : statements) {
                statement.executeUpdate(each);
            }
        }
    }

    /** What makes files the same ones, whatever their names are: of everything that is content, or was. */
    Set<Object> inodes() throws IOException {
        Set<Object> inodes = new HashSet<>();
        for (String each : List.of("blobs", "layers", "images", "quarantine")) {
            for (Path path : all(directory.resolve(each))) {
                // Shelves come and go with what is on them.
                if (path.getNameCount() > directory.getNameCount() + 2) {
                    inodes.add(attributes(path).fileKey());
                }
            }
        }
        return inodes;
    }

    /** Every name with what a look at it must not change. */
    List<String> state() throws IOException {
        List<String> state = new ArrayList<>();
        for (Path path : all(directory)) {
            BasicFileAttributes is = attributes(path);
            state.add(directory.relativize(path) + " " + is.fileKey() + " " + is.size() + " " + is.lastModifiedTime());
        }
        return state;
    }

    static List<Path> all(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return List.of();
        }
        try (Stream<Path> paths = Files.walk(directory)) {
            return paths.sorted(Comparator.naturalOrder()).toList();
        }
    }

    private static BasicFileAttributes attributes(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }

    @Override
    public void close() {
        store.close();
    }
}
