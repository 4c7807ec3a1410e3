package io.varve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.config.Config;
import com.hazelcast.config.NetworkConfig;
import io.varve.failure.Category;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.registry.FakeRegistry;
import io.varve.registry.Fault;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.json.JsonObject;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two nodes of one event bus (Hazelcast): Varve is on one of them, and who asks is on the other. */
class ClusterIT {
    private static final int PATIENCE_S = 60;
    private static final String LOOPBACK = "127.0.0.1";

    private static final FakeSource SOURCE = new FakeSource();

    @TempDir
    static Path directory;

    // Of all tests: a cluster takes longer to form than all of them take.
    private static Vertx server;
    private static Vertx asking;
    private static FakeRegistry registry;
    private static Varve varve;

    @BeforeAll
    static void join() throws Exception {
        String cluster = UUID.randomUUID().toString();
        HazelcastClusterManager first = new HazelcastClusterManager(config(cluster));
        server = node(first);
        int port = first.getHazelcastInstance()
                .getCluster()
                .getLocalMember()
                .getAddress()
                .getPort();
        Config joining = config(cluster);
        joining.getNetworkConfig().getJoin().getTcpIpConfig().addMember(LOOPBACK + ":" + port);
        asking = node(new HazelcastClusterManager(joining));
        registry = FakeRegistry.http(server);
        Settings settings = Settings.load(
                null, Map.of("VARVE_STORE", directory.resolve("store").toString()));
        varve = done(Varve.deploy(server, settings, Map.of()));
    }

    @AfterAll
    static void part() throws Exception {
        done(varve.close());
        registry.close();
        done(asking.close());
        done(server.close());
    }

    /** One that nobody has pulled. */
    private static String image(String repository) {
        registry.add(repository, "1", SOURCE, FakeImage.gzip(SOURCE, repository, 1_000, 300_000));
        return registry.reference(repository, "1").toString();
    }

    private static Config config(String cluster) {
        Config config = new Config()
                .setClusterName(cluster)
                .setProperty("hazelcast.phone.home.enabled", "false")
                .setProperty("hazelcast.logging.type", "slf4j")
                // Nobody else is about to join, which a first member would wait for.
                .setProperty("hazelcast.wait.seconds.before.join", "0")
                .setProperty("hazelcast.shutdownhook.enabled", "false");
        NetworkConfig network = config.getNetworkConfig().setPublicAddress(LOOPBACK);
        network.getInterfaces().setEnabled(true).addInterface(LOOPBACK);
        network.getJoin().getAutoDetectionConfig().setEnabled(false);
        network.getJoin().getMulticastConfig().setEnabled(false);
        network.getJoin().getTcpIpConfig().setEnabled(true);
        return config;
    }

    private static Vertx node(HazelcastClusterManager manager) throws TimeoutException {
        VertxOptions options = new VertxOptions().setEventBusOptions(new EventBusOptions().setHost(LOOPBACK));
        return done(Vertx.builder().with(options).withClusterManager(manager).buildClustered());
    }

    @AfterEach
    void forgetFaults() {
        registry.server().reset();
    }

    private static <T> T done(Future<T> future) throws TimeoutException {
        return future.await(PATIENCE_S, TimeUnit.SECONDS);
    }

    private JsonObject ask(String address, JsonObject body, DeliveryOptions options) throws TimeoutException {
        return done(asking.eventBus().<JsonObject>request(address, body, options))
                .body();
    }

    @Test
    void otherNodesAskAndAreTold() throws Exception {
        String image = image("told");
        Promise<JsonObject> pulled = Promise.promise();
        done(asking.eventBus()
                .<JsonObject>consumer("varve.events.store", event -> pulled.tryComplete(event.body()))
                .completion());

        JsonObject job = ask("varve.image.pull", new JsonObject().put("image", image), new DeliveryOptions());

        assertThat(job.getString("state")).isEqualTo("done");
        assertThat(done(pulled.future()).getString("change")).isEqualTo("pulled");
        assertThat(ask("varve.image.inspect", new JsonObject().put("image", image), new DeliveryOptions())
                        .getJsonArray("layers"))
                .hasSize(2);
    }

    @Test
    void otherNodesAreToldHowAJobGoesOn() throws Exception {
        String image = image("followed");
        Promise<Void> gate = Promise.promise();
        registry.server().always("/blobs/", Fault.stall(0, gate.future()));
        JsonObject job = ask(
                "varve.image.pull",
                new JsonObject().put("image", image),
                new DeliveryOptions().addHeader("Prefer", "respond-async"));
        Promise<Void> ended = Promise.promise();
        done(asking.eventBus()
                .<JsonObject>consumer("varve.events.job." + job.getString("id"), event -> {
                    if (event.body().getString("state").equals("done")) {
                        ended.tryComplete();
                    }
                })
                .completion());

        gate.complete();
        done(ended.future());
    }

    @Test
    void failuresHaveTheirCategoryThere() {
        assertThatThrownBy(
                        () -> ask("varve.image.inspect", new JsonObject().put("image", "none"), new DeliveryOptions()))
                .isInstanceOfSatisfying(
                        ReplyException.class,
                        refused ->
                                assertThat(Category.of(refused.failureCode())).isEqualTo(Category.NOT_FOUND));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "varve.stage.manifest",
                "varve.stage.fetch",
                "varve.stage.blob",
                "varve.stage.decode",
                "varve.stage.assemble"
            })
    void whatTheStagesSayToEachOtherStaysInTheirNode(String address) throws Exception {
        ask("varve.image.pull", new JsonObject().put("image", image("staged")), new DeliveryOptions());

        assertThatThrownBy(() -> ask(address, new JsonObject(), new DeliveryOptions()))
                .isInstanceOfSatisfying(
                        ReplyException.class,
                        refused -> assertThat(refused.failureType()).isEqualTo(ReplyFailure.NO_HANDLERS));
    }
}
