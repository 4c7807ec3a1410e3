package io.varve.build;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.decode.DecodeLimits;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.gc.Collector;
import io.varve.image.Tarball;
import io.varve.manifest.PlanLimits;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.ImageName;
import io.varve.oci.Json;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import io.varve.pipeline.Cancellation;
import io.varve.pipeline.Image;
import io.varve.pipeline.Images;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Pulls;
import io.varve.pipeline.Stages;
import io.varve.pipeline.TestStages;
import io.varve.push.Pushes;
import io.varve.registry.Access;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.varve.verify.Finding;
import io.varve.verify.Verifier;
import io.varve.verify.VerifyListener;
import io.varve.view.Views;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole builds in a real store. */
class BuildsIT {
    private static final int PATIENCE_S = 60;
    private static final int LAYERS_AT_ONCE = 3;
    private static final int AT_ONCE = 100;
    private static final int MANY_AT_ONCE = 500;
    private static final String FILE = "{'files': [{'path': 'etc/motd', 'text': 'hello'}]}";

    @TempDir
    Path directory;

    private Workshop shop;

    /** A store, and whoever builds in it. */
    private static final class Workshop implements AutoCloseable {
        final Store store;
        final Images images;
        final Builds builds;
        private final LayerPull layers;
        private final Path inputs;

        Workshop(Path directory, Path inputs) {
            this(directory, inputs, TestStages::get);
        }

        Workshop(Path directory, Path inputs, Supplier<Stages> stages) {
            this(directory, inputs, stages, LAYERS_AT_ONCE);
        }

        Workshop(Path directory, Path inputs, Supplier<Stages> stages, int layersAtOnce) {
            this.inputs = inputs;
            store = new Store(directory, StoreOptions.DEFAULTS);
            layers = new LayerPull(store, DecodeLimits.DEFAULTS, layersAtOnce, stages);
            Pull pull = new Pull(store, layers);
            images = new Images(store, layers, pull);
            Pulls pulls = new Pulls(store, pull, stages, TestStages.noRegistry());
            Pushes pushes = new Pushes(
                    store,
                    images,
                    stages,
                    TestStages.noRegistry(),
                    () -> {
                        throw new AssertionError("a registry was asked for");
                    },
                    layersAtOnce);
            builds = new Builds(store, images, pulls, pushes, stages, DecodeLimits.DEFAULTS, layersAtOnce);
        }

        private Builds.Asking asking() {
            return new Builds.Asking(new HostInputs(inputs), Access.DEFAULT, false, any -> false);
        }

        Built build(String spec) {
            return builds.build(read(spec), asking(), PullListener.NONE);
        }

        Future<Built> begin(String spec) {
            return builds.build(read(spec), asking(), new Cancellation(), PullListener.NONE);
        }

        Image open(Digest digest) {
            return images.open(digest, null, PullListener.NONE);
        }

        boolean shows(Built built, String path) {
            return open(built.image().digest()).tree().resolve(path.getBytes(UTF_8)) >= 0;
        }

        ImageConfig config(Built built) {
            return open(built.image().digest()).plan().config();
        }

        List<Finding> verify() {
            List<Finding> found = Collections.synchronizedList(new ArrayList<>());
            new Verifier(store, layers, 3).verify(new VerifyListener() {
                @Override
                public void found(Finding finding) {
                    found.add(finding);
                }
            });
            return found;
        }

        void collect() {
            Instant later = Instant.now().plus(store.options().lease()).plusSeconds(60);
            new Collector(store, new Views(store.directory().resolve("views"))).collect(later);
        }

        void assertEmpty() {
            collect();
            assertThat(store.read(catalogue -> catalogue.nodes().size()).orElse(0))
                    .isZero();
            assertThat(store.read(catalogue -> catalogue.tags("", "", 10).size())
                            .orElse(0))
                    .isZero();
        }

        @Override
        public void close() {
            store.close();
        }
    }

    private static BuildSpec read(String json) {
        return SpecReader.read(Json.read(json.replace('\'', '"').getBytes(UTF_8), Json.DEFAULT_LIMIT));
    }

