package io.varve.build;

import static io.varve.build.Workshop.FILE;
import static io.varve.build.Workshop.PATIENCE_S;
import static io.varve.build.Workshop.onScratch;
import static io.varve.build.Workshop.read;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.guard.Deadline;
import io.varve.image.Tarball;
import io.varve.oci.Descriptor;
import io.varve.pipeline.Cancellation;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Stages;
import io.varve.pipeline.TestStages;
import io.varve.registry.Access;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many builds in one store, and what they have in common. */
class BuildsAtOnceIT extends WorkshopWorld {
    private static final int AT_ONCE = 100;
    private static final int MANY_AT_ONCE = 500;

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
        assertThat(builds).anyMatch(Future::failed);
        assertThat(shop.verify()).isEmpty();
        shop.assertNobodyHoldsIt();
    }

    @Test
    void nothingIsKeptOfALayerWhoseMakerIsCancelledByWhoeverMakesItAnew() throws Exception {
        Files.createDirectories(directory.resolve("in"));
        Files.writeString(directory.resolve("in/numbers"), numbers(0));
        Inputs endless = new Inputs.Of(Workshop.ENDLESS, new HostInputs(directory));
        Cancellation first = new Cancellation();
        Cancellation second = new Cancellation();
        CountDownLatch made = new CountDownLatch(1);
        PullListener cancelling = new PullListener() {
            @Override
            public void advanced(String step, long tar, long blob) {
                first.cancel();
            }

            @Override
            public void made(String step, Descriptor blob) {
                made.countDown();
            }
        };
        List<Future<Built>> builds = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            builds.add(shop.builds.build(
                    read(onScratch("'layers': [{'directory': 'in'}]")), shop.asking(), first, cancelling));
        }
        builds.add(shop.builds.build(
                read(onScratch("'layers': [{'directory': 'in'}, {'tar': 'endless'}]")),
                new Builds.Asking(endless, Access.DEFAULT, false, any -> false),
                second,
                cancelling));
        assertThat(made.await(PATIENCE_S, TimeUnit.SECONDS)).isTrue();

        // A tar and a blob each, of what was made and of what is never whole.
        Deadline.await("a tar and a blob of each are left", this::staged, staged -> staged <= 4);
        second.cancel();
        Future.join(builds)
                .transform((done, thrown) -> Future.succeededFuture())
                .await(PATIENCE_S, TimeUnit.SECONDS);
        assertThat(staged()).isZero();
    }

    private int staged() {
        String[] names = directory.resolve("store/ingest").toFile().list((ingest, name) -> name.startsWith("staged-"));
        return names == null ? 0 : names.length;
    }
}
