package io.varve.build;

import io.varve.bus.InTurn;
import io.varve.bus.Waiting;
import io.varve.decode.DecodeLimits;
import io.varve.encode.Encoding;
import io.varve.oci.Compression;
import io.varve.oci.ImageName;
import io.varve.oci.Reference;
import io.varve.pipeline.Cancellation;
import io.varve.pipeline.Images;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Pulls;
import io.varve.pipeline.Stages;
import io.varve.push.Pushed;
import io.varve.push.Pushes;
import io.varve.registry.Access;
import io.varve.store.Store;
import io.vertx.core.Future;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Many builds at once. Safe for any thread. */
public final class Builds {
    private final Store store;
    private final Images images;
    private final Pulls pulls;
    private final Pushes pushes;
    private final Supplier<Stages> stages;
    private final DecodeLimits decodeLimits;
    private final int layersAtOnce;
    private final Stacking stacking;
    private final Sharing sharing = new Sharing();

    /**
     * @param stages deployed when they are first needed
     * @param layersAtOnce how many layers of one image may be on their way at once
     */
    public Builds(
            Store store,
            Images images,
            Pulls pulls,
            Pushes pushes,
            Supplier<Stages> stages,
            DecodeLimits decodeLimits,
            int layersAtOnce) {
        this.store = store;
        this.images = images;
        this.pulls = pulls;
        this.pushes = pushes;
        this.stages = stages;
        this.decodeLimits = decodeLimits;
        this.layersAtOnce = layersAtOnce;
        stacking = new Stacking(store);
    }

    /**
     * Who asks.
     *
     * @param inputs what comes beside the spec
     * @param access how registries are reached, for images that are missing and for those that are pushed
     * @param stranger whether he has to show that he can have what the store has already
     * @param mayPull which images are pulled for him when they are missing
     */
    public record Asking(Inputs inputs, Access access, boolean stranger, Predicate<Reference> mayPull) {
        /** Somebody whose store it is. */
        public Asking(Inputs inputs, Access access) {
            this(inputs, access, false, any -> true);
        }
    }

    /** @throws Failure Exceeded when that is more layers than an image may have, whatever they are */
    public void check(BuildSpec spec) {
        store().options().plan().checkLayers(spec.layers().size());
    }

    /**
     * Builds an image, and pushes it by each of its names if the spec says so. Any thread; completes on the conducting context.
     *
     * @return when all of it is in the store, and its names lead to it, there and where it is pushed; fails with the reason, naming the
     *     field of the spec or where it could not be pushed: then it is in the store nonetheless
     */
    public Future<Built> build(BuildSpec spec, Asking asking, Cancellation wanted, PullListener listener) {
        return pulls.begin(wanted, going -> {
            check(spec);
            return new Build(this, spec, asking, going, listener)
                    .run()
                    .compose(built ->
                            spec.push() ? pushed(built, asking, going, listener) : Future.succeededFuture(built));
        });
    }

    /** By what it is: its names may lead elsewhere by now. */
    private Future<Built> pushed(Built built, Asking asking, Cancellation going, PullListener listener) {
        return InTurn.each(
                        built.tags(), tag -> pushes.push(built.image().digest(), tag, asking.access(), going, listener))
                .map(built);
    }

    /** As {@link #build(BuildSpec, Asking, Cancellation, PullListener)}, for threads that may block; an interrupt cancels it. */
    public Built build(BuildSpec spec, Asking asking, PullListener listener) {
        Cancellation going = new Cancellation();
        return waiting(build(spec, asking, going, listener), going);
    }

    /**
     * Pushes an image of the store with its layers compressed another way, as {@link Pushes#push(ImageName, Reference, Access, Cancellation,
     * PullListener)} pushes it as it is. Layers that are compressed that way already stay what they are; the others are compressed once, and found
     * the next time. Any thread; completes on the conducting context.
     */
    public Future<Pushed> push(
            ImageName image,
            Compression compression,
            Reference destination,
            Access access,
            Cancellation wanted,
            PullListener listener) {
        return pulls.begin(
                wanted,
                going -> new Recompression(this, image, Encoding.usual(compression), going, listener)
                        .run()
                        .compose(other -> pushes.push(other.digest(), destination, access, going, listener)));
    }

    /** The same, for threads that may block; an interrupt cancels it. */
    public Pushed push(
            ImageName image, Compression compression, Reference destination, Access access, PullListener listener) {
        Cancellation going = new Cancellation();
        return waiting(push(image, compression, destination, access, going, listener), going);
    }

    private <T> T waiting(Future<T> work, Cancellation going) {
        return Waiting.on(work, going::cancel);
    }

    Store store() {
        return store;
    }

    Sharing sharing() {
        return sharing;
    }

    Stacking stacking() {
        return stacking;
    }

    Images images() {
        return images;
    }

    Pulls pulls() {
        return pulls;
    }

    Stages stages() {
        return stages.get();
    }

    DecodeLimits decodeLimits() {
        return decodeLimits;
    }

    int layersAtOnce() {
        return layersAtOnce;
    }
}
