package io.varve.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.decode.DecodeLimits;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.guard.WatchedVertx;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Digest;
import io.varve.oci.Reference;
import io.varve.registry.Access;
import io.varve.registry.FakeRegistry;
import io.varve.registry.Fault;
import io.varve.registry.NetworkOptions;
import io.varve.registry.Registry;
import io.varve.registry.RegistryClient;
import io.varve.registry.RegistryLimits;
import io.varve.registry.RegistryOptions;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole pulls from registries that misbehave, through the real client and the real stages, into a real store. */
class RegistryPullIT {
    private static final int PATIENCE_S = 60;
    private static final int MANY = 64;

    @TempDir
    Path directory;

    private final FakeSource source = new FakeSource();
    private Vertx vertx;
    private Stages stages;
    private FakeRegistry fake;
    private Registry registry;
    private Store store;
    private Pulls pulls;

    @BeforeEach
    void begin() throws Exception {
        vertx = WatchedVertx.createForSockets();
        stages = TestStages.on(vertx);
        fake = FakeRegistry.http(vertx);
        open(2);
    }

    private void open(int attempts) {
        NetworkOptions network = new NetworkOptions(
                attempts,
                Duration.ofSeconds(20),
                Duration.ofSeconds(20),
                Duration.ofMinutes(2),
                Duration.ofSeconds(1),
                0);
        registry = RegistryClient.of(
                vertx,
                new RegistryOptions(Map.of(), network, RegistryLimits.DEFAULTS),
                Map.of(),
                (host, repository) -> Optional.empty());
        store = new Store(directory.resolve("store"), StoreOptions.DEFAULTS);
        LayerPull layers = new LayerPull(store, DecodeLimits.DEFAULTS, 3, () -> stages);
        pulls = new Pulls(store, new Pull(store, layers), () -> stages, () -> registry);
    }

    @AfterEach
    void end() throws Exception {
        store.close();
        registry.close();
        fake.close();
        vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
    }

    private Pulls.Outcome pull(Reference name) {
        return pull(List.of(name)).getFirst();
    }

    private List<Pulls.Outcome> pull(List<Reference> names) {
        return pulls.pull(
                names.stream()
                        .<Origin>map(name -> new Origin.Remote(name, Access.DEFAULT))
                        .toList(),
                null,
                Platforms.HERE,
                PullListener.NONE);
    }

    private static void assertPulled(Pulls.Outcome outcome) {
        assertThat(outcome.failure()).as(outcome.subject()).isNull();
    }

    private void assertThere(FakeImage image) {
        for (LayerPlan layer : image.layers()) {
            assertThat(store.layers().find(layer.diffId()))
                    .isPresent()
                    .hasValueSatisfying(there -> assertThat(digest(there.tar())).isEqualTo(layer.diffId()));
            assertThat(store.content().find(layer.blob().digest())).isPresent();
        }
        assertThat(store.indexes().find(image.chainId())).isPresent();
    }

