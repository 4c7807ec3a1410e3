package io.varve.build;

import static io.varve.build.Workshop.ENDLESS;
import static io.varve.build.Workshop.FILE;
import static io.varve.build.Workshop.PATIENCE_S;
import static io.varve.build.Workshop.onBase;
import static io.varve.build.Workshop.onScratch;
import static io.varve.build.Workshop.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.guard.WatchedVertx;
import io.varve.image.Tarball;
import io.varve.manifest.PlanLimits;
import io.varve.pipeline.Cancellation;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Stages;
import io.varve.pipeline.TestStages;
import io.varve.registry.Access;
import io.varve.registry.FakeRegistry;
import io.varve.registry.Fault;
import io.varve.registry.Registry;
import io.varve.registry.RegistryClient;
import io.varve.registry.RegistryOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Builds that come to nothing, and what is left of them: nothing. */
class BuildEndingsIT extends WorkshopWorld {
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

    @Test
    void layerThatFailsEndsTheOthers() {
        Failure failure = failure(
                onScratch(
                        "'layers': [{'tar': 'a'}, {'tar': 'b'}, {'copyFrom': 'a.example/none:1', 'paths': [{'src': 'x'}]}]"),
                ENDLESS,
                new Cancellation());

        assertThat(failure.category()).isEqualTo(Category.NOT_FOUND);
        assertThat(failure).hasMessageContaining("layers[2]");
        shop.assertEmpty();
        shop.assertNobodyHoldsIt();
    }

    /** Its own session of the store included, and what was staged in that. */
    @Test
    void buildIsOverWhenThePullOfACopyIs() throws Exception {
        Vertx vertx = WatchedVertx.createForSockets();
        Stages stages = TestStages.on(vertx);
        Promise<Inputs.Input> tar = Promise.promise();
        try (FakeRegistry fake = FakeRegistry.http(vertx);
                Registry registry = RegistryClient.of(
                        vertx, RegistryOptions.DEFAULTS, Map.of(), (host, repository) -> Optional.empty());
                Workshop pulling =
                        new Workshop(directory.resolve("pulling"), directory, () -> stages, () -> registry)) {
            FakeSource source = new FakeSource();
            fake.add("app", "1", source, FakeImage.gzip(source, "app", 600_000));
            Runnable failing = () -> tar.fail(Failure.invalid("got none"));
            fake.server()
                    .script("/blobs/", Fault.NONE)
                    .always(
                            "/blobs/",
                            Fault.stall(1000, Promise.<Void>promise().future()).heardBy(failing));
            String copy =
                    "{'copyFrom': '" + fake.reference("app", "1") + "', 'paths': [{'src': '/'}]}, {'tar': 'none'}";

            Future<Built> built = pulling.builds.build(
                    read(onScratch("'layers': [" + copy + "]")),
                    new Builds.Asking(name -> tar.future(), Access.DEFAULT),
                    new Cancellation(),
                    PullListener.NONE);

            assertThatThrownBy(() -> built.await(PATIENCE_S, TimeUnit.SECONDS)).hasMessageContaining("got none");
            pulling.store.setAside("test", List.of());
        } finally {
            vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
        }
    }

    @Test
    void missingBaseEndsTarsThatCameFirst() {
        Failure failure =
                failure("{'from': 'a.example/none:1', 'layers': [{'tar': 'a'}]}", ENDLESS, new Cancellation());

        assertThat(failure).hasMessageContaining("from a.example/none:1");
        shop.assertEmpty();
        shop.assertNobodyHoldsIt();
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
        shop.assertNobodyHoldsIt();
    }

    @Test
    void moreLayersThanAnImageMayHaveAreRefusedBeforeAnyIsMade() {
        String layers = String.join(", ", Collections.nCopies(PlanLimits.DEFAULTS.layers() + 1, FILE));

        Failure failure = shop.failure(onScratch("'layers': [" + layers + "]"));

        assertThat(failure.category()).isEqualTo(Category.EXCEEDED);
        assertThat(failure).hasMessageContaining("limits.layers");
        shop.assertEmpty();
    }

    @Test
    void directoryWithAWhiteoutIsRefused() throws Exception {
        Files.createDirectories(directory.resolve("site/a"));
        Files.write(directory.resolve("site/a/.wh.passwd"), new byte[0]);

        Failure failure = shop.failure(onScratch("'layers': [{'directory': 'site'}]"));

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
        shop.base();
        Files.write(
                directory.resolve("dangling.tar"),
                new Tarball().link("etc/link", "etc/none").bytes());

        Failure failure = shop.failure(onBase("'layers': [" + layers + "]"));

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
        shop.base();

        Built built = shop.build(onBase("'layers': [" + layers + "]"));

        assertThat(shop.open(built.image().digest()).tree().entries()).isPositive();
    }
}