    /** What the first build loads takes an event loop longer than the limit; it happens on a loop that nobody watches. */
    @BeforeAll
    static void warmUp(@TempDir Path directory) {
        try (Workshop warm = new Workshop(directory.resolve("store"), directory, TestStages::unwatched)) {
            String base = "{'from': 'scratch', 'tags': ['a.example/base:1'], 'layers': [" + FILE + "]}";
            warm.build(base);
            warm.build(base);
            warm.build(base.replace("'tags'", "'compression': 'zstd', 'tags'"));
            warm.build(base);
            warm.build("{'from': 'a.example/base:1', 'squash': true, 'layers': [" + FILE
                    + ", {'copyFrom': 'a.example/base:1', 'paths': [{'src': 'etc', 'dest': 'opt'}]}]}");
        }
    }

    @BeforeEach
    void open() {
        shop = new Workshop(directory.resolve("store"), directory);
    }

    @AfterEach
    void close() {
        shop.close();
    }

    private static String onScratch(String rest) {
        return "{'from': 'scratch', 'platform': 'linux/amd64', 'tags': ['a.example/app:1'], " + rest + "}";
    }

    private Failure failure(String spec) {
        Failure failure = catchThrowableOfType(Failure.class, () -> shop.build(spec));
        assertThat(failure).isNotNull();
        return failure;
    }

    @Test
    void sameSpecComesToTheSameDigestInEveryStore() {
        String spec = onScratch("'layers': [" + FILE + "], 'config': {'cmd': ['/bin/app'], 'env': {'A': 'b'}}");

        Built built = shop.build(spec);

        assertThat(built.unchanged()).isFalse();
        assertThat(built.image().digest().hex()).startsWith("bc495b1a41d2b47ef71161692f784b41");
        try (Workshop other = new Workshop(directory.resolve("other"), directory)) {
            assertThat(other.build(spec).image()).isEqualTo(built.image());
        }
    }

    @Test
    void buildThatWasMadeBeforeWritesNothing() throws Exception {
        String spec = onScratch("'layers': [" + FILE + "]");
        Built first = shop.build(spec);
        List<String> before = files();

        Built again = shop.build(spec);

        assertThat(again).isEqualTo(new Built(first.image(), first.tags(), true));
        assertThat(files()).isEqualTo(before);
    }

    /** With their times. */
    private List<String> files() throws Exception {
        try (Stream<Path> all = Files.walk(shop.store.directory())) {
            List<String> files = new ArrayList<>();
            for (Path each : all.filter(Files::isRegularFile)
                    .filter(file -> !file.toString().endsWith("-shm"))
                    .sorted()
                    .toList()) {
                files.add(each + " " + Files.getLastModifiedTime(each));
            }
            return files;
        }
    }

    @Test
    void buildsThatAreTheSameAtOnceComeToOneImage() throws Exception {
        assertOneImage(finished(same(shop, AT_ONCE)));
        assertThat(shop.verify()).isEmpty();
    }

    @Test
    void buildsThatAllDifferAllSucceedAtOnce() throws Exception {
        assertAllDiffer(finished(different(shop, AT_ONCE)), shop);
    }

    /** On loops that nobody watches: of so many, a collector and other programs keep one waiting for longer than the limit. */
    @Test
    void moreBuildsThanAServiceLetsInAllSucceedAtOnce() throws Exception {
        try (Workshop large = new Workshop(directory.resolve("large"), directory, TestStages::unwatched)) {
            List<Future<Built>> different = different(large, MANY_AT_ONCE);
            List<Future<Built>> same = same(large, MANY_AT_ONCE);

            assertOneImage(finished(same));
            assertAllDiffer(finished(different), large);
        }
    }

    private static List<Future<Built>> same(Workshop shop, int count) {
        String spec = onScratch("'layers': [" + FILE + "]");
        return IntStream.range(0, count).mapToObj(i -> shop.begin(spec)).toList();
    }

