package io.varve.build;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.varve.bus.Here;
import io.varve.failure.Failure;
import io.varve.layerfs.Footing;
import io.varve.layerfs.Layer;
import io.varve.oci.ChainId;
import io.varve.oci.Digest;
import io.varve.pipeline.Cancellation;
import io.varve.pipeline.Stages;
import io.varve.store.Store;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/**
 * Whether the layers of an image have their places on each other. A base is merged for that once, however many images are built on it. Safe for
 * any thread.
 */
final class Stacking {
    private static final int KEPT_BYTES = 16 << 20;

    /** An object, and an entry of the cache. */
    private static final int ENTRY_BYTES = 200;

    private final Store store;
    private final Cache<Digest, Footing> bases = Caffeine.newBuilder()
            .maximumWeight(KEPT_BYTES)
            .<Digest, Footing>weigher((chainId, footing) -> ENTRY_BYTES + footing.size())
            .executor(Runnable::run)
            .build();

    Stacking(Store store) {
        this.store = store;
    }

    /**
     * Called on the conducting context, when all layers are in the store.
     *
     * @return fails with Invalid when an entry has no place, with Exceeded when a limit was passed
     */
    Future<?> check(BuiltImage image, Stages stages, Cancellation wanted) {
        return stages.disk(() -> layers(image.base().diffIds()))
                .compose(base -> stages.disk(() -> layers(
                                image.layers().stream().map(MadeLayer::diffId).toList()))
                        .compose(above -> footing(base, stages, wanted)
                                .compose(footing ->
                                        stages.compute(() -> store.layers().bears(footing, above)))
                                .compose(sure -> sure
                                        ? Future.succeededFuture()
                                        : merged(
                                                Stream.concat(base.stream(), above.stream())
                                                        .toList(),
                                                stages,
                                                wanted))));
    }

    private List<Layer> layers(List<Digest> diffIds) {
        return diffIds.stream()
                .map(diffId -> store.layers()
                        .find(diffId)
                        .orElseThrow(() -> Failure.notFound("layer " + diffId + " was removed meanwhile")))
                .toList();
    }

    private Future<Footing> footing(List<Layer> base, Stages stages, Cancellation wanted) {
        if (base.isEmpty()) {
            return Future.succeededFuture(Footing.NONE);
        }
        Digest chainId = ChainId.of(base.stream().map(Layer::diffId).toList()).digest();
        return Optional.ofNullable(bases.getIfPresent(chainId))
                .map(Future::succeededFuture)
                .orElseGet(() -> charged(base, () -> store.layers().footing(base), stages, wanted)
                        .onSuccess(footing -> bases.put(chainId, footing)));
    }

    private Future<?> merged(List<Layer> stack, Stages stages, Cancellation wanted) {
        return charged(stack, () -> store.layers().merge(stack), stages, wanted);
    }

    /** What grows with the entries has its memory while it is there. */
    private <T> Future<T> charged(List<Layer> stack, Callable<T> work, Stages stages, Cancellation wanted) {
        return stages.disk(() -> store.layers().treeBytes(stack))
                .compose(bytes ->
                        Here.on(stages.context(), stages.trees().reserve(this, "builds", bytes, wanted.cancelled())))
                .compose(room -> stages.compute(work).onComplete(done -> room.close()));
    }
}
