package io.varve.api;

import io.varve.bus.Here;
import io.varve.manifest.ImagePlan;
import io.varve.oci.Digest;
import io.varve.pipeline.Image;
import io.varve.pipeline.Images;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Images whose files are asked for, with their trees, from memory where the store's cache has them: to have the tree of a large
 * image takes longer than most answers. Two trees at most are made at once, whoever asks; who asks for an image that is being
 * opened waits for that. Belongs to one event loop.
 */
final class OpenImages {
    static final int WORKERS = 2;

    private final Context context;
    private final Images images;
    private final WorkerExecutor workers;
    private final Map<Digest, Future<Image>> opening = new HashMap<>();

    /** @param workers so many as trees may be made at once */
    OpenImages(Context context, Images images, WorkerExecutor workers) {
        this.context = context;
        this.images = images;
        this.workers = workers;
    }

    /** Fails as {@link Images#open(ImagePlan)} and {@link Image#tree} do. */
    Future<Image> open(ImagePlan plan) {
        return images.known(plan).map(Future::succeededFuture).orElseGet(() -> {
            Digest image = plan.descriptor().digest();
            Future<Image> going = opening.get(image);
            return going != null ? going : begin(image, plan);
        });
    }

    /** What its layers have to wait for, such as another process that holds the store, keeps no thread from making trees. */
    private Future<Image> begin(Digest image, ImagePlan plan) {
        Future<Image> begun = Here.on(context, images.open(plan)).compose(this::withTree);
        opening.put(image, begun);
        return begun.onComplete(done -> opening.remove(image));
    }

    private Future<Image> withTree(Image image) {
        return workers.<Image>executeBlocking(
                        () -> {
                            image.tree();
                            return image;
                        },
                        false)
                .map(Objects::requireNonNull);
    }

    /** One of its layers was taken away, so it is to be looked for again. */
    void forget(Image image) {
        images.forget(image);
    }
}
