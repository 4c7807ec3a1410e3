package io.varve.pipeline;

import io.varve.failure.Failure;
import io.varve.manifest.ArtifactPlan;
import io.varve.manifest.ImagePlan;
import io.varve.manifest.ImagePlanner;
import io.varve.manifest.MetadataCache;
import io.varve.manifest.Plan;
import io.varve.manifest.Selection;
import io.varve.oci.Descriptor;
import io.varve.oci.Platform;
import io.varve.store.Store;
import io.vertx.core.Future;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings an image into the store: its documents, its layers and their blobs, the index of its stack, and its name; or an
 * artifact: its manifest, its blobs as they are, and its name.
 *
 * <p>Everything that will be needed is leased before anything of it is looked for, so that a collection beside the pull takes
 * nothing that the pull counts on. The name comes last, in one transaction with what it leads to: whoever finds the name
 * finds all of the image. When a pull fails, what it brought is kept by its lease for the next attempt.
 */
public final class Pull {
    private final Store store;
    private final LayerPull layers;
    private final ArtifactPull artifacts;
    private final boolean allowForeignLayers;

    /** One that refuses foreign layers. */
    public Pull(Store store, LayerPull layers) {
        this(store, layers, false);
    }

    /** @param allowForeignLayers whether layers are fetched that registries need not have ({@code allowForeignLayers}) */
    public Pull(Store store, LayerPull layers, boolean allowForeignLayers) {
        this.store = store;
        this.layers = layers;
        artifacts = new ArtifactPull(store.content(), layers.atOnce(), layers::stages);
        this.allowForeignLayers = allowForeignLayers;
    }

    /**
     * What is to be pulled.
     *
     * @param image a manifest or an image index of the source
     * @param name the full reference that it gets; null for none
     * @param stranger whether he has to {@linkplain Proofs show} that he can have what the store has already
     */
    public record Wish(
            Source source, Descriptor image, @Nullable String name, Platforms platforms, boolean stranger) {
        /** Of somebody whose store it is. */
        public Wish(Source source, Descriptor image, @Nullable String name, Platforms platforms) {
            this(source, image, name, platforms, false);
        }

        Wish unnamed() {
            return new Wish(source, image, null, platforms, stranger);
        }

        String subject() {
            return name == null ? image.digest().toString() : name;
        }
    }

    /**
     * As {@link #pull(Wish, Cancellation, PullListener)} of one platform's image, for threads that may block.
     *
     * @throws Failure also Invalid when it is an artifact; Cancelled when the thread was interrupted
     */
    public Image pull(
            Source source,
            Descriptor image,
            @Nullable String name,
            @Nullable Platform platform,
            PullListener listener) {
        Cancellation wanted = new Cancellation();
        Wish wish = new Wish(source, image, name, new Platforms.Nearest(platform));
        return Conducting.on(stages().context(), wanted, () -> image(wish, wanted, listener));
    }

    /** As {@link #pull(Wish, Cancellation, PullListener)} of one platform's image; fails with Invalid when it is an artifact. */
    Future<Image> image(Wish wish, Cancellation wanted, PullListener listener) {
        return pull(wish, wanted, listener).map(all -> switch (all.getFirst()) {
            case Image pulled -> pulled;
            case Artifact artifact ->
                throw Failure.invalid("got an artifact (" + artifact.plan().type() + "), wanted an image")
                        .during("manifest " + artifact.plan().descriptor().digest());
        });
    }

    /**
     * Called on the conducting context.
     *
     * @return the images for the platforms, or the artifact, all of them in the store; fails with NotFound, Invalid, Mismatch,
     *     Exceeded as the planner, the decoders and the merge say; Invalid for foreign layers that are not allowed; Unavailable
     *     when another process holds the store or the disk is full; Cancelled
     */
    Future<List<Brought>> pull(Wish wish, Cancellation wanted, PullListener listener) {
        Proofs proofs =
                wish.stranger() ? new StrangersProofs(store, wish.source(), stages(), wanted) : Proofs.NONE_NEEDED;
        KeptDocuments documents = new KeptDocuments(store.content(), wish.source(), proofs);
        return plan(wish, documents, wanted)
                .map(selection -> checked(selection, wish, listener))
                .compose(plans -> Sitting.in(store, stages(), "pull " + wish.subject(), wanted, session -> {
                    Bringing bringing =
                            new Bringing(store, layers, artifacts, session, wish, documents, proofs, plans, listener);
                    return stages().disk(bringing::claim)
                            .compose(claim -> bringing.bring(wanted)
                                    .compose(brought -> stages().disk(() -> bringing.record(claim, brought)))
                                    .recover(thrown -> stages().disk(() -> {
                                                Sitting.abandon(session, claim.job(), thrown);
                                                return true;
                                            })
                                            .compose(abandoned -> Future.failedFuture(thrown))));
                }));
    }

    private Future<Selection> plan(Wish wish, KeptDocuments documents, Cancellation wanted) {
        // Without a cache: what leads to the image has to be read to be kept.
        ImagePlanner planner =
                new ImagePlanner(documents, MetadataCache.off(), store.options().plan());
        return stages().plan(
                        () -> switch (wish.platforms()) {
                            case Platforms.Nearest nearest ->
                                Selection.of(planner.find(wish.image(), nearest.wanted()));
                            case Platforms.All all -> planner.all(wish.image());
                            case Platforms.Present present -> planner.all(wish.image(), wish.source()::has);
                        },
                        wanted.cancelled());
    }

    /** What is to be brought, if it may be; whoever listens hears what is special about it. */
    private List<Plan> checked(Selection selection, Wish wish, PullListener listener) {
        for (Plan plan : selection.plans()) {
            plan.blobs().stream()
                    .filter(blob -> blob.isForeign() && !allowForeignLayers)
                    .findFirst()
                    .ifPresent(foreign -> {
                        throw Failure.invalid(
                                        "got the foreign layer " + foreign.digest() + " (" + foreign.mediaType()
                                                + "), which registries need not have; wanted the setting allowForeignLayers: true")
                                .during("manifest " + plan.descriptor().digest());
                    });
        }
        for (Plan plan : selection.plans()) {
            switch (plan) {
                case ImagePlan image -> {}
                case ArtifactPlan artifact -> listener.planned(wish.subject(), artifact);
            }
        }
        selection.skipped().forEach(entry -> listener.skipped(wish.subject(), entry));
        return selection.plans();
    }

    private Stages stages() {
        return layers.stages();
    }
}
