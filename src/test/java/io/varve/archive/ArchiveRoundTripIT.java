package io.varve.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.build.Builds;
import io.varve.decode.DecodeLimits;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.manifest.PlanLimits;
import io.varve.oci.Descriptor;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import io.varve.pipeline.FakeArtifact;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.pipeline.Images;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Pulls;
import io.varve.pipeline.TestStages;
import io.varve.push.Pushes;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images that leave one store and come into another. */
class ArchiveRoundTripIT {
    private static final Reference NAME = Reference.normalized("registry.example/app:1");
    private static final Platform HERE = Platform.ofThisMachine();
    private static final Platform OTHER = new Platform("plan9", "mips", null);
    private static final long MOST = 10_000_000;

    @TempDir
    Path directory;

    private final FakeSource source = new FakeSource();
    private Side from;
    private Side to;

    /** A store, and what is done with it. */
    private record Side(Store store, Pull pull, Images images, Exports exports, Imports imports) {
        static Side at(Path directory) {
            Store store = new Store(directory, StoreOptions.DEFAULTS);
            LayerPull layers = new LayerPull(store, DecodeLimits.DEFAULTS, 2, TestStages::get);
            Pull pull = new Pull(store, layers);
            Images images = new Images(store, layers, pull);
            Pulls pulls = new Pulls(store, pull, TestStages::get, TestStages.noRegistry());
            Pushes pushes = new Pushes(
                    store,
                    images,
                    TestStages::get,
                    TestStages.noRegistry(),
                    () -> {
                        throw new AssertionError("nothing is pushed");
                    },
                    2);
            Builds builds = new Builds(store, images, pulls, pushes, TestStages::get, DecodeLimits.DEFAULTS, 2);
            return new Side(
                    store,
                    pull,
                    images,
                    new Exports(images, PlanLimits.DEFAULTS),
                    new Imports(store, pulls, builds, TestStages::get, DecodeLimits.DEFAULTS, MOST));
        }

        Path export(Path file) throws IOException {
            try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                exports.layout(NAME, null).writeTo(out);
            }
            return file;
        }

