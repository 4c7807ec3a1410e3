package io.varve.api;

import io.varve.auth.TokenKeys;
import io.varve.bus.Budget;
import io.varve.bus.Here;
import io.varve.distribution.Distribution;
import io.varve.distribution.UploadLimits;
import io.varve.http.Incoming;
import io.varve.http.Listening;
import io.varve.http.Outgoing;
import io.varve.http.Underway;
import io.varve.oci.Json;
import io.varve.store.StoreOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.JdkSSLEngineOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The server, on one event loop. */
final class ApiVerticle extends VerticleBase {
    /** They wait for the disk, and cost little while they do. */
    private static final int WORKERS = 16;

    /** They write as fast as their readers read. */
    private static final int STREAMS = 8;

    /** They read large bodies, which takes processors and memory; nobody has to send such. */
    private static final int READERS = 2;

    /** They wait for the disk as blobs are written to it. */
    private static final int PUSHES = 8;

    private static final long EXPIRY_MILLIS = 10_000;

    private final Services services;
    private final ApiOptions options;
    private final @Nullable SocketAddress socket;
    private final Underway underway;
    private @Nullable HttpServer server;
    private @Nullable HttpServer local;
    private @Nullable Health health;
    private @Nullable Distribution distribution;

    /** What comes with us. */
    private record Shipped(Contract contract, StatusPage page) {}

    /** @param socket of the store; null for none */
    ApiVerticle(Services services, ApiOptions options, @Nullable SocketAddress socket) {
        this.services = services;
        this.options = options;
        this.socket = socket;
        underway = new Underway(options.limits().connections(), options.patience());
    }

    @Override
    public Future<?> start() {
        WorkerExecutor workers = pool("varve-api", WORKERS);
        underway.watch(vertx);
        Gate gate = new Gate(options.security(), this::address, options::isOurs, InstantSource.system());
        return workers.executeBlocking(() -> new Shipped(Contract.read(), StatusPage.read()))
                .compose(shipped -> keys(workers, gate)
                        .compose(kept -> certificate(workers))
                        .compose(tls -> listen(shipped, workers, gate, tls)))
                .onSuccess(listens -> services.jobs().recover());
    }

    private Future<?> listen(Shipped shipped, WorkerExecutor workers, Gate gate, Optional<ServerSSLOptions> tls) {
        HttpServerOptions listening =
                Listening.options().setHost(options.host()).setPort(options.port());
        tls.ifPresent(first -> listening
                .setSsl(true)
                .setUseAlpn(true)
                .setSslHandshakeTimeout(options.patience().head().toMillis())
                .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
                .setKeyCertOptions(first.getKeyCertOptions())
                .setTrustOptions(first.getTrustOptions())
                .setClientAuth(first.getClientAuth())
                // What a handshake computes takes an event loop too long.
                .setSslEngineOptions(new JdkSSLEngineOptions().setUseWorkerThread(true)));
        Door door = new Door(
                face(shipped, gate, workers), underway, options.limits().requestsAtOnce());
        HttpServer made = Listening.server(vertx, listening, underway, door, door::nonsense);
        server = made;
        return made.listen().compose(listens -> listen(door));
    }

    private Future<?> keys(WorkerExecutor workers, Gate gate) {
        TokenFiles tokens = options.security().tokens();
        if (tokens == null) {
            return Future.succeededFuture();
        }
        FileWatch<TokenKeys> watch = new FileWatch<>(
                context,
                workers,
                "keys of tokens (http.auth.jwks)",
                List.of(tokens.jwks()),
                contents -> {
                    TokenKeys keys = TokenKeys.read(contents.getFirst());
                    keys.rehearse();
                    return keys;
                },
                keys -> {
                    gate.hold(keys);
                    return Future.succeededFuture();
                });
        return watch.begin().map(keys -> {
            gate.hold(keys);
            watch.goOn();
            return keys;
        });
    }