    private static List<Future<Built>> different(Workshop shop, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> shop.begin("{'from': 'scratch', 'tags': ['a.example/different:" + i + "'], 'layers': ["
                        + FILE + ", {'files': [{'path': 'number', 'text': '" + i + "'}]}]}"))
                .toList();
    }

    private static List<Built> finished(List<Future<Built>> builds) throws Exception {
        Future.all(builds).await(PATIENCE_S, TimeUnit.SECONDS);
        return builds.stream().map(Future::result).toList();
    }

    private static void assertOneImage(List<Built> builds) {
        assertThat(builds.stream().map(Built::image).distinct()).hasSize(1);
    }

    private static void assertAllDiffer(List<Built> builds, Workshop shop) {
        assertThat(builds.stream().map(Built::image).distinct()).hasSameSizeAs(builds);
        shop.collect();
        assertThat(shop.verify()).isEmpty();
        assertThat(builds)
                .allSatisfy(each ->
                        assertThat(shop.open(each.image().digest()).layers()).hasSize(2));
    }

    /** Layers of several segments each, and more of them than are made at once; the most threads are too many for a loop that is watched. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8})
    void digestsAreTheSameHoweverManyWorkAtOnce(int atOnce) throws Exception {
        for (int i = 0; i < 2; i++) {
            Files.write(
                    directory.resolve("numbers" + i + ".tar"),
                    new Tarball().file("numbers" + i, numbers(i)).bytes());
        }
        String spec = onScratch("'compression': '%s', 'layers': [{'tar': 'numbers0.tar'}, " + FILE
                + ", {'tar': 'numbers1.tar'}, {'files': [{'path': 'etc/motd', 'text': 'other'}], 'remove': ['a']}]");
        Vertx vertx = Vertx.vertx();
        try {
            Stages stages = TestStages.on(vertx, atOnce);
            try (Workshop some = new Workshop(directory.resolve("some"), directory, () -> stages, atOnce)) {
                assertThat(some.build(spec.formatted("gzip")).image().digest().hex())
                        .isEqualTo("1bd457e58698f94bf73ed9e6951b1824a26d9c4835109e82821c663004577ec7");
                assertThat(some.build(spec.formatted("zstd")).image().digest().hex())
                        .isEqualTo("3a811643db11c92c2c77b3462a86111d8a98fee313850055d2bb6e612814487b");
                assertThat(some.build(spec.formatted("none")).image().digest().hex())
                        .isEqualTo("ecae53f2fe99bb0ae2b06036a4a3191fe3f13d49d16ed3c523911fbb3623dc04");
            }
        } finally {
            vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
        }
    }

    private static String numbers(int from) {
        return IntStream.range(from, 400_000).mapToObj(Integer::toString).collect(Collectors.joining("\n"));
    }

    private void base() {
        shop.build("{'from': 'scratch', 'platform': 'linux/amd64', 'tags': ['a.example/base:1'], 'layers': ["
                + "{'files': [{'path': 'etc/passwd', 'text': 'root'}, {'path': 'bin/sh', 'text': 'sh', 'mode': '0755'},"
                + " {'path': 'bin/dash', 'symlink': 'sh'}]}], 'config': {'entrypoint': ['/bin/sh'], 'cmd': ['-c'],"
                + " 'env': {'A': '1', 'B': '2'}}}");
    }

    private static String onBase(String rest) {
        return "{'from': 'a.example/base:1', 'platform': 'linux/amd64', 'tags': ['a.example/app:2'], " + rest + "}";
    }

    @Test
    void whatIsRemovedOfTheBaseIsNotSeenAnyMore() {
        base();

        Built built = shop.build(
                onBase("'layers': [{'remove': ['etc/passwd'], 'files': [{'path': 'etc/motd', 'text': 'x'}]}]"));

        assertThat(shop.open(built.image().digest()).layers()).hasSize(2);
        assertThat(shop.shows(built, "etc/passwd")).isFalse();
        assertThat(shop.shows(built, "etc/motd")).isTrue();
        assertThat(shop.shows(built, "bin/dash")).isTrue();
    }

    @Test
    void squashedImageHasOneLayerThatShowsTheSame() {
        base();

        Built built = shop.build(onBase(
                "'squash': true, 'layers': [{'remove': ['etc/passwd']}, {'files': [{'path': 'new', 'text': 'x'}]}]"));

        assertThat(shop.open(built.image().digest()).layers()).hasSize(1);
        assertThat(shop.shows(built, "etc/passwd")).isFalse();
        assertThat(shop.shows(built, "etc")).isTrue();
        assertThat(shop.shows(built, "new")).isTrue();
        assertThat(shop.shows(built, "bin/dash")).isTrue();
        assertThat(shop.config(built).diffIds()).hasSize(1);
        assertThat(shop.config(built).history()).hasSize(1);
    }

    @Test
    void filesOfAnotherImageAreCopied() {
        base();

        Built built = shop.build(onScratch(
                "'layers': [{'copyFrom': 'a.example/base:1', 'paths': [{'src': 'bin', 'dest': 'usr/bin'}]}]"));

        assertThat(shop.shows(built, "usr/bin/dash")).isTrue();
        assertThat(shop.shows(built, "etc/passwd")).isFalse();
        assertThat(failure(onScratch("'layers': [{'copyFrom': 'a.example/base:1', 'paths': [{'src': 'none'}]}]")))
                .hasMessageContaining("copyFrom");
    }

    @Test
    void configurationIsThatOfTheBaseButForWhatIsSaid() {
        base();

        ImageConfig config = shop.config(shop.build(
                onBase("'layers': [" + FILE + "], 'config': {'entrypoint': ['/app'], 'env': {'B': null, 'C': '3'}}")));

        assertThat(config.execution().env()).containsExactly("A=1", "C=3");
        assertThat(config.execution().entrypoint()).containsExactly("/app");
        assertThat(config.execution().cmd()).isNullOrEmpty();
        assertThat(config.diffIds()).hasSize(2);
        assertThat(config.history()).hasSize(2);
        assertThat(config.created()).isEqualTo(Instant.EPOCH);
    }

    @ParameterizedTest
    @ValueSource(strings = {"zstd", "none"})
    void layersAreCompressedAsWanted(String compression) {
        Built built = shop.build(onScratch("'compression': '" + compression + "', 'layers': [" + FILE + "]"));
        Built gzip = shop.build("{'from': 'scratch', 'platform': 'linux/amd64', 'layers': [" + FILE + "]}");

        assertThat(built.image()).isNotEqualTo(gzip.image());
        assertThat(shop.config(built).diffIds()).isEqualTo(shop.config(gzip).diffIds());
        assertThat(shop.verify()).isEmpty();
    }

    @Test
    void severalPlatformsBecomeAnImageIndex() {
        Built built = shop.build("{'from': 'scratch', 'platforms': ['linux/amd64', 'linux/arm64'],"
                + " 'tags': ['a.example/app:1'], 'layers': [" + FILE + "]}");

        assertThat(built.image().mediaType()).isEqualTo(MediaType.Known.OCI_INDEX);
        ImageName name = Reference.normalized("a.example/app:1");
        for (String platform : List.of("linux/amd64", "linux/arm64")) {
            assertThat(shop.images
                            .open(name, Platform.parse(platform), PullListener.NONE)
                            .plan()
                            .config()
                            .platform())
                    .isEqualTo(Platform.parse(platform));
        }
        assertThat(shop.verify()).isEmpty();
    }

    @Test
    void refusesBaseThatIsMissing() {
        Failure failure = failure("{'from': 'a.example/none:1', 'layers': [" + FILE + "]}");

        assertThat(failure.category()).isEqualTo(Category.NOT_FOUND);
        assertThat(failure).hasMessageContaining("from a.example/none:1");
        shop.assertEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 511, 512, 700, 1100, 100_000})
    void tarThatIsCutOffLeavesNothing(int length) throws Exception {
        byte[] tar = new Tarball().file("a", "a".repeat(100_000)).bytes();
        Files.write(directory.resolve("cut.tar"), Arrays.copyOf(tar, length));

        Failure failure = failure(onScratch("'layers': [" + FILE + ", {'tar': 'cut.tar'}]"));

        assertThat(failure.category()).isEqualTo(Category.INVALID);
        assertThat(failure).hasMessageContaining("layers[1]");
        shop.assertEmpty();
    }

    @Test
    void tarOfTheMachineIsALayer() throws Exception {
        Files.write(
                directory.resolve("app.tar"),
                new Tarball().dir("srv").file("srv/app", "app").bytes());

        assertThat(shop.shows(shop.build(onScratch("'layers': [{'tar': 'app.tar'}]")), "srv/app"))
                .isTrue();
    }

    @Test
    void hiddenFilesAreCopiedByTheirNames() {
        shop.build("{'from': 'scratch', 'platform': 'linux/amd64', 'tags': ['a.example/base:1'], 'layers': ["
                + "{'files': [{'path': 'app/.env', 'text': 'x'}, {'path': 'opt/.config/..data', 'text': 'y'}]}]}");

        Built built = shop.build(
                onScratch(
                        "'layers': [{'copyFrom': 'a.example/base:1', 'paths': ["
                                + "{'src': '/app/.env'}, {'src': './opt//.config', 'dest': '/home/.config'}, {'src': 'app/.env', 'dest': '/'}]}]"));

        assertThat(List.of("app/.env", "home/.config/..data", ".env"))
                .allSatisfy(path -> assertThat(shop.shows(built, path)).as(path).isTrue());
    }

    @Test
    void squashedImagesOfSeveralPlatformsShareTheirLayer() {
        Built built = shop.build("{'from': 'scratch', 'platforms': ['linux/amd64', 'linux/arm64'], 'squash': true,"
                + " 'tags': ['a.example/app:1'], 'layers': [" + FILE + ", {'remove': ['etc/motd']}]}");

        assertThat(built.image().mediaType()).isEqualTo(MediaType.Known.OCI_INDEX);
        assertThat(shop.verify()).isEmpty();
    }

    /** Tars that begin, and never go on. */
    private static final class Endless implements Inputs {
        @Override
        public Future<Input> tar(String name) {
            return Future.succeededFuture(new InputStream((sink, context) -> sink.broken()));
        }

        @Override
        public Place directory(String path) {
            throw new AssertionError("a directory was asked for");
        }
    }

    private Failure failure(String spec, Inputs inputs, Cancellation wanted) {
        Builds.Asking asking = new Builds.Asking(inputs, Access.DEFAULT, false, any -> false);
        Failure failure = catchThrowableOfType(
                Failure.class,
                () -> shop.builds
                        .build(read(spec), asking, wanted, PullListener.NONE)
                        .await(PATIENCE_S, TimeUnit.SECONDS));
        assertThat(failure).isNotNull();
        return failure;
    }

    /** Whoever was still joining when it ended leaves when it has joined. */
    private void assertNobodyHoldsTheStore() {
        shop.build(onScratch("'layers': [" + FILE + "]"));
        Instant end = Instant.now().plusSeconds(PATIENCE_S);
        while (true) {
            try {
                shop.store.setAside("test", List.of());
                return;
            } catch (Failure e) {
                assertThat(Instant.now()).as(e.getMessage()).isBefore(end);
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void layerThatFailsEndsTheOthers() {
        Failure failure = failure(
                onScratch(
                        "'layers': [{'tar': 'a'}, {'tar': 'b'}, {'copyFrom': 'a.example/none:1', 'paths': [{'src': 'x'}]}]"),
                new Endless(),
                new Cancellation());

        assertThat(failure.category()).isEqualTo(Category.NOT_FOUND);
        assertThat(failure).hasMessageContaining("layers[2]");
        shop.assertEmpty();
        assertNobodyHoldsTheStore();
    }

    @Test
    void missingBaseEndsTarsThatCameFirst() {
        Failure failure =
                failure("{'from': 'a.example/none:1', 'layers': [{'tar': 'a'}]}", new Endless(), new Cancellation());

        assertThat(failure).hasMessageContaining("from a.example/none:1");
        shop.assertEmpty();
        assertNobodyHoldsTheStore();
    }

    @Test
    void buildThatIsCancelledWhileItReadsHoldsNothing() throws Exception {
        Files.write(directory.resolve("file"), new byte[1 << 20]);
        Cancellation wanted = new Cancellation();
        Inputs cancelling = new Inputs() {
            @Override
            public Future<Input> tar(String name) {
                throw new AssertionError("a tar was asked for");
            }

            @Override
            public Place directory(String path) {
                wanted.cancel();
                return new Place(directory);
            }
        };

        Failure failure = failure(onScratch("'layers': [{'directory': 'any'}]"), cancelling, wanted);

        assertThat(failure.category()).isEqualTo(Category.CANCELLED);
        assertNobodyHoldsTheStore();
    }

    @Test
    void moreLayersThanAnImageMayHaveAreRefusedBeforeAnyIsMade() {
        String layers = String.join(", ", Collections.nCopies(PlanLimits.DEFAULTS.layers() + 1, FILE));

        Failure failure = failure(onScratch("'layers': [" + layers + "]"));

        assertThat(failure.category()).isEqualTo(Category.EXCEEDED);
        assertThat(failure).hasMessageContaining("limits.layers");
        shop.assertEmpty();
    }

    @Test
    void directoryWithAWhiteoutIsRefused() throws Exception {
        Files.createDirectories(directory.resolve("site/a"));
        Files.write(directory.resolve("site/a/.wh.passwd"), new byte[0]);

        Failure failure = failure(onScratch("'layers': [{'directory': 'site'}]"));

        assertThat(failure.category()).isEqualTo(Category.INVALID);
        assertThat(failure).hasMessageContaining("/a/.wh.passwd");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'files': [{'path': 'etc/passwd/x', 'text': ''}]}",
                "{'files': [{'path': 'new', 'text': ''}]}, {'files': [{'path': 'new/x/y', 'text': ''}]}",
                "{'files': [{'path': 'new', 'text': ''}, {'path': 'new/x', 'text': ''}]}",
                "{'tar': 'dangling.tar'}"
            })
    void layersWithoutAPlaceAreRefused(String layers) throws Exception {
        base();
        Files.write(
                directory.resolve("dangling.tar"),
                new Tarball().link("etc/link", "etc/none").bytes());

        Failure failure = failure(onBase("'layers': [" + layers + "]"));

        assertThat(failure.category()).isEqualTo(Category.INVALID);
        assertThat(failure).hasMessageContaining("merging layer");
        assertThat(shop.store.read(catalogue -> catalogue.tags("", "", 10).size()))
                .hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'remove': ['etc/passwd'], 'files': [{'path': 'etc/passwd/x', 'text': ''}]}",
                "{'files': [{'path': 'etc/passwd', 'directory': true}]}, {'files': [{'path': 'etc/passwd/x', 'text': ''}]}",
                "{'files': [{'path': 'bin', 'symlink': 'usr'}]}, {'files': [{'path': 'bin/x', 'text': ''}]}"
            })
    void layersThatMakeTheirPlaceAreTaken(String layers) {
        base();

        Built built = shop.build(onBase("'layers': [" + layers + "]"));

        assertThat(shop.open(built.image().digest()).tree().entries()).isPositive();
    }

    @Test
    void layerThatSeveralBuildsWantAtOnceIsMadeOnce() throws Exception {
        AtomicInteger made = new AtomicInteger();
        PullListener counting = new PullListener() {
            @Override
            public void made(String step, Descriptor blob) {
                if (step.contains("numbers")) {
                    made.incrementAndGet();
                }
            }
        };
        Files.createDirectories(directory.resolve("in"));
        Files.writeString(directory.resolve("in/numbers"), numbers(0));
        List<Future<Built>> builds = IntStream.range(0, 20)
                .mapToObj(i -> shop.builds.build(
                        read(onScratch(
                                        "'layers': [{'directory': 'in', 'dest': 'numbers'}, {'files': [{'path': 'n', 'text': '"
                                                + i + "'}]}]")
                                .replace("app:1", "app:" + i)),
                        shop.asking(),
                        new Cancellation(),
                        counting))
                .toList();

        assertAllDiffer(finished(builds), shop);
        assertThat(made).hasValue(1);
    }

    @Test
    void layerWhoseMakerIsCancelledIsMadeByWhoeverElseWantsIt() throws Exception {
        Files.createDirectories(directory.resolve("in"));
        Files.writeString(directory.resolve("in/numbers"), numbers(0));
        String spec = onScratch("'layers': [{'directory': 'in'}]");
        List<Cancellation> wanted =
                IntStream.range(0, 20).mapToObj(i -> new Cancellation()).toList();
        List<Future<Built>> builds = wanted.stream()
                .map(each -> shop.builds.build(read(spec), shop.asking(), each, new PullListener() {
                    @Override
                    public void advanced(String step, long tar, long blob) {
                        // Whoever is at it, but for the last one.
                        wanted.subList(0, wanted.size() - 1).forEach(Cancellation::cancel);
                    }
                }))
                .toList();

        Future.join(builds)
                .transform((done, thrown) -> Future.succeededFuture())
                .await(PATIENCE_S, TimeUnit.SECONDS);

        assertThat(builds.getLast().succeeded()).isTrue();
        assertThat(shop.verify()).isEmpty();
        assertNobodyHoldsTheStore();
    }
}
