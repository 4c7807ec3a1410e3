package io.varve.benchmark;

import io.varve.catalogue.Catalogue;
import io.varve.catalogue.Node;
import io.varve.decode.DecodeLimits;
import io.varve.gc.Collected;
import io.varve.gc.Collector;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.os.Durability;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.TestStages;
import io.varve.store.Session;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.varve.store.TestOptions;
import io.varve.view.Views;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * What a store costs when there is much in it: small images brought in durably, many names listed, many layers collected,
 * a large store opened. Medians in one process.
 *
 * <p>Arguments: a directory to work in, on the disk that is to be measured; what is in it beforehand stays; and how durable the stores
 * are, {@code full} or {@code relaxed}.
 */
public final class StoreBenchmark {
    private static final int IMAGES = 1_000;
    private static final int MANY = 10_000;
    private static final int AT_ONCE = 16;
    private static final int ROUNDS = 5;
    private static final int OPENINGS = 21;

    private final Path directory;
    private final StoreOptions options;
    private final SmallImages images = new SmallImages();
    private int made;

    private StoreBenchmark(Path directory, Durability durability) {
        this.directory = directory;
        options = TestOptions.usual().durability(durability).build();
    }

    public static void main(String[] arguments) throws Exception {
        StoreBenchmark benchmark = new StoreBenchmark(
                Files.createTempDirectory(Path.of(arguments[0]), "store-"),
                arguments.length > 1 ? Durability.valueOf(arguments[1].toUpperCase(Locale.ROOT)) : Durability.FULL);
        try {
            benchmark.run();
        } finally {
            benchmark.delete(benchmark.directory);
        }
    }

    private void run() throws Exception {
        long[] commits = new long[ROUNDS];
        long[] pulls = new long[ROUNDS];
        long[] collections = new long[ROUNDS];
        for (int round = -1; round < ROUNDS; round++) {
            Path place = directory.resolve("round" + round);
            long committed;
            try (Store store = new Store(place.resolve("commits"), options)) {
                committed = commits(store, IMAGES);
            }
            try (Store store = new Store(place.resolve("pulls"), options)) {
                long pulled = pulls(store, IMAGES);
                untag(store);
                long collected = collection(store);
                if (round >= 0) {
                    commits[round] = committed;
                    pulls[round] = pulled;
                    collections[round] = collected;
                }
            }
            delete(place);
        }
        print("commit 1,000 images of 3 blobs each", commits);
        print("pull 1,000 images: blobs, layer and index each", pulls);
        print("collect 1,000 layers with their blobs and indexes", collections);

        Path large = directory.resolve("large");
        try (Store store = new Store(large, options)) {
            commits(store, MANY);
        }
        long[] openings = new long[OPENINGS];
        long[] lists = new long[OPENINGS];
        for (int i = -5; i < OPENINGS; i++) {
            long opened = reading(large);
            long listed = listing(large);
            if (i >= 0) {
                openings[i] = opened;
                lists[i] = listed;
            }
        }
        print("open a store of 10,000 images and resolve a name", openings);
        print("open it and list its 10,000 names", lists);
        long[] sessions = new long[OPENINGS];
        for (int i = -5; i < OPENINGS; i++) {
            long session = session(large);
            if (i >= 0) {
                sessions[i] = session;
            }
        }
        print("begin and end a session of it", sessions);
    }

    /** Three blobs of each image are on the disk, and in the catalogue with their name, when this returns. */
    private long commits(Store store, int count) throws Exception {
        List<Descriptor> manifests = make(count);
        long start = System.nanoTime();
        store.write("benchmark", session -> {
            inParallel(manifests, manifest -> commit(store, session, manifest));
            return true;
        });
        return System.nanoTime() - start;
    }