    private Future<Optional<ServerSSLOptions>> certificate(WorkerExecutor workers) {
        TlsFiles files = options.security().tls();
        if (files == null) {
            return Future.succeededFuture(Optional.empty());
        }
        FileWatch<ServerSSLOptions> watch = new FileWatch<>(
                context,
                workers,
                "certificate and key (http.tls)",
                files.all(),
                contents -> TlsKeys.read(vertx, contents),
                changed -> server == null ? Future.succeededFuture() : server.updateSSLOptions(changed, true));
        return watch.begin().map(first -> {
            watch.goOn();
            return Optional.of(first);
        });
    }

    private static Future<Void> token(Exchange exchange, Gate gate) {
        Gate.Granted granted = gate.exchange(exchange.request());
        long seconds = Math.max(1, Instant.now().until(granted.until(), ChronoUnit.SECONDS));
        exchange.response().putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        return exchange.answer(200, Json.object().put("token", granted.token()).put("expires_in", seconds));
    }

    private Future<?> listen(Door door) {
        if (socket == null) {
            return Future.succeededFuture();
        }
        HttpServer besides = Listening.server(vertx, Listening.options(), underway, door, door::nonsense);
        local = besides;
        return besides.listen(socket);
    }

    private Future<Void> metrics(Exchange exchange, Outgoing outgoing) {
        return outgoing.disk(() -> services.metrics().get().getBytes(StandardCharsets.UTF_8))
                .compose(text -> exchange.answer(200, "text/plain; version=0.0.4; charset=utf-8", text));
    }

