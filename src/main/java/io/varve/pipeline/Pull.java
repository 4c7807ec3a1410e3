package io.varve.pipeline;

import io.varve.decode.DecodeLimits;
import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.layerfs.LayerFs;
import io.varve.manifest.ImagePlan;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Digest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Brings all layers of an image into the store. Safe for any thread; blocks the one that calls. */
public final class Pull {
    private final LayerFs layers;
    private final DecodeLimits limits;
    private final int workers;

    /** @param workers how many flows may run at once; more than there are cores only costs memory */
    public Pull(LayerFs layers, DecodeLimits limits, int workers) {
        this.layers = layers;
        this.limits = limits;
        this.workers = workers;
    }

    /**
     * Every layer of the image is there when this returns; those that were there already are not read again.
     *
     * @return base first
     * @throws Failure the first one of any layer, after all flows ended; Cancelled when the thread was interrupted
     */
    public List<Layer> pull(ImagePlan plan, Blobs blobs, PullListener listener) {
        listener.planned(plan);
        Map<Digest, Layer> there = new LinkedHashMap<>();
        Map<Digest, LayerPlan> missing = new LinkedHashMap<>();
        for (LayerPlan layer : plan.layers()) {
            Optional<Layer> found = layers.find(layer.diffId());
            if (found.isPresent()) {
                there.put(layer.diffId(), found.get());
                listener.cached(layer);
            } else {
                missing.putIfAbsent(layer.diffId(), layer);
            }
        }
        there.putAll(fetch(List.copyOf(missing.values()), blobs, listener));
        List<Layer> stack = new ArrayList<>();
        for (LayerPlan layer : plan.layers()) {
            stack.add(there.get(layer.diffId()));
        }
        return stack;
    }

    private Map<Digest, Layer> fetch(List<LayerPlan> missing, Blobs blobs, PullListener listener) {
        if (missing.isEmpty()) {
            return Map.of();
        }
        List<LayerPlan> largestFirst = missing.stream()
                .sorted(Comparator.comparingLong(
                                (LayerPlan layer) -> layer.blob().size())
                        .reversed())
                .toList();
        ExecutorService pool = Executors.newFixedThreadPool(
                Math.min(workers, missing.size()),
                Thread.ofPlatform().name("flow-", 0).factory());
        try (pool) {
            CompletionService<Layer> flows = new ExecutorCompletionService<>(pool);
            for (LayerPlan layer : largestFirst) {
                flows.submit(() -> new LayerFlow(layer, listener).run(blobs, layers, limits));
            }
            return collect(flows, largestFirst.size(), pool);
        }
    }

    /** The first failure stops the other flows, each of which takes back what it wrote. */
    private static Map<Digest, Layer> collect(CompletionService<Layer> flows, int count, ExecutorService pool) {
        Map<Digest, Layer> committed = new LinkedHashMap<>();
        try {
            for (int i = 0; i < count; i++) {
                Layer layer = flows.take().get();
                committed.put(layer.diffId(), layer);
            }
            return committed;
        } catch (ExecutionException e) {
            pool.shutdownNow();
            throw Failure.from(e.getCause() == null ? e : e.getCause());
        } catch (InterruptedException e) {
            pool.shutdownNow();
            Thread.currentThread().interrupt();
            throw Failure.from(e);
        }
    }
}
