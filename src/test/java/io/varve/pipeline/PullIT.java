package io.varve.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.bus.Slabs;
import io.varve.catalogue.Catalogue;
import io.varve.catalogue.Edge;
import io.varve.catalogue.Entry;
import io.varve.catalogue.Node;
import io.varve.catalogue.Reason;
import io.varve.catalogue.StoredImage;
import io.varve.catalogue.Transaction;
import io.varve.decode.DecodeLimits;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layout.NamedImage;
import io.varve.layout.OciLayout;
import io.varve.manifest.ArtifactPlan;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole images on their way into a store, and what it knows of them at any time. */
class PullIT {
    private static final int PATIENCE_S = 60;
    private static final String NAME = "docker.io/library/app:latest";

    @TempDir
    Path directory;

    private final FakeSource source = new FakeSource();
    private Store store;
    private LayerPull flows;
    private Pull pull;

    @BeforeEach
    void openStore() {
        store = new Store(directory.resolve("store"), StoreOptions.DEFAULTS);
        flows = new LayerPull(store, DecodeLimits.DEFAULTS, 3, TestStages::get);
        pull = new Pull(store, flows);
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    private Image pull(Descriptor image, @Nullable String name) {
        return pull.pull(source, image, name, null, PullListener.NONE);
    }

    private Catalogue catalogue() {
        return store.catalogue().orElseThrow();
    }

    private boolean has(Descriptor blob) {
        return store.content().find(blob.digest()).isPresent();
    }

    private List<String> kept(Digest digest) {
        return catalogue().why(digest, Map.of(), Instant.now()).stream()
                .map(Reason::root)
                .toList();
    }

    private Instant afterTheLease() {
        return Instant.now().plus(store.options().lease()).plusSeconds(60);
    }

    private void write(Consumer<Transaction> work) {
        store.write(
                "test",
                session -> session.write(transaction -> {
                    work.accept(transaction);
                    return true;
                }));
    }

    @Test
    void namedImageIsThereWithAllThatItNeeds() {
        FakeImage fake = FakeImage.gzip(source, "f", 1_000, 300_000);

        Image image = pull(fake.manifest(), NAME);

        assertThat(catalogue().tag(NAME).orElseThrow().image()).isEqualTo(fake.manifest());
        assertThat(fake.blobs()).allMatch(this::has);
        assertThat(image.layers())
                .hasSize(2)
                .allSatisfy(layer -> assertThat(layer.tar()).exists());
        assertThat(store.indexes().find(fake.chainId())).contains(image.index());
        assertThat(image.tree().entries()).isEqualTo(2);
        assertThat(catalogue().nodes()).hasSize(4 + 2 + 1).allMatch(Entry::present);
        assertThat(catalogue().find(Node.blob(fake.manifest().digest())).orElseThrow())
                .returns(fake.manifest().size(), Entry::size)
                .returns(MediaType.Known.OCI_MANIFEST, Entry::mediaType);
        assertThat(catalogue().sources(fake.layers().getFirst().blob().digest()))
                .containsExactly("docker://fake/source");
        assertThat(new Images(store, flows, pull)
                        .open(Reference.normalized("app"), null, PullListener.NONE)
                        .chainId())
                .isEqualTo(fake.chainId());
    }

    @Test
    void nameIsAllThatKeepsANamedImage() {
        FakeImage fake = FakeImage.gzip(source, "f", 10);
        pull(fake.manifest(), NAME);
        assertThat(fake.blobs())
                .allSatisfy(blob -> assertThat(kept(blob.digest())).containsExactly("tag " + NAME));

        write(transaction -> transaction.untag(NAME));

        assertThat(catalogue().garbage(List.of(), Instant.now())).hasSize(5);
    }

    @Test
    void imageWithoutANameIsLeased() {
        FakeImage fake = FakeImage.gzip(source, "f", 10);

        pull(fake.manifest(), null);

        assertThat(catalogue().images()).hasSize(1).first().returns(null, StoredImage::name);
        assertThat(fake.blobs())
                .allSatisfy(blob -> assertThat(kept(blob.digest())).allMatch(root -> root.startsWith("lease until ")));
        assertThat(catalogue().garbage(List.of(), Instant.now())).isEmpty();
        assertThat(catalogue().garbage(List.of(), afterTheLease())).hasSize(5);
    }

    @Test
    void nameIsSeenOnlyWhenEverythingIsThere() {
        FakeImage fake = FakeImage.gzip(source, "f", 300_000, 300_000);
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        fake.layers()
                .forEach(layer -> source.before(layer.blob(), () -> {
                    catalogue().tags("", "", 10).forEach(tag -> seen.add(tag.name()));
                    seen.addAll(namesInIndex());
                }));
        pull(fake.manifest(), NAME);

        assertThat(seen).isEmpty();
        assertThat(namesInIndex()).containsExactly(NAME);
    }

    private List<String> namesInIndex() {
        return OciLayout.open(store.directory(), Json.DEFAULT_LIMIT).images().stream()
                .map(NamedImage::name)
                .toList();
    }

    @Test
    void secondPullAsksTheSourceForNothing() {
        FakeImage fake = FakeImage.gzip(source, "f", 10, 20);
        pull(fake.manifest(), NAME);
        fake.blobs().forEach(source::remove);

        pull(fake.manifest(), "docker.io/library/other:1");

        assertThat(catalogue().names(fake.manifest().digest())).containsExactly(NAME, "docker.io/library/other:1");
        assertThat(source.documents(fake.manifest())).isEqualTo(1);
        assertThat(source.documents(fake.config())).isEqualTo(1);
    }

    @Test
    void whatIsMissingOfAKnownImageIsBroughtAgain() throws IOException {
        FakeImage fake = FakeImage.gzip(source, "f", 10, 20);
        Path index = pull(fake.manifest(), NAME).index();
        Descriptor blob = fake.layers().getFirst().blob();
        store.staging()
                .remove(List.of(
                        store.content().home(blob.digest()),
                        store.content().home(fake.config().digest()),
                        store.layers().home(fake.layers().getLast().diffId()),
                        store.indexes().home(fake.chainId())));

        Image again = pull(fake.manifest(), NAME);

        assertThat(again.index()).isEqualTo(index).exists();
        assertThat(fake.blobs()).allMatch(this::has);
        assertThat(source.opened(blob)).isEqualTo(2);
        assertThat(source.opened(fake.layers().getLast().blob())).isEqualTo(1);
    }

    @Test
    void failedPullLeavesALeaseAndNeitherNameNorJob() {
        FakeImage fake = FakeImage.gzip(source, "f", 10, 300_000);
        Descriptor missing = fake.layers().getLast().blob();
        source.remove(missing);

        assertThatThrownBy(() -> pull(fake.manifest(), NAME))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("NotFound: blob " + missing.digest());

        assertThat(catalogue().tag(NAME)).isEmpty();
        assertThat(catalogue().images()).isEmpty();
        assertThat(namesInIndex()).isEmpty();
        assertThat(has(fake.manifest())).isTrue();
        assertThat(kept(missing.digest())).hasSize(1).first().asString().startsWith("lease until ");
        assertThat(catalogue().garbage(List.of(), Instant.now())).isEmpty();
        assertThat(catalogue().garbage(List.of(), afterTheLease())).hasSize(4 + 2 + 1);
    }

    @Test
    void failedPullLeavesTheNameToWhatHadIt() {
        FakeImage old = FakeImage.gzip(source, "old", 10);
        FakeImage fresh = FakeImage.gzip(source, "fresh", 10);
        pull(old.manifest(), NAME);
        source.remove(fresh.layers().getFirst().blob());

        assertThatThrownBy(() -> pull(fresh.manifest(), NAME)).isInstanceOf(Failure.class);

        assertThat(catalogue().tag(NAME).orElseThrow().image()).isEqualTo(old.manifest());
    }

    @Test
    void imageThatIsNotForThePlatformIsRefusedBeforeAnythingIsWritten() {
        FakeImage fake = FakeImage.gzip(source, "f", 10);

        assertThatThrownBy(() ->
                        pull.pull(source, fake.manifest(), NAME, Platform.parse("windows/s390x"), PullListener.NONE))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.category()).isEqualTo(Category.NOT_FOUND));

