package io.varve.build;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.decode.DecodeLimits;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.gc.Collector;
import io.varve.image.Tarball;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
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
    private static final int AT_ONCE = 100;
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
            this.inputs = inputs;
            store = new Store(directory, StoreOptions.DEFAULTS);
            layers = new LayerPull(store, DecodeLimits.DEFAULTS, 3, stages);
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
                    3);
            builds = new Builds(store, images, pulls, pushes, stages, DecodeLimits.DEFAULTS, 3);
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
        String spec = onScratch("'layers': [" + FILE + "]");
        List<Future<Built>> all = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            all.add(shop.begin(spec));
        }

        Future.all(all).await(PATIENCE_S, TimeUnit.SECONDS);

        assertThat(all.stream().map(each -> each.result().image()).distinct()).hasSize(1);
        assertThat(shop.verify()).isEmpty();
    }

    @Test
    void buildsThatAllDifferAllSucceedAtOnce() throws Exception {
        List<Future<Built>> all = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            all.add(shop.begin(("{'from': 'scratch', 'tags': ['a.example/app:" + i + "'], 'layers': [" + FILE
                    + ", {'files': [{'path': 'number', 'text': '" + i + "'}]}]}")));
        }

        Future.all(all).await(PATIENCE_S, TimeUnit.SECONDS);

        assertThat(all.stream().map(each -> each.result().image()).distinct()).hasSize(AT_ONCE);
        shop.collect();
        assertThat(shop.verify()).isEmpty();
        assertThat(all)
                .allSatisfy(each -> assertThat(
                                shop.open(each.result().image().digest()).layers())
                        .hasSize(2));
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
}
