package io.varve.api;

import io.varve.archive.Exports;
import io.varve.archive.Imports;
import io.varve.build.Builds;
import io.varve.bundle.Bundles;
import io.varve.decode.DecodeLimits;
import io.varve.gc.Collector;
import io.varve.gc.Reasons;
import io.varve.guard.Deadline;
import io.varve.guard.WatchedVertx;
import io.varve.http.Patience;
import io.varve.image.Naming;
import io.varve.image.Rootfs;
import io.varve.job.JobLimits;
import io.varve.job.JobListener;
import io.varve.job.Jobs;
import io.varve.manifest.PlanLimits;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.os.Staging;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.pipeline.Images;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Pulls;
import io.varve.pipeline.Stages;
import io.varve.pipeline.TestStages;
import io.varve.push.Pushes;
import io.varve.registry.Registry;
import io.varve.registry.Uploads;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.varve.view.Views;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** A store on loopback, with what a test pulls into it out of a source that it makes up. */
final class ServedStore implements AutoCloseable {
    static final int PATIENCE_S = 60;

    private static boolean warm;

    final FakeSource source = new FakeSource();
    final Store store;
    final Api api;
    final Vertx vertx;
    final Services services;
    private final Pull pull;
    private final HttpClient http1 =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final HttpClient http2 =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();

    private ServedStore(
            Path directory,
            ApiOptions options,
            JobLimits jobLimits,
            Vertx vertx,
            Supplier<Stages> stages,
            Supplier<Registry> registry) {
        this.vertx = vertx;
        store = new Store(directory, StoreOptions.DEFAULTS);
        LayerPull layers = new LayerPull(store, DecodeLimits.DEFAULTS, 2, stages);
        pull = new Pull(store, layers);
        services = services(
                store,
                layers,
                pull,
                Jobs.of(vertx, store, jobLimits, Duration.ofDays(1), JobListener.NONE),
                stages,
                registry);
        api = Api.listen(vertx, services, options);
    }

    private static Services services(
            Store store, LayerPull layers, Pull pull, Jobs jobs, Supplier<Stages> stages, Supplier<Registry> registry) {
        Images images = new Images(store, layers, pull);
        Views views = new Views(store.directory().resolve("views"));
        Rootfs rootfs = new Rootfs(views, store.directory().resolve("rootfs"));
        Pulls pulls = new Pulls(store, pull, stages, registry);
        Pushes pushes = new Pushes(store, images, stages, registry, () -> (Uploads) registry.get(), 2);
        Builds builds = new Builds(store, images, pulls, pushes, stages, DecodeLimits.DEFAULTS, 2);
        return new Services(
                store,
                images,
                new Naming(store, images),
                rootfs,
                new Bundles(rootfs, 2),
                pulls,
                builds,
                pushes,
                new Exports(images, PlanLimits.DEFAULTS),
                new Imports(store, pulls, builds, stages, DecodeLimits.DEFAULTS, ApiLimits.DEFAULTS.uploadBytes()),
                new Collector(store, views),
                new Reasons(store, views),
                jobs,
                () -> "");
    }

    /** @param directory where the store will be */
    static ServedStore open(Path directory, ApiLimits limits) throws Exception {
        return open(directory, limits, Patience.DEFAULTS);
    }

    static ServedStore open(Path directory, ApiLimits limits, Patience patience) throws Exception {
        ensureWarm();
        return new ServedStore(
                directory,
                options(limits, patience),
                JobLimits.DEFAULTS,
                WatchedVertx.createForSockets(),
                TestStages::get,
                TestStages.noRegistry());
    }

    /** One that pulls from registries, with what that client is of. */
    static ServedStore open(Path directory, JobLimits limits, Vertx vertx, Registry registry) throws Exception {
        return open(directory, ApiLimits.DEFAULTS, Patience.DEFAULTS, limits, vertx, registry);
    }

    static ServedStore open(
            Path directory, ApiLimits limits, Patience patience, JobLimits jobLimits, Vertx vertx, Registry registry)
            throws Exception {
        ensureWarm();
        Stages stages = TestStages.on(vertx);
        return new ServedStore(directory, options(limits, patience), jobLimits, vertx, () -> stages, () -> registry);
    }

    /** One that only those may ask whom it knows. */
    static ServedStore open(Path directory, ApiSecurity security) throws Exception {
        ensureWarm();
        return new ServedStore(
                directory,
                secured(security),
                JobLimits.DEFAULTS,
                WatchedVertx.createForSockets(),
                TestStages::get,
                TestStages.noRegistry());
    }

    /** The same, which pulls from registries. */
    static ServedStore open(Path directory, ApiSecurity security, Vertx vertx, Registry registry) throws Exception {
        ensureWarm();
        Stages stages = TestStages.on(vertx);
        return new ServedStore(directory, secured(security), JobLimits.DEFAULTS, vertx, () -> stages, () -> registry);
    }

    private static ApiOptions options(ApiLimits limits, Patience patience) {
        return new ApiOptions("127.0.0.1", 0, "", limits, ApiSecurity.OPEN, patience);
    }

