package io.varve.registry;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.guard.WatchedVertx;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** A client and what it sees of the world: settings, environment, names, and pauses that take no time. */
final class Setting implements AutoCloseable {
    static final int PATIENCE_S = 30;
    static final long LIMIT = 4 << 20;

    /** An image without layers, as small as one gets. */
    static final byte[] MANIFEST = ("{\"schemaVersion\":2,\"mediaType\":\"" + MediaType.Known.OCI_MANIFEST
                    + "\",\"config\":{\"mediaType\":\"" + MediaType.Known.OCI_CONFIG + "\",\"digest\":\"sha256:"
                    + "a".repeat(64) + "\",\"size\":2},\"layers\":[]}")
            .getBytes(StandardCharsets.UTF_8);

    final Vertx vertx;

    /** How long the client meant to wait before it asked again. */
    final List<Duration> pauses = new CopyOnWriteArrayList<>();

    /** The names that were resolved. */
    final List<String> lookups = new CopyOnWriteArrayList<>();

    private final Map<String, HostOptions> hosts = new HashMap<>();
    private final Map<String, String> environment = new HashMap<>();
    private final Map<String, List<String>> names = new HashMap<>();
    private final List<RegistryClient> clients = new ArrayList<>();
    private RegistryLimits limits = RegistryLimits.DEFAULTS;
    private Upstreams upstreams = Upstreams.ANYWHERE;
    private NetworkOptions network = new NetworkOptions(
            5, Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofMinutes(5), Duration.ofMinutes(1), 0);
    private Function<TokenTransport, Authorizer> authorizer = tokens -> Authorizers.ANONYMOUS;

    private static boolean warm;

    Setting() throws TimeoutException {
        this(warmWatched());
    }

    private Setting(Vertx vertx) {
        this.vertx = vertx;
    }

    /** Loading classes takes an event loop longer than is allowed; it happens once, on a loop that nobody watches. */
    private static synchronized Vertx warmWatched() throws TimeoutException {
        if (!warm) {
            warm = true;
            try (Setting setting = new Setting(Vertx.vertx())) {
                FakeRegistry registry = FakeRegistry.http(setting.vertx);
                RegistryClient client = setting.client();
                Repository app = app(registry.server().host());
                byte[] bytes = random(300_000);
                registry.blob(bytes);
                registry.server().script("/blobs/", Fault.status(503), Fault.cut(100));
                await(client.blob(app, layer(bytes), 0, CollectedSlabs.all()));
                await(client.resolve(app, manifest(registry).digest().toString(), LIMIT));
                await(client.upload(app, new OfferedBytes(random(300_000)), null));
                failure(client.resolve(app, "2", LIMIT));
                FakeRegistry secure = FakeRegistry.http2(
                        setting.vertx, new CertificateAuthority("warm").server().options());
                HostOptions http2 = new HostOptions(List.of(), false, true, null, null, null, 1, 1, true);
                secure.blob(bytes);
                secure.server().script("/blobs/", Fault.cut(100), Fault.goAway(100_000));
                await(setting.host(secure.server().host(), http2)
                        .client()
                        .blob(app(secure.server().host()), layer(bytes), 0, CollectedSlabs.all()));
            }
        }
        return WatchedVertx.create();
    }

    Setting host(String host, HostOptions options) {
        hosts.put(host, options);
        return this;
    }

    Setting environment(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /** Hosts without addresses here are unknown. */
    Setting name(String host, String... addresses) {
        names.put(host, List.of(addresses));
        return this;
    }

    Setting upstreams(Upstreams wanted) {
        upstreams = wanted;
        return this;
    }

    Setting network(NetworkOptions options) {
        network = options;
        return this;
    }

    /** Blobs are uploaded with so many bytes at once. */
    Setting chunks(long bytes) {
        limits = new RegistryLimits(limits.tokenBytes(), limits.redirects(), bytes);
        return this;
    }

    Setting authorizer(Authorizer fixed) {
        authorizer = tokens -> fixed;
        return this;
    }

    Setting authorizer(Function<TokenTransport, Authorizer> factory) {
        authorizer = factory;
        return this;
    }

    RegistryClient client() {
        return client(new NoTime());
    }

    RegistryClient client(Time time) {
        RegistryClient client = new RegistryClient(
                vertx,
                new RegistryOptions(hosts, network, limits, upstreams),
                environment,
                authorizer,
                this::resolve,
                time,
                new Random(1));
        clients.add(client);
        return client;
    }

    private Future<List<InetAddress>> resolve(String host) {
        lookups.add(host);
        List<InetAddress> found = new ArrayList<>();
        for (String each : names.getOrDefault(host, host.equals("localhost") ? List.of("127.0.0.1") : List.of())) {
            found.add(InetAddress.ofLiteral(each));
        }
        return found.isEmpty() ? Future.failedFuture(new UnknownHostException(host)) : Future.succeededFuture(found);
    }

    private final class NoTime implements Time {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public Instant now() {
            return Instant.now();
        }

        @Override
        public Future<Void> pause(Duration duration, BooleanSupplier useless) {
            pauses.add(duration);
            return vertx.timer(1).mapEmpty();
        }
    }

    @Override
    public void close() throws TimeoutException {
        clients.forEach(RegistryClient::close);
        vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
    }

    static <T> T await(Future<T> future) throws TimeoutException {
        return future.await(PATIENCE_S, TimeUnit.SECONDS);
    }

    /** How the future fails. */
    static Failure failure(Future<?> future) throws TimeoutException {
        try {
            await(future);
        } catch (Failure e) {
            return e;
        }
        throw new AssertionError("nothing failed");
    }

    static Repository app(String host) {
        return new Repository(host, "app", Access.DEFAULT);
    }

    static String port(FakeRegistry registry) {
        String host = registry.server().host();
        return host.substring(host.lastIndexOf(':') + 1);
    }

    static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    static Descriptor layer(byte[] bytes) {
        return Descriptor.of(MediaType.Known.OCI_LAYER_GZIP, Digest.sha256(bytes), bytes.length);
    }

    static Descriptor manifest(FakeRegistry registry) {
        return registry.manifest("app", "1", MANIFEST);
    }

    static Failure enough() {
        return Failure.of(Category.CANCELLED, "enough");
    }
}
