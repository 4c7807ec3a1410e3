package io.varve.gc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.catalogue.Catalogue;
import io.varve.catalogue.Edge;
import io.varve.catalogue.Entry;
import io.varve.catalogue.Node;
import io.varve.catalogue.Reason;
import io.varve.catalogue.Transaction;
import io.varve.decode.DecodeLimits;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.image.Peers;
import io.varve.layerfs.Layer;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Platform;
import io.varve.pipeline.FakeArtifact;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.pipeline.Image;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.TestStages;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.varve.store.TestOptions;
import io.varve.view.Index;
import io.varve.view.ViewOptions;
import io.varve.view.Views;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CollectorIT {
    private static final int PATIENCE_S = 60;
    private static final String APP = "docker.io/library/app:latest";
    private static final String OTHER = "docker.io/library/other:latest";

    @TempDir
    Path temporary;

    private final FakeSource source = new FakeSource();
    private Store store;
    private Views views;
    private Pull pull;
    private Collector collector;

    @BeforeEach
    void openStore() {
        store = new Store(temporary.resolve("store"), StoreOptions.DEFAULTS);
        views = new Views(store.directory().resolve("views"));
        pull = new Pull(store, new LayerPull(store, DecodeLimits.DEFAULTS, 4, TestStages::get));
        collector = new Collector(store, views);
    }

    @AfterEach
    void closeStore() {
        views.mounted().forEach(view -> views.unmount(view.directory()));
        store.close();
    }

    private Image pull(FakeImage image, @Nullable String name) {
        return pull.pull(source, image.manifest(), name, null, PullListener.NONE);
    }

    private void write(Consumer<Transaction> work) {
        store.write(
                "test",
                session -> session.write(transaction -> {
                    work.accept(transaction);
                    return true;
                }));
    }

    private Catalogue catalogue() {
        return store.catalogue().orElseThrow();
    }

    private static Instant now() {
        return Instant.now();
    }

    private Instant afterTheLeases() {
        return now().plus(store.options().lease()).plusSeconds(60);
    }

    private FakeImage image(String... layers) {
        return FakeImage.of(
                source,
                Stream.of(layers)
                        .map(name -> FakeImage.gzipLayer(source, FakeImage.tar(name, 20_000)))
                        .toArray(LayerPlan[]::new));
    }

    private static Set<Node> nodes(Collected collected) {
        Set<Node> nodes = new HashSet<>();
        collected.entries().forEach(entry -> nodes.add(entry.node()));
        return nodes;
    }

    /** All that an image needs. */
    private static Set<Node> nodes(FakeImage image) {
        Set<Node> nodes = new HashSet<>(Set.of(Node.index(image.chainId())));
        image.blobs().forEach(blob -> nodes.add(Node.blob(blob.digest())));
        image.layers().forEach(layer -> nodes.add(Node.layer(layer.diffId())));
        return nodes;
    }

    /** What there is on the disk, whatever the catalogue says. */
    private Set<Node> there() {
        Set<Node> there = new HashSet<>();
        try {
            store.content().list((path, digest) -> there.add(Node.blob(known(digest))));
            store.layers().list((path, diffId) -> there.add(Node.layer(known(diffId))));
            store.indexes().list((path, chainId) -> there.add(Node.index(known(chainId))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return there;
    }

    private static Digest known(@Nullable Digest digest) {
        return Objects.requireNonNull(digest, "a file of somebody else");
    }

    /** Bytes that the disk gives for the content of the store: each file once, however many names it has. */
    private long bytesThere() throws IOException {
        Map<Object, Long> files = new HashMap<>();
        for (String shelf : List.of("blobs", "layers", "images", "ingest")) {
            Path below = store.directory().resolve(shelf);
            if (Files.isDirectory(below)) {
                try (Stream<Path> all = Files.walk(below)) {
                    for (Path each : all.filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))
                            .toList()) {
                        files.put(Files.getAttribute(each, "unix:ino"), Files.size(each));
                    }
                }
            }
        }
        return files.values().stream().mapToLong(size -> size).sum();
    }

    @Test
    void removesExactlyWhatNothingNeeds() throws IOException {
        FakeImage kept = image("shared", "kept");
        FakeImage gone = image("shared", "gone");
        pull(kept, APP);
        pull(gone, OTHER);
        assertThat(nodes(collector.collect(now()))).isEmpty();
        write(transaction -> transaction.untag(OTHER));
        Set<Node> garbage = nodes(gone);
        garbage.removeAll(nodes(kept));
        long before = bytesThere();

        Collected collected = collector.collect(now());

        assertThat(garbage).hasSize(5);
        assertThat(nodes(collected)).isEqualTo(garbage);
        assertThat(there()).isEqualTo(nodes(kept));
        assertThat(collected.bytes()).isEqualTo(before - bytesThere()).isPositive();
        assertThat(catalogue().nodes()).extracting(Entry::node).containsExactlyInAnyOrderElementsOf(nodes(kept));
        assertThat(store.directory().resolve("ingest")).isEmptyDirectory();
        assertThat(collector.collect(now())).isEqualTo(new Collected(List.of(), 0));
        assertThat(pull(gone, OTHER).layers()).hasSize(2);
    }

    @Test
    void previewSaysWhatWouldGoAndChangesNothing() throws IOException {
        FakeImage gone = image("a", "b");
        pull(gone, APP);
        write(transaction -> transaction.untag(APP));
        long before = bytesThere();

        Collected preview = collector.preview(now());

        assertThat(nodes(preview)).isEqualTo(nodes(gone)).isEqualTo(there());
        assertThat(bytesThere()).isEqualTo(before);
        Collected collected = collector.collect(now());
        assertThat(nodes(collected)).isEqualTo(nodes(preview));
        assertThat(collected.bytes()).isEqualTo(preview.bytes()).isEqualTo(before);
        assertThat(there()).isEmpty();
    }

    @Test
    void storeThatIsNotThereHasNothingToGo() {
        assertThat(collector.preview(now())).isEqualTo(new Collected(List.of(), 0));
        assertThat(store.directory()).doesNotExist();
    }

    @Test
    void imageWithoutANameGoesWhenItsLeaseEnds() {
        FakeImage nameless = image("a");
        pull(nameless, null);

        assertThat(collector.collect(now()).entries()).isEmpty();
        assertThat(there()).isEqualTo(nodes(nameless));

        assertThat(nodes(collector.collect(afterTheLeases()))).isEqualTo(nodes(nameless));
        assertThat(there()).isEmpty();
    }

    @Test
    void whatAFailedPullBroughtGoesWithItsLeaseAndIsCounted() throws IOException {
        FakeImage broken = image("a", "b");
        source.remove(broken.layers().getLast().blob());
        pull(image("a"), null);
        assertThatThrownBy(() -> pull(broken, APP)).isInstanceOf(Failure.class);
        Set<Node> brought = there();
        assertThat(brought).contains(Node.blob(broken.manifest().digest()));
        long before = bytesThere();
        assertThat(collector.collect(now()).entries()).isEmpty();

        Collected collected = collector.collect(afterTheLeases());

        assertThat(nodes(collected)).isEqualTo(brought);
        assertThat(collected.bytes()).isEqualTo(before);
        assertThat(bytesThere()).isZero();
        assertThat(catalogue().nodes()).isEmpty();
    }

    @Test
    void whatIsGoneAlreadyIsForgottenAndNotCounted() throws IOException {
        FakeImage gone = image("a", "b");
        pull(gone, APP);
        write(transaction -> transaction.untag(APP));
        Node lost = Node.layer(gone.layers().getFirst().diffId());
        store.staging().remove(List.of(store.layers().home(lost.digest())));
        long before = bytesThere();

        Collected collected = collector.collect(now());

        assertThat(nodes(collected)).hasSize(nodes(gone).size() - 1).doesNotContain(lost);
        assertThat(collected.bytes()).isEqualTo(before);
        assertThat(catalogue().nodes()).isEmpty();
    }

    @Test
    void tarThatIsABlobTooCountsOnceAndOnlyWhenBothGo() throws IOException {
        FakeImage plain = FakeImage.of(source, FakeImage.plainLayer(source, FakeImage.tar("plain", 500_000)));
        pull(plain, APP);
        LayerPlan layer = plain.layers().getFirst();
        write(transaction -> {
            transaction.untag(APP);
            transaction.lease(0, List.of(Node.layer(layer.diffId())), afterTheLeases());
        });
        long all = bytesThere();

        Collected first = collector.collect(now());
        assertThat(nodes(first)).contains(Node.blob(layer.blob().digest())).doesNotContain(Node.layer(layer.diffId()));
        assertThat(first.bytes())
                .isEqualTo(all - bytesThere())
                .isLessThan(layer.blob().size());

        Collected second = collector.collect(afterTheLeases());
        assertThat(nodes(second)).containsExactly(Node.layer(layer.diffId()));
        assertThat(second.bytes())
                .isEqualTo(all - first.bytes())
                .isGreaterThan(layer.blob().size());

        pull(plain, APP);
        write(transaction -> transaction.untag(APP));
        assertThat(collector.preview(now()).bytes()).isEqualTo(all);
        assertThat(collector.collect(now()).bytes()).isEqualTo(all);
    }

    @Test
    void imageIndexKeepsOnlyThoseOfItsImagesThatWerePulled() {
        FakeImage ours = image("ours");
        FakeImage other = image("other");
        Descriptor index = FakeImage.index(
                source,
                List.of(other.manifest(), ours.manifest()),
                List.of(Platform.parse("linux/s390x"), Platform.ofThisMachine()));
        pull.pull(source, index, APP, null, PullListener.NONE);

        assertThat(collector.collect(afterTheLeases()).entries()).isEmpty();

        Set<Node> expected = nodes(ours);
        expected.add(Node.blob(index.digest()));
        assertThat(there()).isEqualTo(expected);
        write(transaction -> transaction.untag(APP));
        assertThat(nodes(collector.collect(now()))).isEqualTo(expected);
    }

    @Test
    void viewKeepsItsIndexAndItsLayers() {
        Peers.needKernelMounts();
        FakeImage fake = image("a", "b");
        Image image = pull(fake, APP);
        Path at = temporary.resolve("at");
        views.mount(
                new Index(
                        image.chainId(),
                        image.index(),
                        image.layers().stream().map(Layer::tar).toList()),
                at,
                ViewOptions.READ_ONLY);
        write(transaction -> transaction.untag(APP));
        Set<Node> viewed = nodes(fake);
        fake.blobs().forEach(blob -> viewed.remove(Node.blob(blob.digest())));

        assertThat(nodes(collector.preview(afterTheLeases()))).doesNotContainAnyElementsOf(viewed);
        collector.collect(afterTheLeases());

        assertThat(there()).isEqualTo(viewed);
        assertThat(at.resolve("a")).isRegularFile();
        assertThat(new Reasons(store, views).why(fake.layers().getFirst().diffId(), now()))
                .extracting(Reason::root)
                .containsExactly("view " + at);
        views.unmount(at);
        assertThat(nodes(collector.collect(now()))).isEqualTo(viewed);
        assertThat(there()).isEmpty();
    }

    /** The collector is told that every lease has long ended; the job goes on all the same. */
    @Test
    void runningPullLosesNothingOfWhatItFoundAndOfWhatItBrought() throws Exception {
        FakeImage before = image("found", "unneeded");
        pull(before, OTHER);
        write(transaction -> transaction.untag(OTHER));
        FakeImage wanted = image("found", "brought", "coming");
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch collected = new CountDownLatch(1);
        source.before(wanted.layers().getLast().blob(), () -> {
            begun.countDown();
            await(collected);
        });
        try (ExecutorService puller = Executors.newSingleThreadExecutor()) {
            Future<Image> pulling = puller.submit(() -> pull(wanted, APP));
            await(begun);
            Set<Node> gone = nodes(collector.collect(afterTheLeases()));
            collected.countDown();

            Set<Node> unneeded = nodes(before);
            unneeded.removeAll(nodes(wanted));
            assertThat(gone).isEqualTo(unneeded).hasSize(5);
            assertThat(pulling.get(PATIENCE_S, TimeUnit.SECONDS).layers()).hasSize(3);
        }
        assertThat(there()).isEqualTo(nodes(wanted));
        assertThat(source.opened(wanted.layers().getFirst().blob())).isEqualTo(1);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(PATIENCE_S, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Images that share layers come and go; whatever a pull returned is there as long as it has its name. */
    @Test
    void besidePullsNothingThatAPullReturnedIsEverMissing() throws Exception {
        int pullers = 3;
        int rounds = 15;
        AtomicBoolean over = new AtomicBoolean();
        List<FakeImage> images = List.of(image("s", "a"), image("s", "b"), image("a", "s", "c"), image("b"));
        try (ExecutorService others = Executors.newFixedThreadPool(pullers + 2)) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < pullers; i++) {
                String name = "registry.example/app:" + i;
                int first = i;
                running.add(others.submit(() -> {
                    for (int round = 0; round < rounds; round++) {
                        FakeImage image = images.get((first + round) % images.size());
                        Image pulled = pull(image, name);
                        assertThat(there()).containsAll(nodes(image));
                        assertThat(pulled.tree().entries())
                                .isEqualTo(image.layers().size());
                        write(transaction -> transaction.untag(name));
                    }
                }));
            }
            AtomicBoolean collectedSomething = new AtomicBoolean();
            Future<?> collecting = others.submit(() -> {
                while (!over.get()) {
                    if (!collector.collect(afterTheLeases()).entries().isEmpty()) {
                        collectedSomething.set(true);
                    }
                }
            });
            Future<?> looking = others.submit(() -> {
                while (!over.get()) {
                    collector.preview(now());
                }
            });
            try {
                for (Future<?> each : running) {
                    each.get(PATIENCE_S, TimeUnit.SECONDS);
                }
            } finally {
                over.set(true);
            }
            collecting.get(PATIENCE_S, TimeUnit.SECONDS);
            looking.get(PATIENCE_S, TimeUnit.SECONDS);
            assertThat(collectedSomething).isTrue();
        }
        collector.collect(now());
        assertThat(there()).isEmpty();
        assertThat(store.directory().resolve("ingest")).isEmptyDirectory();
    }

    @Test
    void filesThatTheCatalogueDoesNotKnowAreNotTouched() throws IOException {
        FakeImage gone = image("a");
        pull(gone, APP);
        write(transaction -> transaction.untag(APP));
        byte[] unknown = {1, 2, 3};
        store.content().put(Digest.sha256(unknown), unknown);

        collector.collect(afterTheLeases());

        assertThat(there()).containsExactly(Node.blob(Digest.sha256(unknown)));
    }

    @Test
    void storeThatAnotherProcessHoldsIsUnavailableToCollectAndNotToPreview() {
        FakeImage gone = image("a");
        pull(gone, APP);
        write(transaction -> transaction.untag(APP));
        StoreOptions impatient = TestOptions.usual().lockWait(Duration.ZERO).build();
        try (Store another = new Store(store.directory(), impatient)) {
            Collector other = new Collector(another, views);
            store.write("in the way", session -> {
                assertThat(nodes(other.preview(now()))).isEqualTo(nodes(gone));
                assertThatThrownBy(() -> other.collect(now())).isInstanceOfSatisfying(Failure.class, failure -> {
                    assertThat(failure.category()).isEqualTo(Category.UNAVAILABLE);
                    assertThat(failure).hasMessageContaining("(in the way)");
                });
                return true;
            });
        }
        assertThat(there()).isEqualTo(nodes(gone));
    }

    @Test
    void reasonsTellTheWayFromTheNameToTheLayer() {
        FakeImage image = image("a", "b");
        pull(image, APP);
        Reasons reasons = new Reasons(store, views);
        LayerPlan top = image.layers().getLast();

        assertThat(reasons.why(top.blob().digest(), now())).singleElement().satisfies(reason -> {
            assertThat(reason.root()).isEqualTo("tag " + APP);
            assertThat(reason.chain())
                    .singleElement()
                    .satisfies(edge -> assertThat(edge.role()).isEqualTo(Edge.Role.BLOB));
        });
        assertThat(reasons.why(top.diffId(), now())).isNotEmpty();
        Digest nothing = Digest.sha256(new byte[] {9});
        assertThat(reasons.knows(top.diffId())).isTrue();
        assertThat(reasons.knows(nothing)).isFalse();
        assertThat(reasons.why(nothing, now())).isEmpty();
        write(transaction -> transaction.untag(APP));
        assertThat(reasons.why(top.diffId(), now())).isEmpty();
        assertThat(reasons.knows(top.diffId())).isTrue();
    }

    private FakeArtifact artifact() {
        return FakeArtifact.of(source, new byte[] {'{', '}'}, new byte[300_000], new byte[] {1, 2, 3});
    }

    private static Set<Node> nodes(FakeArtifact artifact) {
        Set<Node> nodes = new HashSet<>();
        artifact.all().forEach(blob -> nodes.add(Node.blob(blob.digest())));
        return nodes;
    }

    @Test
    void artifactIsKeptByItsNameAndGoesWithoutIt() {
        FakeArtifact artifact = artifact();
        artifact.pull(pull, source, APP);

        assertThat(collector.collect(afterTheLeases()).entries()).isEmpty();
        assertThat(there()).isEqualTo(nodes(artifact));
        assertThat(new Reasons(store, views).why(artifact.blobs().getFirst().digest(), now()))
                .singleElement()
                .satisfies(reason -> {
                    assertThat(reason.root()).isEqualTo("tag " + APP);
                    assertThat(reason.chain())
                            .singleElement()
                            .satisfies(edge -> assertThat(edge.role()).isEqualTo(Edge.Role.BLOB));
                });

        write(transaction -> transaction.untag(APP));

        assertThat(nodes(collector.collect(now()))).isEqualTo(nodes(artifact));
        assertThat(there()).isEmpty();
    }

    @Test
    void blobsOfAnArtifactStayWhereThoseOfLayersGo() {
        StoreOptions sparing = TestOptions.usual().keepBlobs(false).build();
        FakeImage image = image("a");
        FakeArtifact artifact = artifact();
        pull(image, OTHER);
        artifact.pull(pull, source, APP);
        try (Store another = new Store(store.directory(), sparing)) {
            Collected collected = new Collector(another, views).collect(now());

            assertThat(nodes(collected))
                    .containsExactly(Node.blob(image.layers().getFirst().blob().digest()));
        }
        assertThat(there()).containsAll(nodes(artifact));
    }

    @Test
    void imagesForAllPlatformsGoTogether() {
        FakeImage one = image("shared", "one");
        FakeImage two = image("shared", "two");
        Descriptor index = FakeImage.index(
                source,
                List.of(one.manifest(), two.manifest()),
                List.of(Platform.ofThisMachine(), Platform.parse("plan9/mips")));
        pull.pull(source, index, APP, null, PullListener.NONE);
        pull.pull(source, index, APP, Platform.parse("plan9/mips"), PullListener.NONE);
        assertThat(collector.collect(afterTheLeases()).entries()).isEmpty();

        write(transaction -> transaction.untag(APP));
        collector.collect(now());

        assertThat(there()).isEmpty();
    }
}