    private static ApiOptions secured(ApiSecurity security) {
        return new ApiOptions("127.0.0.1", 0, "", ApiLimits.DEFAULTS, security, Patience.DEFAULTS);
    }

    private static synchronized void ensureWarm() throws Exception {
        if (!warm) {
            warmUp();
            warm = true;
        }
    }

    /** What the first requests load takes an event loop longer than the limit; it happens on a loop that nobody watches. */
    private static void warmUp() throws Exception {
        Path directory = Files.createTempDirectory("varve-warm-up-");
        try (ServedStore served = new ServedStore(
                directory,
                options(ApiLimits.DEFAULTS, Patience.DEFAULTS),
                JobLimits.DEFAULTS,
                Vertx.vertx(),
                TestStages::get,
                TestStages.noRegistry())) {
            FakeImage image = served.put("warm/up:1", 2_000_000);
            for (HttpClient.Version version : HttpClient.Version.values()) {
                served.ask(version, "GET", "/v2/", Map.of());
                served.ask(version, "GET", "/v2/warm/up/tags/list?n=1", Map.of());
                served.ask(version, "HEAD", "/v2/warm/up/manifests/1", Map.of());
                served.ask(version, "GET", "/v2/warm/up/manifests/none", Map.of());
                String blob =
                        "/v2/warm/up/blobs/" + image.layers().getFirst().blob().digest();
                served.ask(version, "GET", blob, Map.of("Range", "bytes=1-"));
                served.ask(version, "GET", "/v1/images?limit=1", Map.of());
                served.ask(version, "GET", "/v1/jobs/none", Map.of());
                served.post(version, "/v1/pulls", "{\"image\": \"NONE\"}", Map.of("Prefer", "wait=1"));
                try (Pusher pusher = new Pusher(served.api.url(), version, Map.of())) {
                    pusher.image("warm/up", "2", served.source, image);
                    pusher.send("DELETE", "/v2/warm/up/manifests/2");
                    pusher.send("PUT", "/v2/warm/up/manifests/3", new byte[1]);
                }
            }
        } finally {
            Staging.delete(directory);
        }
    }

    /** An image of layers of these sizes, named in the store as it is here. */
    FakeImage put(String name, int... sizes) {
        FakeImage image = FakeImage.gzip(source, name, sizes);
        put(name, image.manifest());
        return image;
    }

    void put(String name, Descriptor image) {
        name(api.address() + "/" + name, image);
    }

    /** @param name in full */
    void name(String name, Descriptor image) {
        pull.pull(source, image, name, null, PullListener.NONE);
    }

    void untag(String name) {
        store.write("test", session -> session.write(transaction -> transaction.untag(api.address() + "/" + name)));
    }

    /** Whether nobody is being answered any more, soon. */
    void awaitCalm() {
        Deadline.until("nobody is being answered", () -> api.load().requests() == 0);
    }

    /** What this process has open, as far as its path has that in it. */
    static List<String> openFiles(String part) throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.map(ServedStore::target)
                    .filter(each -> each.contains(part))
                    .toList();
        }
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            // Closed meanwhile.
            return "";
        }
    }

    int port() {
        return Integer.parseInt(api.address().replaceFirst(".*:", ""));
    }

    /** @param path with the query */
    HttpResponse<byte[]> ask(HttpClient.Version version, String method, String path, Map<String, String> headers)
            throws Exception {
        return send(version, method, path, headers, HttpResponse.BodyHandlers.ofByteArray());
    }

    HttpResponse<byte[]> post(HttpClient.Version version, String path, String json, Map<String, String> headers)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(api.url() + path))
                .timeout(Duration.ofSeconds(PATIENCE_S))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json));
        headers.forEach(request::header);
        return client(version).send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    private HttpClient client(HttpClient.Version version) {
        return version == HttpClient.Version.HTTP_2 ? http2 : http1;
    }

    /** What is said to a GET comes to; for bodies so large that to have them would be in the way of others. */
    Digest digest(HttpClient.Version version, String path) throws Exception {
        MessageDigest hash = Digest.Algorithm.SHA256.hash();
        try (InputStream body = send(version, "GET", path, Map.of(), HttpResponse.BodyHandlers.ofInputStream())
                .body()) {
            byte[] bytes = new byte[16 << 10];
            for (int n = body.read(bytes); n >= 0; n = body.read(bytes)) {
                hash.update(bytes, 0, n);
            }
        }
        return Digest.of(Digest.Algorithm.SHA256, hash);
    }

    private <T> HttpResponse<T> send(
            HttpClient.Version version,
            String method,
            String path,
            Map<String, String> headers,
            HttpResponse.BodyHandler<T> body)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(api.url() + path))
                .timeout(Duration.ofSeconds(PATIENCE_S))
                .method(method, HttpRequest.BodyPublishers.noBody());
        headers.forEach(request::header);
        return client(version).send(request.build(), body);
    }

    HttpResponse<byte[]> get(String path) throws Exception {
        return ask(HttpClient.Version.HTTP_1_1, "GET", path, Map.of());
    }

    @Override
    public void close() throws TimeoutException {
        http1.shutdownNow();
        http2.shutdownNow();
        api.close();
        vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
        store.close();
    }
}
