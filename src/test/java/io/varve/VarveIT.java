package io.varve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.example.Provisioner;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.guard.WatchedVertx;
import io.varve.image.Peers;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.registry.FakeRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Varve inside an application, with the methods and by the bus alone. */
class VarveIT {
    private static final int PATIENCE_S = 30;

    @TempDir
    Path directory;

    private final FakeSource source = new FakeSource();
    private Vertx vertx;
    private FakeRegistry registry;
    private Varve varve;
    private String image;

    /** What the first pull loads takes an event loop longer than the limit; it happens on a loop that nobody watches. */
    @BeforeAll
    static void warmUp(@TempDir Path elsewhere) throws Exception {
        VarveIT first = new VarveIT();
        first.directory = elsewhere;
        first.deploy(Vertx.vertx());
        done(first.varve.pull(first.image));
        done(first.varve.inspect(first.image));
        done(first.varve.inspect("none").otherwiseEmpty());
        done(first.varve.pull(new JsonObject()).otherwiseEmpty());
        done(first.varve.push(first.image, first.registry.reference("copy", "1").toString()));
        done(first.varve.delete(first.image));
        done(first.varve.collect(false));
        first.end();
    }

    @BeforeEach
    void deploy() throws Exception {
        deploy(WatchedVertx.createForSockets());
    }

    private void deploy(Vertx on) throws Exception {
        vertx = on;
        registry = FakeRegistry.http(vertx);
        registry.add("app", "1", source, FakeImage.gzip(source, "app", 1_000, 300_000));
        image = registry.reference("app", "1").toString();
        Settings settings = Settings.load(
                null, Map.of("VARVE_STORE", directory.resolve("store").toString()));
        varve = done(Varve.deploy(vertx, settings, Map.of()));
    }

    @AfterEach
    void close() throws Exception {
        end();
    }

    private void end() throws Exception {
        done(varve.close());
        registry.close();
        done(vertx.close());
    }

    private static <T> T done(Future<T> future) throws TimeoutException {
        return future.await(PATIENCE_S, TimeUnit.SECONDS);
    }

    @Test
    void imageGoesToARegistry() throws Exception {
        done(varve.pull(image));
        String destination = registry.reference("copy", "1").toString();

        JsonObject job = done(varve.push(image, destination));

        assertThat(job.getJsonObject("result").getString("image")).isEqualTo(destination);
        assertThat(registry.manifest("copy", "1")).isEqualTo(registry.manifest("app", "1"));
        assertThatThrownBy(() -> done(varve.push("none", destination)))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.category()).isEqualTo(Category.NOT_FOUND));
    }

    @Test
    void imageIsPulledInspectedDeletedAndCollected() throws Exception {
        JsonObject job = done(varve.pull(image));
        assertThat(job.getString("state")).isEqualTo("done");

        JsonObject inspected = done(varve.inspect(image));
        assertThat(inspected.getString("digest"))
                .isEqualTo(job.getJsonObject("result").getString("digest"));
        assertThat(inspected.getJsonArray("layers")).hasSize(2);

        assertThat(done(varve.delete(image)).getJsonArray("removed")).containsExactly(image);
        assertThat(done(varve.collect(true)).getLong("bytes")).isPositive();
        assertThat(done(varve.collect(false)).getJsonArray("removed")).isNotEmpty();
        assertThat(done(varve.collect(true)).getLong("bytes")).isZero();
    }

    @Test
    void orderIsAnsweredAtOnceAndWatchedToItsEnd() throws Exception {
        JsonObject job = done(varve.order(new JsonObject().put("image", image)));
        Promise<JsonObject> ended = Promise.promise();
        varve.watch(job.getString("id"), event -> {
            if (event.getString("state").equals("done")) {
                ended.tryComplete(event);
            }
        });

        assertThat(done(ended.future()).getJsonObject("result").getString("image"))
                .isEqualTo(image);
    }

    @Test
    void everybodyIsToldWhatIsDoneToTheStore() throws Exception {
        List<String> told = new CopyOnWriteArrayList<>();
        Promise<Void> collected = Promise.promise();
        done(varve.watchStore(event -> {
                    told.add(event.getString("change"));
                    if (event.getString("change").equals("collected")) {
                        collected.complete();
                    }
                })
                .completion());

        done(varve.pull(image));
        done(varve.delete(image));
        done(varve.collect(true));
        done(varve.collect(false));

        done(collected.future());
        assertThat(told).containsExactly("pulled", "removed", "collected");
    }

    @Test
    void imageIsMountedAndUnmounted() throws Exception {
        Peers.needKernelMounts();
        done(varve.pull(image));

        JsonObject mounted = done(varve.mount(image));
        assertThat(Path.of(mounted.getString("path"))).isNotEmptyDirectory();

        assertThat(done(varve.unmount(mounted.getString("id"))).getString("id")).isEqualTo(mounted.getString("id"));
        assertThat(Path.of(mounted.getString("path"))).doesNotExist();
        assertThatThrownBy(() -> done(varve.unmount(mounted.getString("id"))))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("NotFound: got no rootfs");
    }

    @Test
    void applicationsAskByTheBusAlone() throws Exception {
        done(vertx.deployVerticle(new Provisioner()));

        String digest =
                done(vertx.eventBus().<String>request(Provisioner.NEEDS, image)).body();
        assertThat(digest).startsWith("sha256:");
        assertThatThrownBy(() -> done(vertx.eventBus()
                        .request(
                                Provisioner.NEEDS,
                                registry.reference("none", "1").toString())))
                .isInstanceOfSatisfying(
                        ReplyException.class,
                        refused ->
                                assertThat(Category.of(refused.failureCode())).isEqualTo(Category.NOT_FOUND));
    }

    @Test
    void failureIsTyped() {
        assertThatThrownBy(() -> done(varve.inspect("none"))).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.category()).isEqualTo(Category.NOT_FOUND);
            assertThat(failure).hasMessageContaining("docker.io/library/none:latest");
        });
        assertThatThrownBy(() -> done(varve.pull(new JsonObject().put("imgae", image))))
                .isInstanceOf(Failure.class)
                .hasMessage("Invalid: body: there is no field imgae");
    }

    @Test
    void keyMeansTheSameJob() throws Exception {
        DeliveryOptions keyed = new DeliveryOptions().addHeader("Idempotency-Key", "a");
        JsonObject body = new JsonObject().put("image", image);
        JsonObject first = done(vertx.eventBus().<JsonObject>request("varve.image.pull", body, keyed))
                .body();

        assertThat(done(vertx.eventBus().<JsonObject>request("varve.image.pull", body, keyed))
                        .body()
                        .getString("id"))
                .isEqualTo(first.getString("id"));
    }
}
