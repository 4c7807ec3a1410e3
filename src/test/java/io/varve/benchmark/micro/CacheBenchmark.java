package io.varve.benchmark.micro;

import io.varve.benchmark.trace.TracedImages;
import io.varve.layerfs.Stack;
import io.varve.layerfs.TreeBuilder;
import io.varve.manifest.ImagePlan;
import io.varve.manifest.ImagePlanner;
import io.varve.manifest.MetadataCache;
import io.varve.manifest.PlanLimits;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.Json;
import io.varve.oci.Platform;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/** How long it takes to be given a manifest or a tree that is kept, with one thread and with two, beside making a manifest of its bytes. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CacheBenchmark {
    private static final int IMAGES = 1000;

    private final MetadataCache cache = new MetadataCache(1L << 30);
    private final TracedImages images = new TracedImages(IMAGES, 1);
    private final List<ImagePlan> plans = new ArrayList<>();

    /** Each thread's place, since all of them ask for all images in turns. */
    @State(Scope.Thread)
    public static class Turn {
        private int at;

        int next() {
            at = (at + 31) % IMAGES;
            return at;
        }
    }

    @Setup
    public void fill() {
        ImagePlanner planner = new ImagePlanner(images, cache, PlanLimits.DEFAULTS);
        for (int i = 0; i < IMAGES; i++) {
            ImagePlan plan = planner.plan(images.manifest(i), Platform.parse("linux/amd64"));
            plans.add(plan);
            cache.stack(plan, () -> new Stack(List.of(), new TreeBuilder(1, 1 << 20).build()));
        }
    }

    @Benchmark
    @Threads(1)
    public Document hit(Turn turn) {
        return cache.document(images.manifest(turn.next()), images, Json.DEFAULT_LIMIT);
    }

    @Benchmark
    @Threads(2)
    public Document hitOfTwo(Turn turn) {
        return cache.document(images.manifest(turn.next()), images, Json.DEFAULT_LIMIT);
    }

    @Benchmark
    @Threads(1)
    public Stack treeHit(Turn turn) {
        return cache.stack(plans.get(turn.next())).orElseThrow();
    }

    @Benchmark
    @Threads(1)
    public Document parse(Turn turn) {
        Descriptor manifest = images.manifest(turn.next());
        byte[] bytes = images.read(manifest, Json.DEFAULT_LIMIT);
        if (!Digest.sha256(bytes).equals(manifest.digest())) {
            throw new IllegalStateException();
        }
        return Document.parse(bytes, Json.DEFAULT_LIMIT, manifest.mediaType());
    }
}
