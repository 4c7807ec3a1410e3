package io.varve.benchmark;

import io.varve.manifest.Documents;
import io.varve.manifest.MetadataCache;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.ImageConfig;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How long it takes to be given a manifest that is kept already, with one thread and with two, beside reading and parsing
 * it; and how far the estimate of what the cache takes is from what it takes. No arguments.
 */
public final class MetadataBenchmark {
    private static final int IMAGES = 1000;
    private static final int LAYERS = 10;
    private static final int ROUNDS = 7;
    private static final int LOOKUPS = 2_000_000;
    private static final int PARSES = 50_000;
    private static final long LIMIT = Json.DEFAULT_LIMIT;

    private final List<Descriptor> images = new ArrayList<>();
    private final List<byte[]> bytes = new ArrayList<>();

    /** Read by nobody: what is written here cannot be left out. */
    private volatile long sink;

    private MetadataBenchmark() {
        for (int i = 0; i < IMAGES; i++) {
            byte[] config = ImageConfig.of(Platform.parse("linux/amd64"), List.of(digest("diff", i, 0)))
                    .bytes();
            List<Descriptor> layers = new ArrayList<>();
            for (int k = 0; k < LAYERS; k++) {
                layers.add(Descriptor.of(MediaType.Known.OCI_LAYER_GZIP, digest("layer", i, k), 1000L * k + i)
                        .annotated("org.example.step", "RUN make step-" + k));
            }
            Descriptor configured = Descriptor.of(MediaType.Known.OCI_CONFIG, Digest.sha256(config), config.length);
            byte[] manifest = Manifest.of(configured, layers).bytes();
            bytes.add(manifest);
            images.add(Descriptor.of(MediaType.Known.OCI_MANIFEST, Digest.sha256(manifest), manifest.length));
        }
    }

    private static Digest digest(String what, int i, int k) {
        return Digest.sha256((what + i + "." + k).getBytes(StandardCharsets.UTF_8));
    }

    public static void main(String[] arguments) throws Exception {
        new MetadataBenchmark().run();
    }

    private void run() throws Exception {
        long before = used();
        MetadataCache cache = new MetadataCache(1L << 30);
        for (int i = 0; i < IMAGES; i++) {
            byte[] mine = bytes.get(i).clone();
            cache.document(images.get(i), (descriptor, limit) -> mine, LIMIT);
        }
        long taken = used() - before;
        long estimate = cache.statistics().bytes();
        System.out.printf(
                Locale.ROOT,
                "%d manifests of %d bytes: %d bytes of heap each, estimated %d%n",
                IMAGES,
                bytes.getFirst().length,
                taken / IMAGES,
                estimate / IMAGES);
        Documents none = (descriptor, limit) -> {
            throw new IllegalStateException("asked for " + descriptor);
        };
        for (int round = 0; round < ROUNDS; round++) {
            System.out.printf(
                    Locale.ROOT,
                    "hit: %.0f ns with 1 thread, %.0f ns with 2; digest and parse: %.0f ns%n",
                    hits(cache, none, 1),
                    hits(cache, none, 2),
                    parses());
        }
        System.out.println(cache.statistics());
    }

    /** Nanoseconds of one lookup on one of the threads. */
    private double hits(MetadataCache cache, Documents none, int threads) throws InterruptedException {
        List<Thread> running = new ArrayList<>();
        long started = System.nanoTime();
        for (int t = 0; t < threads; t++) {
            int first = t * 7;
            running.add(Thread.ofPlatform().start(() -> {
                long sum = 0;
                for (int i = 0; i < LOOKUPS; i++) {
                    sum += cache.document(images.get((first + i * 31) % IMAGES), none, LIMIT)
                            .bytes()
                            .length;
                }
                sink = sum;
            }));
        }
        for (Thread each : running) {
            each.join();
        }
        return (double) (System.nanoTime() - started) / LOOKUPS;
    }

    private double parses() {
        long sum = 0;
        long started = System.nanoTime();
        for (int i = 0; i < PARSES; i++) {
            byte[] each = bytes.get(i % IMAGES);
            sum += Digest.sha256(each).hex().length();
            sum += Document.parse(each, LIMIT, MediaType.Known.OCI_MANIFEST)
                    .annotations()
                    .size();
        }
        sink = sum;
        return (double) (System.nanoTime() - started) / PARSES;
    }

    private static long used() throws InterruptedException {
        for (int i = 0; i < 5; i++) {
            System.gc();
            Thread.sleep(50);
        }
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
