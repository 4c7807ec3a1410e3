package io.varve.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.pipeline.Image;
import io.varve.pipeline.Images;
import io.varve.pipeline.PullListener;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import java.util.Objects;

/**
 * Images whose files are asked for, with their trees, as many as there is room for: to have the tree of a large image takes longer
 * than most answers. Two trees at most are made at once, whoever asks. Any thread.
 */
final class OpenImages {
    static final int WORKERS = 2;

    private final Images images;
    private final WorkerExecutor workers;
    private final Cache<Digest, Image> open;

    /**
     * @param workers so many as trees may be made at once
     * @param bytes of memory for trees that are kept
     */
    OpenImages(Images images, WorkerExecutor workers, long bytes) {
        this.images = images;
        this.workers = workers;
        open = Caffeine.newBuilder()
                .maximumWeight(bytes)
                .<Digest, Image>weigher(
                        (digest, image) -> (int) Math.min(image.tree().bytes(), Integer.MAX_VALUE))
                // Nobody's thread but those that make them.
                .executor(Runnable::run)
                .build();
    }

    /** @param manifest what that leads to */
    Future<Image> open(Digest manifest, Plans.Asked asked) {
        Image known = open.getIfPresent(manifest);
        return known != null
                ? Future.succeededFuture(known)
                : workers.executeBlocking(() -> made(manifest, asked), false).map(Objects::requireNonNull);
    }

    private Image made(Digest manifest, Plans.Asked asked) {
        return open.get(manifest, absent -> {
            Image image = images.open(asked.name(), asked.platform(), PullListener.NONE);
            if (!image.plan().descriptor().digest().equals(manifest)) {
                // Nobody is to be given it for what it is not.
                throw Failure.of(Category.UNAVAILABLE, asked.name() + " got another meaning meanwhile; ask again");
            }
            image.tree();
            return image;
        });
    }

    /** One of its layers was taken away, so it is to be looked for again. */
    void forget(Digest manifest) {
        open.invalidate(manifest);
    }
}