    private WorkerExecutor pool(String name, int threads) {
        return vertx.createSharedWorkerExecutor(name, threads, Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    }

    private Face face(Shipped shipped, Gate gate, WorkerExecutor workers) {
        Outgoing outgoing = new Outgoing(
                context,
                workers,
                pool("varve-export", STREAMS),
                new Budget(options.limits().servedBytes()));
        Writers writers = Writers.of(vertx);
        Sight sight = new Sight(services.store(), services.images(), outgoing);
        Plans plans = new Plans(services.images(), sight, outgoing);
        OpenImages open = new OpenImages(context, services.images(), pool("varve-trees", OpenImages.WORKERS));
        FileFace files = new FileFace(plans, open, outgoing);
        ArchiveFace archives = new ArchiveFace(services.exports(), sight, plans, open, outgoing);
        StoreChanges changes = new StoreChanges(services, vertx.eventBus());
        Incoming incoming = new Incoming(
                context, pool("varve-push", PUSHES), new Budget(options.limits().receivedBytes()), options.patience());
        Distribution served = distribution(outgoing, incoming, changes);
        distribution = served;
        Health ours = new Health(services.store(), outgoing, options.limits().freeBytes());
        health = ours;
        JobFace jobs = new JobFace(context, services.jobs(), outgoing);
        PullFace pulls = new PullFace(
                new PullOrders(services.pulls(), changes, options.security().authenticates()), jobs);
        BodyReader bodies = new BodyReader(
                context,
                pool("varve-bodies", READERS),
                options.limits().requestBytes(),
                options.limits().bodiesBytes(),
                options.patience().body());
        BuildFace builds = new BuildFace(
                context,
                new BuildOrders(
                        services.builds(),
                        changes,
                        options.security().authenticates(),
                        options.security().directories()),
                jobs,
                sight,
                bodies,
                options.limits().uploadBytes(),
                options.patience());
        PushFace pushes = new PushFace(new PushOrders(services), jobs, sight);
        ImportFace imports = new ImportFace(
                context,
                services.imports(),
                changes,
                writers,
                incoming,
                options.limits().uploadBytes(),
                options.security().authenticates());
        ImageFace images = new ImageFace(services.store(), changes, sight, plans, open, outgoing, writers);
        ReportFace reports = new ReportFace(services.store(), plans, open, outgoing);
        RootfsFace rootfs = new RootfsFace(changes, services.rootfs(), sight, plans, open, outgoing, writers);
        StoreFace store = new StoreFace(changes, services.reasons(), outgoing, writers);
        byte[] yaml = shipped.contract().yaml();
        Map<String, Face.Answering> answering = Map.ofEntries(
                Map.entry("createPull", pulls::create),
                Map.entry("createBuild", builds::create),
                Map.entry("createPush", pushes::create),
                Map.entry("listJobs", jobs::list),
                Map.entry("getJob", jobs::get),
                Map.entry("cancelJob", jobs::cancel),
                Map.entry("jobEvents", jobs::events),
                Map.entry("listImages", images::list),
                Map.entry("getImage", images::get),
                Map.entry("deleteImage", images::delete),
                Map.entry("removeImages", images::remove),
                Map.entry("tagImage", images::tag),
                Map.entry("archiveImage", archives::get),
                Map.entry("importImages", imports::create),
                Map.entry("diffImages", reports::diff),
                Map.entry("imageUsage", reports::usage),
                Map.entry("createBundle", rootfs::bundle),
                Map.entry("createRootfs", rootfs::create),
                Map.entry("listRootfs", rootfs::list),
                Map.entry("removeRootfs", rootfs::remove),
                Map.entry("collect", store::collect),
                Map.entry("why", store::why),
                Map.entry("token", asked -> token(asked, gate)),
                Map.entry("live", ours::live),
                Map.entry("ready", ours::ready),
                Map.entry("metrics", asked -> metrics(asked, outgoing)),
                Map.entry("statusPage", shipped.page()::get),
                Map.entry("openapi", asked -> asked.answer(200, "application/yaml", yaml)));
        return new Face(
                vertx,
                shipped.contract(),
                gate,
                answering,
                Set.of("createBuild", "importImages"),
                files::get,
                served,
                bodies,
                underway);
    }

    private Distribution distribution(Outgoing outgoing, Incoming incoming, StoreChanges changes) {
        ApiLimits limits = options.limits();
        StoreOptions store = services.store().options();
        Distribution made = new Distribution(
                services.store(),
                // Whoever guesses a port that the system chose before anybody was told it asks for names that there are
                // none of.
                this::name,
                outgoing,
                incoming,
                underway,
                limits.listedNames(),
                new UploadLimits(
                        limits.uploadBytes(),
                        limits.openUploads(),
                        limits.openUploadBytes(),
                        store.ingestMaxAge(),
                        options.patience().idle(),
                        store.plan().manifestBytes(),
                        store.plan().layers()),
                services.images()::check,
                changes);
        vertx.setPeriodic(EXPIRY_MILLIS, passed -> made.expire());
        return made;
    }

    /**
     * Is ready for nobody, and takes on no more jobs; those that there are have so long, and so have those who are being answered.
     * Any thread.
     */
    Future<Void> drain(Duration patience) {
        Promise<Void> drained = Promise.promise();
        context.runOnContext(now -> {
            if (health != null) {
                health.drain();
            }
            long deadline = System.nanoTime() + patience.toNanos();
            jobs(patience)
                    .compose(ended -> Future.join(shutdown(server, deadline), shutdown(local, deadline)))
                    .<Void>mapEmpty()
                    .onComplete(drained);
        });
        return drained.future();
    }

    private static Future<?> shutdown(@Nullable HttpServer ending, long deadline) {
        return ending == null
                ? Future.succeededFuture()
                : ending.shutdown(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    private Future<Void> jobs(Duration patience) {
        long timer = vertx.setTimer(
                Math.max(1, patience.toMillis()), passed -> services.jobs().stop());
        return Here.on(context, services.jobs().drain()).onComplete(ended -> vertx.cancelTimer(timer));
    }

    @Override
    public Future<?> stop() {
        return Future.join(closed(server), closed(local))
                .eventually(underway::cut)
                .eventually(() -> distribution == null ? Future.succeededFuture() : distribution.close())
                .eventually(() -> Here.on(context, services.jobs().close()));
    }

    private static Future<?> closed(@Nullable HttpServer ending) {
        return ending == null ? Future.succeededFuture() : ending.close();
    }

    /** Any thread. */
    Future<Underway.Load> load() {
        Promise<Underway.Load> load = Promise.promise();
        context.runOnContext(now -> load.complete(underway.load()));
        return load.future();
    }

    /** Once it is started. */
    String address() {
        return options.address(server == null ? 0 : server.actualPort());
    }

    /** Once it is started. */
    String url() {
        return options.scheme() + "://" + address();
    }

    /** Once it is started. */
    String name() {
        return options.name(server == null ? 0 : server.actualPort());
    }
}
