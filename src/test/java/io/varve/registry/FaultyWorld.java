package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.guard.WatchedVertx;
import io.varve.oci.Descriptor;
import io.varve.oci.Json;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A registry that has a small image and misbehaves when it is told to, and our client of it, which does not wait long. */
abstract class FaultyWorld {
    static final int ATTEMPTS = 4;
    static final long LIMIT = Json.DEFAULT_LIMIT;
    static final int PATIENCE_S = 30;

    /** Nobody is slow unless told to be, not even on a machine that is. */
    static final NetworkOptions NETWORK = new NetworkOptions(
            ATTEMPTS, Duration.ofSeconds(20), Duration.ofSeconds(20), Duration.ofMinutes(5), Duration.ofMinutes(1), 0);

    /** Silence is noticed soon. */
    static final NetworkOptions IMPATIENT = new NetworkOptions(
            ATTEMPTS, Duration.ofSeconds(20), Duration.ofMillis(100), Duration.ofMinutes(5), Duration.ofMinutes(1), 0);

    final FakeSource source = new FakeSource();
    final FakeImage image = FakeImage.gzip(source, "layer", 50);
    final Descriptor layer = image.layers().getFirst().blob();

    /** Where the client is, whose event loops are watched. */
    Vertx vertx;

    /** Where registries and others are, whose event loops may take their time. */
    Vertx far;

    HurriedTime time;
    FakeRegistry fake;
    RegistryClient client;

    private static boolean warm;

    /** The first questions load the client's own classes, which takes an event loop longer than is allowed to it. */
    private void warmUp() throws Exception {
        if (!warm) {
            warm = true;
            vertx = Vertx.vertx();
            begin();
            assertResolves();
            assertPullsLayer();
            stop();
        }
    }

    @BeforeEach
    void start() throws Exception {
        warmUp();
        vertx = WatchedVertx.createForSockets();
        begin();
    }

    private void begin() throws IOException, TimeoutException {
        time = new HurriedTime(vertx);
        far = Vertx.vertx();
        fake = registry(far).add("it", "1", source, image);
        client = client(NETWORK);
    }

    FakeRegistry registry(Vertx on) throws IOException, TimeoutException {
        return FakeRegistry.http(on);
    }

    HostOptions host() {
        return HostOptions.DEFAULTS;
    }

    /** With no connection left behind. */
    @AfterEach
    void stop() throws Exception {
        client.close();
        await(fake.server().left());
        await(far.close());
        await(vertx.close());
    }

    /** The client that is asked from now on. */
    RegistryClient client(NetworkOptions network) {
        return client(network, tokens -> Authorizers.ANONYMOUS);
    }

    RegistryClient client(NetworkOptions network, Function<TokenTransport, Authorizer> authorizer) {
        RegistryOptions options =
                new RegistryOptions(Map.of(fake.server().host(), host()), network, RegistryLimits.DEFAULTS);
        if (client != null) {
            client.close();
        }
        client = new RegistryClient(
                vertx,
                options,
                Map.of(),
                authorizer,
                Names.ofTheMachine(vertx, network.connectTimeout()),
                time,
                new Random(1));
        return client;
    }

    Repository repository() {
        return new Repository(fake.server().host(), "it", Access.DEFAULT);
    }

    /** How the failures of all questions begin that are about this. */
    String about(Category category, String what) {
        return category + ": pull " + what + " from " + fake.server().host() + "/it: ";
    }

    byte[] bytes(Descriptor descriptor) {
        return source.read(descriptor, Long.MAX_VALUE);
    }

    <T> T await(Future<T> future) throws TimeoutException {
        return future.await(PATIENCE_S, TimeUnit.SECONDS);
    }

    /** Asks on a context, as everybody does. */
    <T> T ask(Supplier<Future<T>> question) throws TimeoutException {
        return await(
                Future.future(answer -> vertx.runOnContext(on -> question.get().onComplete(answer))));
    }

    RemoteDocument resolve() throws TimeoutException {
        return ask(() -> client.resolve(repository(), "1", LIMIT));
    }

    byte[] document(Descriptor descriptor) throws TimeoutException {
        return ask(() -> client.document(repository(), descriptor, LIMIT));
    }

    byte[] blob(Descriptor descriptor) throws TimeoutException {
        CollectedSlabs sink = CollectedSlabs.all();
        ask(() -> client.blob(repository(), descriptor, 0, sink));
        return sink.bytes();
    }

    void assertResolves() throws TimeoutException {
        RemoteDocument document = resolve();
        assertThat(document.descriptor()).isEqualTo(image.manifest());
        assertThat(document.bytes()).isEqualTo(bytes(image.manifest()));
    }

    void assertPullsLayer() throws TimeoutException {
        assertThat(blob(layer)).isEqualTo(bytes(layer));
    }

    /** A question in vain. */
    @FunctionalInterface
    interface Vain {
        void ask() throws TimeoutException;
    }

    Failure failure(Vain question) {
        Failure failure = catchThrowableOfType(Failure.class, question::ask);
        assertThat(failure).as("a failure").isNotNull();
        return failure;
    }

    void assertFails(Category category, String message, Vain question) {
        Failure failure = failure(question);
        assertThat(failure).hasMessage(message);
        assertThat(failure.category()).isEqualTo(category);
    }

    int asked(String requests) {
        return fake.server().asked(requests).size();
    }
}
