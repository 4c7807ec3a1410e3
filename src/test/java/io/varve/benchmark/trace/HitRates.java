package io.varve.benchmark.trace;

import io.varve.benchmark.baseline.LruCache;
import io.varve.layerfs.Stack;
import io.varve.manifest.ImagePlan;
import io.varve.manifest.ImagePlanner;
import io.varve.manifest.MetadataCache;
import io.varve.manifest.PlanLimits;
import io.varve.oci.Platform;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * How often manifests, configurations and trees are had from memory along an {@linkplain AccessTrace access trace}: by the cache of
 * a store, and by one of equal weight that forgets what was asked for the longest time ago. No time is measured.
 *
 * @param ours the share of questions that the store's cache answered
 * @param lru the share that the other one answered
 */
public record HitRates(double ours, double lru) {
    private static final long SEED = 20_260_101;
    private static final Platform ANY = Platform.parse("linux/amd64");

    private static final int IMAGES = 4000;

    /** Room for this part of what all images weigh together. */
    private static final int TWENTIETH = 20;

    /** How much more often the store's cache has it: 0.1 for a tenth. */
    public double advantage() {
        return ours / lru - 1;
    }

    /** Arguments: accesses (30,000 if there is none). */
    public static void main(String[] arguments) {
        int accesses = arguments.length == 0 ? 30_000 : Integer.parseInt(arguments[0]);
        System.out.printf(Locale.ROOT, "%,d images, %,d accesses%n", IMAGES, accesses);
        for (int part : new int[] {40, TWENTIETH, 10, 5}) {
            HitRates rates = measure(accesses, part);
            System.out.printf(
                    Locale.ROOT,
                    "room for 1/%d of them: %.1f %% hits, LRU %.1f %%, ours %+.1f %%%n",
                    part,
                    100 * rates.ours,
                    100 * rates.lru,
                    100 * rates.advantage());
        }
    }

    /**
     * With room for a twentieth of what all images weigh together.
     *
     * @param accesses each of which asks for a manifest, a configuration and a tree
     */
    public static HitRates measure(int accesses) {
        return measure(accesses, TWENTIETH);
    }

    private static HitRates measure(int accesses, int part) {
        TracedImages images = new TracedImages(IMAGES, SEED);
        Weights weights = Weights.of(images);
        int[] trace = AccessTrace.of(IMAGES, accesses, SEED);
        long room = weights.sum() / part;
        return new HitRates(ours(images, trace, room), lru(weights, trace, room));
    }

    private static double ours(TracedImages images, int[] trace, long room) {
        MetadataCache cache = new MetadataCache(room);
        ImagePlanner planner = new ImagePlanner(images, cache, PlanLimits.DEFAULTS);
        for (int image : trace) {
            ask(images, image, planner, cache);
        }
        long hits = 0;
        long misses = 0;
        for (MetadataCache.Kind kind : MetadataCache.Kind.values()) {
            hits += cache.statistics(kind).hits();
            misses += cache.statistics(kind).misses();
        }
        return share(hits, misses);
    }

    private static Stack ask(TracedImages images, int image, ImagePlanner planner, MetadataCache cache) {
        ImagePlan plan = planner.plan(images.manifest(image), ANY);
        return cache.stack(plan, () -> images.stack(image, plan));
    }

    private static double lru(Weights weights, int[] trace, long room) {
        LruCache<String, Boolean> cache = new LruCache<>(room);
        for (int image : trace) {
            for (MetadataCache.Kind kind : MetadataCache.Kind.values()) {
                cache.get(kind + "-" + image, () -> new LruCache.Weighed<>(true, weights.of(kind, image)));
            }
        }
        return share(cache.hits(), cache.misses());
    }

    private static double share(long hits, long misses) {
        return (double) hits / (hits + misses);
    }

    /** What the store's cache says that each weighs, so that the same room is the same room. */
    private record Weights(Map<MetadataCache.Kind, long[]> bytes) {
        static Weights of(TracedImages images) {
            Map<MetadataCache.Kind, long[]> bytes = new EnumMap<>(MetadataCache.Kind.class);
            for (int image = 0; image < images.count(); image++) {
                MetadataCache alone = new MetadataCache(1L << 40);
                ask(images, image, new ImagePlanner(images, alone, PlanLimits.DEFAULTS), alone);
                for (MetadataCache.Kind kind : MetadataCache.Kind.values()) {
                    bytes.computeIfAbsent(kind, first -> new long[images.count()])[image] = alone.bytes(kind);
                }
            }
            return new Weights(bytes);
        }

        @SuppressWarnings("NullAway") // There is one of every kind.
        long of(MetadataCache.Kind kind, int image) {
            return bytes.get(kind)[image];
        }

        long sum() {
            return bytes.values().stream().flatMapToLong(Arrays::stream).sum();
        }
    }
}