        List<Imports.Imported> bringIn(Path file, boolean stranger) {
            return imports.read(
                    file,
                    new Imports.Asking(null, List.of(), null, false, stranger, any -> {}, true),
                    PullListener.NONE);
        }
    }

    @BeforeEach
    void openStores() {
        from = Side.at(directory.resolve("from"));
        to = Side.at(directory.resolve("to"));
    }

    @AfterEach
    void closeStores() {
        from.store().close();
        to.store().close();
    }

    @Test
    void imageIndexStaysWithThoseOfItsImagesThatAreThere() throws IOException {
        FakeImage here = FakeImage.gzip(source, "here", 100_000, 10);
        FakeImage other = FakeImage.gzip(source, "other", 10);
        Descriptor index = FakeImage.index(source, List.of(other.manifest(), here.manifest()), List.of(OTHER, HERE));
        from.pull().pull(source, index, NAME.toString(), HERE, PullListener.NONE);

        Path sent = from.export(directory.resolve("sent.tar"));

        assertThat(to.bringIn(sent, false)).singleElement().satisfies(imported -> {
            assertThat(imported.image().digest()).isEqualTo(index.digest());
            assertThat(imported.names()).containsExactly(NAME);
        });
        assertThat(to.export(directory.resolve("again.tar"))).hasSameBinaryContentAs(sent);
        assertThat(to.images().plan(NAME, HERE).descriptor().digest())
                .isEqualTo(here.manifest().digest());

        from.pull().pull(source, index, NAME.toString(), OTHER, PullListener.NONE);
        Path both = from.export(directory.resolve("both.tar"));
        assertThat(Files.size(both)).isGreaterThan(Files.size(sent));
        to.bringIn(both, false);
        assertThat(to.images().plan(NAME, OTHER).descriptor().digest())
                .isEqualTo(other.manifest().digest());
    }

    @Test
    void artifactStaysWhatItIs() throws IOException {
        FakeArtifact chart = FakeArtifact.of(source, new byte[] {1}, new byte[] {2, 3}, new byte[100_000]);
        chart.pull(from.pull(), source, NAME.toString());

        Path sent = from.export(directory.resolve("sent.tar"));
        to.bringIn(sent, true);

        assertThat(to.export(directory.resolve("again.tar"))).hasSameBinaryContentAs(sent);
        assertThatThrownBy(() -> to.images().open(NAME, null, PullListener.NONE))
                .hasMessageContaining("not a runnable image");
    }

    @Test
    void exportIsRefusedBeforeAnythingIsWrittenWhenABlobIsMissing() throws IOException {
        FakeImage image = FakeImage.gzip(source, "app", 1000);
        from.pull().pull(source, image.manifest(), NAME.toString(), HERE, PullListener.NONE);
        Files.delete(
                from.store().content().home(image.layers().getFirst().blob().digest()));

        assertThatThrownBy(() -> from.exports().layout(NAME, null))
                .isInstanceOfSatisfying(
                        Failure.class, e -> assertThat(e.category()).isEqualTo(Category.NOT_FOUND))
                .hasMessageContaining("keepBlobs: false");
        Path docker = directory.resolve("docker.tar");
        try (FileChannel out = FileChannel.open(docker, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            Exports.docker(from.images().open(NAME, null, PullListener.NONE), NAME)
                    .writeTo(out);
        }
        assertThat(to.bringIn(docker, true)).hasSize(1);
    }

    @Test
    void strangerGetsNothingThatHeDoesNotSend() throws IOException {
        FakeImage secret = FakeImage.gzip(source, "secret", 1000);
        from.pull().pull(source, secret.manifest(), NAME.toString(), HERE, PullListener.NONE);
        to.pull().pull(source, secret.manifest(), "registry.example/secret:1", HERE, PullListener.NONE);
        Path whole = from.export(directory.resolve("whole.tar"));
        // The documents are public, and the layer is not in it.
        Path without = directory.resolve("without.tar");
        byte[] bytes = Files.readAllBytes(whole);
        String name = secret.layers().getFirst().blob().digest().hex();
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("blobs/sha256/" + name);
        rename(bytes, at);
        Files.write(without, bytes);

        assertThatThrownBy(() -> to.bringIn(without, true))
                .isInstanceOf(Failure.class)
                .hasMessageContaining(name);
        assertThatThrownBy(() -> to.images().find(NAME)).isInstanceOf(Failure.class);

        assertThat(to.bringIn(whole, true)).hasSize(1);
        assertThat(to.images().find(NAME).digest()).isEqualTo(secret.manifest().digest());
    }

    /** Another name for a member, with the sum of its header as it has to be. */
    private static void rename(byte[] tar, int header) {
        tar[header + "blobs/sha256/".length()] = 'x';
        int sum = 0;
        for (int i = 0; i < 512; i++) {
            sum += i >= 148 && i < 156 ? ' ' : tar[header + i] & 0xff;
        }
        byte[] text = String.format("%06o\0 ", sum).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, tar, header + 148, text.length);
    }

    @Test
    void archiveThatDecompressesToMoreThanTheLimitIsRefusedAndLeavesNothing() throws IOException {
        Path bomb = directory.resolve("bomb.tar.gz");
        Files.write(bomb, FakeImage.gzipped(new byte[(int) MOST + 1]));

        assertThatThrownBy(() -> to.bringIn(bomb, false))
                .isInstanceOfSatisfying(
                        Failure.class, e -> assertThat(e.category()).isEqualTo(Category.EXCEEDED))
                .hasMessageContaining("limits.uploadBytes");
        assertThat(directory.resolve("to/ingest")).isEmptyDirectory();
    }
}
