package io.varve.api;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.manifest.ImagePlan;
import io.varve.pipeline.Image;
import io.varve.pipeline.Images;
import io.varve.pipeline.PullListener;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import java.util.Objects;

/**
 * Images whose files are asked for, with their trees, from memory where the store's cache has them: to have the tree of a large
 * image takes longer than most answers. Two trees at most are made at once, whoever asks. Any thread.
 */
final class OpenImages {
    static final int WORKERS = 2;

    private final Images images;
    private final WorkerExecutor workers;

    /** @param workers so many as trees may be made at once */
    OpenImages(Images images, WorkerExecutor workers) {
        this.images = images;
        this.workers = workers;
    }

    /** @param plan what that leads to */
    Future<Image> open(ImagePlan plan, Plans.Asked asked) {
        return images.known(plan)
                .map(Future::succeededFuture)
                .orElseGet(() ->
                        workers.executeBlocking(() -> made(plan, asked), false).map(Objects::requireNonNull));
    }

    private Image made(ImagePlan plan, Plans.Asked asked) {
        Image image = images.open(asked.name(), asked.platform(), PullListener.NONE);
        if (!image.plan().descriptor().digest().equals(plan.descriptor().digest())) {
            // Nobody is to be given it for what it is not.
            throw Failure.of(Category.UNAVAILABLE, asked.name() + " got another meaning meanwhile; ask again");
        }
        image.tree();
        return image;
    }

    /** One of its layers was taken away, so it is to be looked for again. */
    void forget(Image image) {
        images.forget(image);
    }
}
