package io.varve.build;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
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
import java.util.function.Function;
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
     * Called on the conducting context, when all layers are to be in the store, and nobody collects them.
     *
     * @return fails with NotFound for one that was collected before, with Invalid when an entry has no place, with Exceeded when a limit was passed
     */
    Future<?> check(BuiltImage image, Stages stages, Cancellation wanted) {
        return stages.disk(() -> new Stack(
                        layers(image.base().diffIds()),
                        layers(image.layers().stream().map(MadeLayer::diffId).toList())))
                .compose(stack -> footing(stack.base(), stages, wanted)
                        .compose(footing -> stages.disk(() -> store.layers().bears(footing, stack.above())))
                        .compose(sure -> sure
                                ? Future.succeededFuture()
                                : charged(stack.all(), store.layers()::merge, stages, wanted)));
    }

    private record Stack(List<Layer> base, List<Layer> above) {
        List<Layer> all() {
            return Stream.concat(base.stream(), above.stream()).toList();
        }
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
        Footing known = bases.getIfPresent(chainId);
        return known != null
                ? Future.succeededFuture(known)
                : charged(base, store.layers()::footing, stages, wanted)
                        .onSuccess(footing -> bases.put(chainId, footing));
    }

    private <T> Future<T> charged(
            List<Layer> stack, Function<List<Layer>, T> work, Stages stages, Cancellation wanted) {
        return stages.withTrees(
                () -> store.layers().treeBytes(stack),
                wanted,
                LayerMaker.PLACE,
                wanted,
                () -> stages.compute(() -> work.apply(stack)));
    }
}
