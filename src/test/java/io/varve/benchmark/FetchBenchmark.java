package io.varve.benchmark;

import io.netty.buffer.ByteBuf;
import io.varve.bus.Budget;
import io.varve.bus.SlabSink;
import io.varve.bus.WorkLimits;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.Reference;
import io.varve.registry.Access;
import io.varve.registry.HostOptions;
import io.varve.registry.NetworkOptions;
import io.varve.registry.RegistryClient;
import io.varve.registry.RegistryLimits;
import io.varve.registry.RegistryOptions;
import io.varve.registry.RemoteDocument;
import io.varve.registry.Repository;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.WorkerExecutor;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How long the blobs of an image take to come from a registry, hashed and not kept: the network alone, with the back-pressure that a pull
 * has. One event loop fetches, and each blob is hashed on a worker.
 *
 * <p>Arguments: the number of rounds, blobs at once, connections of one blob, {@code http1} or {@code http2}, bytes of the largest blob
 * that is wanted, the image by its name, and for TLS the certificate of its authority.
 */
public final class FetchBenchmark {
    private static final int WINDOW = 4;
    private static final int PATIENCE_MIN = 10;

    private FetchBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        int rounds = Integer.parseInt(arguments[0]);
        int atOnce = Integer.parseInt(arguments[1]);
        int connections = Integer.parseInt(arguments[2]);
        boolean http2 = arguments[3].equals("http2");
        long largest = Long.parseLong(arguments[4]);
        Reference image = Reference.normalized(arguments[5]);
        Path authority = arguments.length > 6 ? Path.of(arguments[6]) : null;
        Repository repository = Repository.of(image, Access.DEFAULT);
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
        try (RegistryClient registry = RegistryClient.of(
                vertx,
                options(repository.host(), connections, http2, authority),
                Map.of(),
                (host, path) -> Optional.empty())) {
            List<Descriptor> blobs = blobs(registry, repository, image).stream()
                    .filter(blob -> blob.size() <= largest)
                    .sorted(Comparator.comparingLong(Descriptor::size).reversed())
                    .limit(atOnce)
                    .toList();
            long bytes = blobs.stream().mapToLong(Descriptor::size).sum();
            double[] seconds = new double[rounds];
            for (int round = 0; round < rounds; round++) {
                long cpu = cpuNanos();
                long start = System.nanoTime();
                Budget budget = new Budget(WorkLimits.DEFAULTS.budgetBytes());
                Context context = vertx.getOrCreateContext();
                Future.all(blobs.stream()
                                .map(blob -> fetch(vertx, context, registry, repository, blob, budget))
                                .toList())
                        .await(PATIENCE_MIN, TimeUnit.MINUTES);
                seconds[round] = (System.nanoTime() - start) / 1e9;
                System.out.printf(
                        Locale.ROOT,
                        "round %d: %.2f s, %.1f MB/s, %.2f CPU s, %d segments (%d abandoned, %d failed)%n",
                        round,
                        seconds[round],
                        bytes / seconds[round] / 1e6,
                        (cpuNanos() - cpu) / 1e9,
                        registry.segments().fetched(),
                        registry.segments().abandoned(),
                        registry.segments().failed());
            }
            Arrays.sort(seconds);
            System.out.printf(
                    Locale.ROOT,
                    "%d blobs, %d bytes, median %.2f s, %.1f MB/s%n",
                    blobs.size(),
                    bytes,
                    seconds[rounds / 2],
                    bytes / seconds[rounds / 2] / 1e6);
        } finally {
            vertx.close().await(PATIENCE_MIN, TimeUnit.MINUTES);
        }
    }

    private static RegistryOptions options(String host, int connections, boolean http2, @Nullable Path authority) {
        NetworkOptions usual = NetworkOptions.DEFAULTS;
        HostOptions hosts = HostOptions.DEFAULTS;
        return new RegistryOptions(
                Map.of(
                        host,
                        new HostOptions(
                                List.of(),
                                authority == null,
                                false,
                                authority,
                                null,
                                null,
                                hosts.connections(),
                                hosts.requests(),
                                http2)),
                new NetworkOptions(
                        usual.attempts(),
                        usual.connectTimeout(),
                        usual.idleTimeout(),
                        usual.patience(),
                        usual.retryAfter(),
                        usual.leastRate(),
                        connections,
                        usual.segmentBytes()),
                RegistryLimits.DEFAULTS);
    }

    private static List<Descriptor> blobs(RegistryClient registry, Repository repository, Reference image)
            throws Exception {
        RemoteDocument document = registry.resolve(repository, Objects.requireNonNull(image.tag()), Json.DEFAULT_LIMIT)
                .await(PATIENCE_MIN, TimeUnit.MINUTES);
        Manifest manifest = (Manifest) Document.parse(document.bytes(), Json.DEFAULT_LIMIT);
        return manifest.layers();
    }

    private static Future<Void> fetch(
            Vertx vertx,
            Context context,
            RegistryClient registry,
            Repository repository,
            Descriptor blob,
            Budget budget) {
        Promise<Void> done = Promise.promise();
        WorkerExecutor worker = vertx.createSharedWorkerExecutor("hash " + blob.digest(), 1);
        context.runOnContext(now -> {
            Hashing sink = new Hashing(worker, repository.host(), budget);
            registry.blob(repository, blob, 0, sink)
                    .compose(all -> sink.digest())
                    .map(digest -> {
                        if (!digest.equals(blob.digest())) {
                            throw new IllegalStateException("wrong bytes of " + blob.digest());
                        }
                        return (Void) null;
                    })
                    .onComplete(hashed -> worker.close())
                    .onComplete(done);
        });
        return done.future();
    }

    /** Hashes slabs in their order, a window of them at a time. */
    private static final class Hashing implements SlabSink {
        private final WorkerExecutor worker;
        private final String place;
        private final Budget budget;
        private final MessageDigest hash;
        private int outstanding;
        private @Nullable Promise<Void> room;

        Hashing(WorkerExecutor worker, String place, Budget budget) {
            this.worker = worker;
            this.place = place;
            this.budget = budget;
            hash = Digest.Algorithm.SHA256.hash();
        }

        @Override
        public void hand(ByteBuf owned) {
            outstanding++;
            worker.executeBlocking(() -> {
                        for (ByteBuffer each : owned.nioBuffers()) {
                            hash.update(each);
                        }
                        owned.release();
                        return true;
                    })
                    .onComplete(hashed -> {
                        outstanding--;
                        Promise<Void> waiting = room;
                        if (waiting != null) {
                            room = null;
                            waiting.complete();
                        }
                    });
        }

        @Override
        public Future<Void> ready() {
            if (outstanding < WINDOW) {
                return Future.succeededFuture();
            }
            Promise<Void> waiting = Promise.promise();
            room = waiting;
            return waiting.future();
        }

        @Override
        public Optional<Budget.Reservation> spare(long bytes) {
            return budget.spare(place, bytes);
        }

        Future<Digest> digest() {
            return worker.executeBlocking(() -> Digest.of(Digest.Algorithm.SHA256, hash));
        }
    }

    private static long cpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }
}