    private static Digest digest(Path file) {
        try {
            return Digest.sha256(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void assertNothingOf(FakeImage image) {
        assertThat(store.read(catalogue -> catalogue.tags("", "", 10)).orElse(List.of()))
                .isEmpty();
        image.layers()
                .forEach(
                        layer -> assertThat(store.layers().find(layer.diffId())).isEmpty());
    }

    @Test
    void imageIsThereAsTheRegistryHasIt() {
        FakeImage image = FakeImage.gzip(source, "app", 10, 900_000);
        fake.add("app", "1", source, image);

        assertPulled(pull(fake.reference("app", "1")));

        assertThere(image);
        assertThat(store.read(catalogue ->
                                catalogue.tag(fake.reference("app", "1").toString()))
                        .orElseThrow())
                .isPresent();
    }

    @Test
    void connectionThatBreaksCostsNoByteTwice() {
        FakeImage image = FakeImage.gzip(source, "app", 900_000);
        fake.add("app", "1", source, image);
        fake.server().script("/blobs/" + image.layers().getFirst().blob().digest(), Fault.cut(600_001));

        assertPulled(pull(fake.reference("app", "1")));

        assertThere(image);
        assertThat(fake.server()
                        .asked("/blobs/" + image.layers().getFirst().blob().digest()))
                .extracting(asked -> asked.header("Range"))
                .containsExactly(null, "bytes=600001-");
    }

    @Test
    void pullThatFailedGoesOnWithWhatItHadInAnotherProcess() {
        FakeImage image = FakeImage.gzip(source, "app", 900_000);
        fake.add("app", "1", source, image);
        String blob = "/blobs/" + image.layers().getFirst().blob().digest();
        fake.server().always(blob, Fault.cut(600_001));
        open(1);

        assertThat(pull(fake.reference("app", "1")).failure())
                .isNotNull()
                .satisfies(failure -> assertThat(failure.category()).isEqualTo(Category.UNAVAILABLE));
        assertNothingOf(image);
        store.close();
        fake.server().reset();
        open(2);
        assertPulled(pull(fake.reference("app", "1")));

        assertThere(image);
        assertThat(fake.server().asked(blob))
                .singleElement()
                .satisfies(asked -> assertThat(asked.header("Range"))
                        .as("whole slabs are kept")
                        .isEqualTo("bytes=524288-"));
    }

    @Test
    void wrongBytesAreToldByTheirDigestAndNotKept() throws Exception {
        FakeImage image = FakeImage.of(source, FakeImage.plainLayer(source, FakeImage.tar("f", 900_000)));
        fake.add("app", "1", source, image);
        String blob = "/blobs/" + image.layers().getFirst().blob().digest();
        fake.server().script(blob, Fault.wrongByte(700_000));

        assertThat(pull(fake.reference("app", "1")).failure())
                .isNotNull()
                .satisfies(failure -> assertThat(failure.category()).isEqualTo(Category.MISMATCH))
                .hasMessageContaining("digest of ");
        assertNothingOf(image);
        try (Stream<Path> left = Files.list(directory.resolve("store/ingest"))) {
            assertThat(left).isEmpty();
        }

        assertPulled(pull(fake.reference("app", "1")));
        assertThere(image);
        assertThat(fake.server().asked(blob))
                .extracting(asked -> asked.header("Range"))
                .containsOnlyNulls();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 300_000, 899_999})
    void interruptionEndsTheConnectionsAtOnceAndKeepsWhatCame(int after) throws Exception {
        FakeImage image = FakeImage.of(source, FakeImage.plainLayer(source, FakeImage.tar("f", 900_000)));
        fake.add("app", "1", source, image);
        CountDownLatch stalling = new CountDownLatch(1);
        Promise<Void> never = Promise.promise();
        fake.server()
                .script(
                        "/blobs/" + image.layers().getFirst().blob().digest(),
                        Fault.stall(after, never.future()).heardBy(stalling::countDown));
        CompletableFuture<Throwable> ended = new CompletableFuture<>();
        Thread puller = Thread.ofPlatform().start(() -> {
            try {
                pull(fake.reference("app", "1"));
                ended.complete(new AssertionError("nothing was cancelled"));
            } catch (Failure e) {
                ended.complete(e);
            }
        });
        assertThat(stalling.await(PATIENCE_S, TimeUnit.SECONDS)).isTrue();

        puller.interrupt();

        assertThat(ended.get(PATIENCE_S, TimeUnit.SECONDS))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.category()).isEqualTo(Category.CANCELLED));
        assertThat(stages.budget().held()).isZero();
        registry.close();
        fake.server().left().await(PATIENCE_S, TimeUnit.SECONDS);
        assertNothingOf(image);
    }

    @Test
    void whatTheStoreHasIsNotAskedFor() {
        LayerPlan base = FakeImage.gzipLayer(source, FakeImage.tar("base", 300_000));
        FakeImage first = FakeImage.of(source, base);
        FakeImage second = FakeImage.of(source, base, FakeImage.gzipLayer(source, FakeImage.tar("own", 10)));
        fake.add("app", "1", source, first).add("app", "2", source, second);

        assertPulled(pull(fake.reference("app", "1")));
        assertPulled(pull(fake.reference("app", "2")));

        assertThat(fake.server().asked("/blobs/" + base.blob().digest())).hasSize(1);
        assertThere(second);
    }

    @Test
    void manyImagesAtOnceShareConnectionsAndWhatTheyHaveInCommon() {
        LayerPlan base = FakeImage.gzipLayer(source, FakeImage.tar("base", 900_000));
        List<Reference> names = new ArrayList<>();
        List<FakeImage> images = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            FakeImage image = FakeImage.of(source, base, FakeImage.gzipLayer(source, FakeImage.tar("own" + i, 10_000)));
            fake.add("app", "v" + i, source, image);
            images.add(image);
            names.add(fake.reference("app", "v" + i));
        }

        pull(names).forEach(RegistryPullIT::assertPulled);

        images.forEach(this::assertThere);
        assertThat(fake.server().asked("/blobs/" + base.blob().digest())).hasSize(1);
        assertThat(fake.server().mostConnections()).isLessThanOrEqualTo(8);
        assertThat(stages.budget().held()).isZero();
    }

    @Test
    void registryThatIsStuckDelaysNobodyElse() throws Exception {
        Promise<Void> until = Promise.promise();
        try (FakeRegistry stuck = FakeRegistry.http(vertx)) {
            stuck.server().always("/blobs/", Fault.stall(10, until.future()));
            List<Reference> slow = new ArrayList<>();
            for (int i = 0; i < 2 * MANY; i++) {
                stuck.add("slow", "v" + i, source, FakeImage.gzip(source, "slow" + i, 300_000));
                slow.add(stuck.reference("slow", "v" + i));
            }
            CompletableFuture<List<Pulls.Outcome>> waiting = new CompletableFuture<>();
            Thread.ofPlatform().start(() -> waiting.complete(pull(slow)));
            FakeImage image = FakeImage.gzip(source, "quick", 900_000, 10);
            fake.add("quick", "1", source, image);

            assertPulled(pull(fake.reference("quick", "1")));

            assertThere(image);
            assertThat(waiting).isNotDone();
            until.complete();
            waiting.get(PATIENCE_S, TimeUnit.SECONDS).forEach(RegistryPullIT::assertPulled);
        }
    }
}