        assertThat(store.directory()).doesNotExist();
        assertThat(store.catalogue()).isEmpty();
    }

    @Test
    void ofAnImageIndexOnlyTheChosenImageIsPulled() {
        FakeImage chosen = FakeImage.gzip(source, "chosen", 10);
        FakeImage other = FakeImage.gzip(source, "other", 10);
        Descriptor index = FakeImage.index(
                source,
                List.of(other.manifest(), chosen.manifest()),
                List.of(Platform.parse("linux/s390x"), Platform.ofThisMachine()));

        Image image = pull(index, NAME);

        assertThat(image.plan().descriptor().digest())
                .isEqualTo(chosen.manifest().digest());
        assertThat(catalogue().tag(NAME).orElseThrow().image()).isEqualTo(index);
        assertThat(has(index)).isTrue();
        assertThat(chosen.blobs()).allMatch(this::has);
        assertThat(other.blobs()).noneMatch(this::has).allSatisfy(blob -> {
            assertThat(source.documents(blob)).isZero();
            assertThat(source.opened(blob)).isZero();
        });
        assertThat(catalogue().find(Node.blob(other.manifest().digest())))
                .as("it may be anybody's")
                .isEmpty();
        assertThat(catalogue().images())
                .hasSize(1)
                .first()
                .satisfies(stored -> assertThat(stored.platforms())
                        .containsExactly(Platform.ofThisMachine().toString()));
    }

    @Test
    void otherImageOfAnImageIndexIsAddedWhenItIsAskedFor() {
        FakeImage ours = FakeImage.gzip(source, "ours", 10);
        FakeImage other = FakeImage.gzip(source, "other", 10);
        Platform platform = Platform.parse("linux/s390x");
        Descriptor index = FakeImage.index(
                source, List.of(other.manifest(), ours.manifest()), List.of(platform, Platform.ofThisMachine()));
        pull(index, NAME);

        pull.pull(source, index, NAME, platform, PullListener.NONE);

        assertThat(ours.blobs()).allMatch(this::has);
        assertThat(other.blobs()).allMatch(this::has);
        assertThat(catalogue().garbage(List.of(), afterTheLease())).isEmpty();
    }

    @Test
    void dockersFormatIsKeptAsItIs() {
        FakeImage oci = FakeImage.gzip(source, "f", 10);
        var json = Manifest.of(oci.config(), List.of(oci.layers().getFirst().blob()))
                .toJson()
                .put("mediaType", MediaType.Known.DOCKER_MANIFEST.toString());
        Descriptor docker = source.add(MediaType.Known.DOCKER_MANIFEST, Json.write(json));
        assertThat(Document.parse(Json.write(json), Json.DEFAULT_LIMIT).mediaType())
                .isEqualTo(MediaType.Known.DOCKER_MANIFEST);

        pull(docker, NAME);

        assertThat(catalogue().tag(NAME).orElseThrow().image()).isEqualTo(docker);
        assertThat(store.content().find(docker.digest()).orElseThrow().file()).hasBinaryContent(Json.write(json));
    }

    @Test
    void imageWithoutLayersIsAnImage() {
        FakeImage fake = FakeImage.of(source);

        Image image = pull(fake.manifest(), NAME);

        assertThat(image.tree().entries()).isZero();
        assertThat(image.index()).exists();
        assertThat(catalogue().garbage(List.of(), afterTheLease())).isEmpty();
    }

    @Test
    void documentThatIsNotWhatWasAnnouncedIsRefusedAndNotKept() {
        FakeImage fake = FakeImage.gzip(source, "f", 10);
        Digest other = Digest.sha256("other".getBytes(UTF_8));
        Descriptor lying = source.add(
                MediaType.Known.OCI_MANIFEST,
                other,
                fake.manifest().size(),
                source.read(fake.manifest(), Json.DEFAULT_LIMIT));

        assertThatThrownBy(() -> pull(lying, NAME))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.category()).isEqualTo(Category.MISMATCH));

        assertThat(has(lying)).isFalse();
        assertThat(catalogue().tag(NAME)).isEmpty();
    }

    @Test
    void interruptedPullEndsItsJobAndKeepsItsLease() throws Exception {
        FakeImage fake = FakeImage.gzip(source, "f", 10, 300_000);
        CountDownLatch began = new CountDownLatch(1);
        source.before(fake.layers().getLast().blob(), () -> {
            began.countDown();
            await(new CountDownLatch(1));
        });
        try (ExecutorService puller = Executors.newSingleThreadExecutor()) {
            Future<Boolean> interrupted = puller.submit(() -> {
                assertThatThrownBy(() -> pull(fake.manifest(), NAME))
                        .isInstanceOfSatisfying(
                                Failure.class,
                                failure -> assertThat(failure.category()).isEqualTo(Category.CANCELLED));
                return Thread.interrupted();
            });
            await(began);
            puller.shutdownNow();
            assertThat(interrupted.get(PATIENCE_S, TimeUnit.SECONDS))
                    .as("the thread stays interrupted")
                    .isTrue();
        }

        assertThat(kept(fake.manifest().digest())).hasSize(1).first().asString().startsWith("lease until ");
        source.before(fake.layers().getLast().blob(), () -> {});
        assertThat(pull(fake.manifest(), NAME).layers()).hasSize(2);
    }

    @Test
    void manyPullsAtOnceShareASessionAndAllHaveTheirNames() throws Exception {
        List<FakeImage> images = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            images.add(FakeImage.of(
                    source,
                    FakeImage.gzipLayer(source, FakeImage.tar("shared" + i % 3, 100_000)),
                    FakeImage.plainLayer(source, FakeImage.tar("own" + i, 1_000))));
        }
        try (ExecutorService pullers = Executors.newFixedThreadPool(12)) {
            List<Future<Image>> running = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                String name = "registry.example/app:" + i;
                Descriptor image = images.get(i).manifest();
                running.add(pullers.submit(() -> pull(image, name)));
            }
            for (Future<Image> each : running) {
                assertThat(each.get(PATIENCE_S, TimeUnit.SECONDS).layers()).hasSize(2);
            }
        }

        assertThat(namesInIndex()).hasSize(12);
        assertThat(images.subList(0, 3))
                .allSatisfy(image -> assertThat(
                                source.opened(image.layers().getFirst().blob()))
                        .isEqualTo(1));
        assertThat(catalogue().nodes()).allMatch(Entry::present);
        assertThat(store.directory().resolve("ingest")).isEmptyDirectory();
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            assertThat(latch.await(PATIENCE_S, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClosedByInterruptException();
        }
    }

    private List<Brought> bring(Descriptor image, @Nullable String name, Platforms platforms, PullListener listener) {
        Cancellation wanted = new Cancellation();
        return Conducting.on(
                TestStages.get().context(),
                wanted,
                () -> pull.pull(new Pull.Wish(source, image, name, platforms), wanted, listener));
    }

    private Brought bring(FakeArtifact artifact) {
        return bring(artifact.manifest(), NAME, Platforms.HERE, PullListener.NONE)
                .getFirst();
    }

    private static byte[] noise(int bytes) {
        byte[] noise = new byte[bytes];
        new Random(bytes).nextBytes(noise);
        return noise;
    }

    /** Hears what is no image. */
    private static final class Special implements PullListener {
        final List<String> artifacts = Collections.synchronizedList(new ArrayList<>());
        final List<Descriptor> skipped = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void planned(String subject, ArtifactPlan plan) {
            artifacts.add(subject + " " + plan.type());
        }

        @Override
        public void skipped(String subject, Descriptor entry) {
            skipped.add(entry);
        }
    }

    @Nested
    @DisplayName("An artifact")
    class Artifacts {
        @Test
        void isKeptAsItIsUnderItsName() {
            FakeArtifact chart = FakeArtifact.of(source, noise(10), noise(700_000), noise(1_000));
            Special listener = new Special();

            Brought brought =
                    bring(chart.manifest(), NAME, Platforms.HERE, listener).getFirst();

            assertThat(source.documents(chart.config()))
                    .as("read as a document")
                    .isZero();
            assertThat(brought)
                    .isInstanceOfSatisfying(
                            Artifact.class,
                            artifact -> assertThat(artifact.plan().type()).isEqualTo(FakeArtifact.TYPE));
            assertThat(listener.artifacts).containsExactly(NAME + " " + FakeArtifact.TYPE);
            assertThat(chart.all()).allSatisfy(blob -> {
                assertThat(store.content().find(blob.digest()).orElseThrow().file())
                        .hasBinaryContent(source.read(blob, Long.MAX_VALUE));
                assertThat(kept(blob.digest())).containsExactly("tag " + NAME);
                assertThat(catalogue().find(Node.blob(blob.digest())).orElseThrow())
                        .returns(true, Entry::present)
                        .returns(blob.size(), Entry::size)
                        .returns(blob.mediaType(), Entry::mediaType);
            });
            assertThat(catalogue().nodes()).hasSize(4);
            assertThat(catalogue().images()).singleElement().satisfies(stored -> {
                assertThat(stored.isArtifact()).isTrue();
                assertThat(stored.blobBytes())
                        .isEqualTo(
                                chart.all().stream().mapToLong(Descriptor::size).sum());
                assertThat(stored.tarBytes()).isZero();
            });
            assertThat(namesInIndex()).containsExactly(NAME);
            assertThat(catalogue().sources(chart.config().digest())).containsExactly("docker://fake/source");
            assertThat(store.directory().resolve("layers")).doesNotExist();
        }

        @Test
        void isRefusedWhereAnImageIsWanted() {
            FakeArtifact chart = FakeArtifact.of(source, noise(10), noise(1_000));
            bring(chart);
            Images images = new Images(store, flows, pull);

            assertThatThrownBy(() -> images.open(Reference.normalized("app"), null, PullListener.NONE))
                    .isInstanceOfSatisfying(
                            Failure.class,
                            failure -> assertThat(failure.category()).isEqualTo(Category.INVALID))
                    .hasMessageContaining("not a runnable image: config.mediaType: got " + FakeArtifact.TYPE);
            assertThat(images.plan(Reference.normalized("app"), null)).isInstanceOf(ArtifactPlan.class);
        }

        @Test
        void thatIsThereIsNotAskedForAgain() {
            FakeArtifact chart = FakeArtifact.of(source, noise(10), noise(1_000));
            bring(chart);
            chart.all().forEach(source::remove);

            bring(chart);

            assertThat(source.opened(chart.blobs().getFirst())).isEqualTo(1);
        }

        @Test
        void goesOnWhereItBrokeOff() {
            FakeArtifact model = FakeArtifact.of(source, noise(10), noise(1_500_000));
            Descriptor blob = model.blobs().getFirst();
            source.before(blob, () -> {
                if (source.read(blob) > 2 * Slabs.SIZE) {
                    throw new IOException("cable pulled");
                }
            });
            assertThatThrownBy(() -> bring(model))
                    .isInstanceOf(Failure.class)
                    .hasMessageContaining("blob " + blob.digest())
                    .hasMessageContaining("cable pulled");
            assertThat(catalogue().tag(NAME)).isEmpty();
            assertThat(kept(blob.digest())).singleElement().asString().startsWith("lease until ");
            source.before(blob, () -> {});

            bring(model);

            assertThat(source.offsets(blob)).containsExactly(0L, 2L * Slabs.SIZE);
            assertThat(store.content().find(blob.digest()).orElseThrow().file()).hasBinaryContent(noise(1_500_000));
        }

        @Test
        void ofWrongBytesIsNotKept() {
            byte[] right = noise(1_000);
            Descriptor wrong = source.add(FakeArtifact.CONTENT, Digest.sha256(right), 999, noise(999));
            FakeArtifact chart = FakeArtifact.of(source, source.add(FakeArtifact.TYPE, noise(10)), List.of(wrong));

            assertThatThrownBy(() -> bring(chart))
                    .isInstanceOfSatisfying(
                            Failure.class,
                            failure -> assertThat(failure.category()).isEqualTo(Category.MISMATCH))
                    .hasMessageContaining("blob " + wrong.digest());

            assertThat(has(wrong)).isFalse();
            assertThat(catalogue().tag(NAME)).isEmpty();
        }

        @Test
        void thatCallsOneBlobTwoSizesIsRefused() {
            Descriptor content = source.add(FakeArtifact.CONTENT, noise(1_000));
            Descriptor shorter = Descriptor.of(FakeArtifact.CONTENT, content.digest(), 999);
            FakeArtifact chart = FakeArtifact.of(source, content, List.of(shorter));

            assertThatThrownBy(() -> bring(chart))
                    .isInstanceOfSatisfying(
                            Failure.class,
                            failure -> assertThat(failure.category()).isEqualTo(Category.MISMATCH))
                    .hasMessageContaining("size: got 999, wanted 1000");
        }

        @Test
        void whoseBlobsAreOneAndEmptyOnesIsBroughtOnce() {
            byte[] same = noise(300_000);
            FakeArtifact chart = FakeArtifact.of(source, same, same, new byte[0], same);

            bring(chart);

            assertThat(source.opened(chart.config())).isEqualTo(1);
            assertThat(chart.all()).allMatch(PullIT.this::has);
            assertThat(catalogue().needs(Node.blob(chart.manifest().digest())))
                    .extracting(Edge::role)
                    .containsExactly(Edge.Role.BLOB, Edge.Role.BLOB, Edge.Role.BLOB, Edge.Role.CONFIG);
        }

        @Test
        void carriesSmallBlobsItself() {
            byte[] empty = "{}".getBytes(UTF_8);
            Descriptor absent =
                    Descriptor.of(MediaType.parse("application/vnd.oci.empty.v1+json"), Digest.sha256(empty), 2);
            Descriptor config =
                    FakeArtifact.with(absent, "data", Base64.getEncoder().encodeToString(empty));
            Descriptor lying = FakeArtifact.with(
                    source.add(FakeArtifact.CONTENT, noise(1_000)),
                    "data",
                    Base64.getEncoder().encodeToString(noise(999)));
            FakeArtifact artifact = FakeArtifact.of(source, config, List.of(config, lying));

            bring(artifact);

            assertThat(source.opened(config)).isZero();
            assertThat(source.opened(lying)).isEqualTo(1);
            assertThat(store.content().find(config.digest()).orElseThrow().file())
                    .hasBinaryContent(empty);
            assertThat(has(lying)).isTrue();
        }
    }

    @Test
    void layerThatItsDescriptorCarriesIsNotAskedFor() {
        byte[] tar = FakeImage.tar("f", 1_000);
        byte[] packed = FakeImage.gzipped(tar);
        Descriptor blob = FakeArtifact.with(
                Descriptor.of(MediaType.Known.OCI_LAYER_GZIP, Digest.sha256(packed), packed.length),
                "data",
                Base64.getEncoder().encodeToString(packed));
        FakeImage fake = FakeImage.of(source, new LayerPlan(blob, Digest.sha256(tar)));

        Image image = pull(fake.manifest(), NAME);

        assertThat(image.tree().entries()).isEqualTo(1);
        assertThat(source.opened(blob)).isZero();
    }

    @Nested
    @DisplayName("A foreign layer")
    class Foreign {
        private final byte[] tar = FakeImage.tar("f", 1_000);
        private final LayerPlan layer = new LayerPlan(
                source.add(MediaType.Known.DOCKER_FOREIGN_GZIP, FakeImage.gzipped(tar)), Digest.sha256(tar));
        private final FakeImage image =
                FakeImage.of(source, FakeImage.gzipLayer(source, FakeImage.tar("g", 10)), layer);

        @Test
        void isRefusedBeforeAnyLayerIsFetched() {
            assertThatThrownBy(() -> pull(image.manifest(), NAME))
                    .isInstanceOf(Failure.class)
                    .hasMessage("Invalid: manifest " + image.manifest().digest() + ": got the foreign layer "
                            + layer.blob().digest() + " (" + MediaType.Known.DOCKER_FOREIGN_GZIP
                            + "), which registries need not have; wanted the setting allowForeignLayers: true");

            image.layers()
                    .forEach(each -> assertThat(source.opened(each.blob())).isZero());
            assertThat(store.directory()).doesNotExist();
        }

        @Test
        void isRefusedInArtifactsToo() {
            FakeArtifact artifact =
                    FakeArtifact.of(source, source.add(FakeArtifact.TYPE, noise(10)), List.of(layer.blob()));

            assertThatThrownBy(() -> bring(artifact)).hasMessageContaining("allowForeignLayers");
        }

        @Test
        void comesAsOthersDoWhereItIsAllowed() {
            Pull allowing = new Pull(store, flows, true);

            Image pulled = allowing.pull(source, image.manifest(), NAME, null, PullListener.NONE);

            assertThat(pulled.tree().entries()).isEqualTo(2);
        }
    }

    @Nested
    @DisplayName("All platforms")
    class AllPlatforms {
        private final LayerPlan shared = FakeImage.gzipLayer(source, FakeImage.tar("shared", 600_000));

        private FakeImage image(String name) {
            return FakeImage.of(source, shared, FakeImage.gzipLayer(source, FakeImage.tar(name, 10_000)));
        }

        private Descriptor index(Map<String, Descriptor> images) {
            return FakeImage.index(
                    source,
                    List.copyOf(images.values()),
                    images.keySet().stream().map(Platform::parse).toList());
        }

        @Test
        void areBroughtWithNestedIndexesAndWhatTheyShareOnce() {
            FakeImage amd64 = image("amd64");
            FakeImage arm64 = image("arm64");
            FakeImage s390x = image("s390x");
            FakeArtifact chart = FakeArtifact.of(source, noise(10), noise(1_000));
            FakeArtifact attestation = FakeArtifact.of(source, noise(11), noise(1_001));
            Descriptor nested = index(Map.of("linux/s390x", s390x.manifest()));
            Map<String, Descriptor> entries = new LinkedHashMap<>();
            entries.put("linux/amd64", amd64.manifest());
            entries.put("unknown/unknown", attestation.manifest());
            entries.put("linux/arm64", arm64.manifest());
            entries.put("plan9/chart", chart.manifest());
            entries.put("linux/s390x", nested);
            Descriptor index = index(entries);
            Special listener = new Special();

            List<Brought> brought = bring(index, NAME, Platforms.All.ALL, listener);

            assertThat(brought)
                    .extracting(each -> ((Image) each).plan().descriptor().digest())
                    .containsExactly(
                            amd64.manifest().digest(),
                            arm64.manifest().digest(),
                            s390x.manifest().digest());
            assertThat(List.of(amd64, arm64, s390x))
                    .allSatisfy(each -> assertThat(each.blobs()).allMatch(PullIT.this::has));
            assertThat(source.opened(shared.blob())).isEqualTo(1);
            assertThat(listener.skipped)
                    .extracting(Descriptor::digest)
                    .containsExactly(chart.manifest().digest());
            assertThat(chart.all()).noneMatch(PullIT.this::has);
            assertThat(attestation.all()).noneMatch(PullIT.this::has);
            assertThat(source.documents(attestation.manifest())).isZero();
            assertThat(has(nested)).isTrue();
            assertThat(catalogue().images())
                    .singleElement()
                    .satisfies(stored -> assertThat(stored.platforms())
                            .containsExactly("linux/amd64", "linux/arm64", "linux/s390x"));
            Images images = new Images(store, flows, pull);
            for (String platform : List.of("linux/amd64", "linux/arm64", "linux/s390x")) {
                assertThat(images.open(Reference.normalized("app"), Platform.parse(platform), PullListener.NONE)
                                .plan()
                                .platform())
                        .hasToString(platform);
            }
            assertThat(catalogue().garbage(List.of(), afterTheLease())).noneMatch(Entry::present);
        }

        @Test
        void areGivenUpWithTheFirstThatFails() {
            FakeImage whole = image("whole");
            FakeImage broken = image("broken");
            Descriptor missing = broken.layers().getLast().blob();
            source.remove(missing);
            CountDownLatch never = new CountDownLatch(1);
            source.before(whole.layers().getLast().blob(), () -> await(never));
            Descriptor index = index(Map.of("linux/amd64", whole.manifest(), "linux/arm64", broken.manifest()));

            assertThatThrownBy(() -> bring(index, NAME, Platforms.All.ALL, PullListener.NONE))
                    .isInstanceOf(Failure.class)
                    .hasMessageStartingWith("NotFound: blob " + missing.digest());

            assertThat(catalogue().tag(NAME)).isEmpty();
        }
    }
}