    private void commit(Store store, Session session, Descriptor manifest) {
        List<Descriptor> blobs = images.blobs(manifest);
        session.write(transaction -> transaction.lease(
                0,
                blobs.stream().map(blob -> Node.blob(blob.digest())).toList(),
                Instant.now().plusSeconds(60)));
        Map<Digest, byte[]> contents = new HashMap<>();
        blobs.forEach(blob -> contents.put(blob.digest(), images.read(blob, Long.MAX_VALUE)));
        store.content().put(contents);
        session.write(transaction -> {
            images.record(transaction, manifest);
            transaction.tag(name(manifest), manifest.digest(), Instant.now());
            return true;
        });
    }

    /** Whole images: blobs, layer and index are on the disk, and the name leads to them, when this returns. */
    private long pulls(Store store, int count) throws Exception {
        List<Descriptor> manifests = make(count);
        LayerPull layers = new LayerPull(
                store, DecodeLimits.DEFAULTS, Runtime.getRuntime().availableProcessors(), TestStages::get);
        Pull pull = new Pull(store, layers);
        long start = System.nanoTime();
        store.write("benchmark", session -> {
            inParallel(manifests, each -> pull.pull(images, each, name(each), null, PullListener.NONE));
            return true;
        });
        return System.nanoTime() - start;
    }

    private static void untag(Store store) {
        store.write(
                "benchmark",
                session -> session.write(transaction -> {
                    session.catalogue().tags("", "", Integer.MAX_VALUE).forEach(tag -> transaction.untag(tag.name()));
                    return true;
                }));
    }

    private static long collection(Store store) {
        long start = System.nanoTime();
        Collected collected =
                new Collector(store, new Views(store.directory().resolve("views"))).collect(Instant.now());
        long took = System.nanoTime() - start;
        if (collected.entries().size() != 5 * IMAGES) {
            throw new IllegalStateException("collected " + collected.entries().size());
        }
        return took;
    }

    private long reading(Path place) {
        long start = System.nanoTime();
        try (Store store = new Store(place, options)) {
            store.catalogue().flatMap(names -> names.tag("nobody")).ifPresent(tag -> {
                throw new IllegalStateException("got " + tag);
            });
        }
        return System.nanoTime() - start;
    }

    private long listing(Path place) {
        long start = System.nanoTime();
        try (Store store = new Store(place, options)) {
            int listed = store.catalogue().map(Catalogue::images).orElseThrow().size();
            if (listed != MANY) {
                throw new IllegalStateException("listed " + listed);
            }
        }
        return System.nanoTime() - start;
    }

    private long session(Path place) {
        long start = System.nanoTime();
        try (Store store = new Store(place, options)) {
            store.write("benchmark", session -> true);
        }
        return System.nanoTime() - start;
    }

    private List<Descriptor> make(int count) throws IOException {
        List<Descriptor> manifests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            manifests.add(images.make(made++));
        }
        return manifests;
    }

    private static String name(Descriptor manifest) {
        return "registry.example/small:" + manifest.digest().hex().substring(0, 12);
    }

    private interface Work {
        void on(Descriptor manifest);
    }

    private static void inParallel(List<Descriptor> manifests, Work work) {
        try (ExecutorService pool = Executors.newFixedThreadPool(AT_ONCE)) {
            List<Callable<Boolean>> all = new ArrayList<>();
            for (Descriptor manifest : manifests) {
                all.add(() -> {
                    work.on(manifest);
                    return true;
                });
            }
            for (Future<Boolean> each : pool.invokeAll(all)) {
                each.get();
            }
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void print(String what, long[] nanos) {
        Arrays.sort(nanos);
        System.out.printf(
                Locale.ROOT,
                "%-50s %8.1f ms  (%.1f to %.1f, %d rounds)%n",
                what,
                nanos[nanos.length / 2] / 1e6,
                nanos[0] / 1e6,
                nanos[nanos.length - 1] / 1e6,
                nanos.length);
    }

    private void delete(Path place) throws IOException {
        try (Stream<Path> all = Files.walk(place)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
