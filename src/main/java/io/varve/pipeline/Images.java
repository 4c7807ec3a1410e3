package io.varve.pipeline;

import io.varve.catalogue.Catalogue;
import io.varve.catalogue.Entry;
import io.varve.catalogue.Node;
import io.varve.catalogue.Tag;
import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.layout.LayoutReference;
import io.varve.layout.OciLayout;
import io.varve.manifest.ImagePlan;
import io.varve.manifest.ImagePlanner;
import io.varve.manifest.MetadataCache;
import io.varve.manifest.Plan;
import io.varve.manifest.Selection;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageName;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import io.varve.store.Store;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Images by the names that users give them. Safe for any thread, and blocks the one that calls, except as said.
 *
 * <p>A platform of null means this machine's, or whatever the only one there is.
 */
public final class Images {
    private final Store store;
    private final LayerPull layers;
    private final Pull pull;

    public Images(Store store, LayerPull layers, Pull pull) {
        this.store = store;
        this.layers = layers;
        this.pull = pull;
    }

    /**
     * What a name of the store leads to: an image, or an artifact, for which a platform is wanted in vain. No layer is looked
     * for.
     *
     * @throws Failure NotFound when the store has nothing of that name, or not for the platform
     */
    public Plan plan(ImageName name, @Nullable Platform platform) {
        Descriptor image = find(name);
        return planner(source(image), store.metadata()).find(image, platform);
    }

    /**
     * All images of a manifest or an image index that are there, labelled as the index does.
     *
     * @throws Failure NotFound when there is none
     */
    public Selection present(Descriptor top) {
        ChannelSource source = source(top);
        return planner(source, store.metadata()).all(top, source::has);
    }

    /** What a name of a layout leads to; otherwise as {@link #plan(ImageName, Platform)}. */
    public Plan plan(LayoutReference reference, @Nullable Platform platform) {
        OciLayout layout = layout(reference);
        return planner(LayoutSource.of(layout, reference), MetadataCache.off())
                .find(layout.resolve(reference), platform);
    }

    /**
     * An image of the store.
     *
     * @throws Failure NotFound when the store has no such image, or not for the platform; Invalid when it is an artifact
     */
    public Image open(ImageName name, @Nullable Platform platform, PullListener listener) {
        Descriptor image = find(name);
        return open(source(image), store.metadata(), image, platform, listener);
    }

    /**
     * An image of the store, for whoever does not block. A layer that is missing, as are those of images that were pushed and of which nobody
     * has asked for a file yet, is brought in from its blob. Called on the conducting context.
     *
     * @return fails as a pull does
     */
    public Future<Image> open(ImagePlan plan, Cancellation wanted, PullListener listener) {
        return layers.stages().disk(() -> layers.find(plan)).compose(there -> {
            if (there.isPresent()) {
                return Future.succeededFuture(Image.of(plan, there.get(), store));
            }
            Descriptor image = plan.descriptor();
            Pull.Wish wish = new Pull.Wish(source(image), image, null, new Platforms.Nearest(null));
            return pull.image(wish, wanted, listener);
        });
    }

    /** As {@link #open(ImagePlan, Cancellation, PullListener)}, and goes on whoever asked. Any thread; completes on the conducting context. */
    public Future<Image> open(ImagePlan plan) {
        Promise<Image> opened = Promise.promise();
        layers.stages()
                .context()
                .runOnContext(
                        now -> open(plan, new Cancellation(), PullListener.NONE).onComplete(opened));
        return opened.future();
    }

    /** An image of the store whose files were asked for lately, with its tree. Does not block. */
    public Optional<Image> known(ImagePlan plan) {
        return store.metadata().stack(plan).map(stack -> Image.of(plan, stack, store));
    }

    /** One of its layers was taken away, by whomever, so they are to be looked for again. */
    public void forget(Image image) {
        store.forget(List.of(Node.index(image.chainId())));
    }

    /** An image of a layout; what the store lacks of its layers is pulled, and kept for a while. */
    public Image open(LayoutReference reference, @Nullable Platform platform, PullListener listener) {
        store.recover();
        OciLayout layout = layout(reference);
        return open(
                LayoutSource.of(layout, reference), MetadataCache.off(), layout.resolve(reference), platform, listener);
    }

    /** Whether the store has all layers of an image of a layout. */
    public boolean has(LayoutReference reference, @Nullable Platform platform) {
        store.recover();
        OciLayout layout = layout(reference);
        ImagePlan plan = planner(LayoutSource.of(layout, reference), MetadataCache.off())
                .plan(layout.resolve(reference), platform);
        return layers.find(plan).isPresent();
    }

    private OciLayout layout(LayoutReference reference) {
        return OciLayout.open(
                reference,
                store.options().plan().manifestBytes(),
                store.options().tar());
    }

    private ImagePlanner planner(Source source, MetadataCache cache) {
        return new ImagePlanner(source, cache, store.options().plan());
    }

    /** A layer that is missing is brought in, from the source or from a blob of the store. */
    private Image open(
            Source source, MetadataCache cache, Descriptor image, @Nullable Platform platform, PullListener listener) {
        ImagePlan plan = planner(source, cache).plan(image, platform);
        Optional<List<Layer>> there = layers.find(plan);
        return there.isPresent()
                ? Image.of(plan, there.get(), store)
                : pull.pull(source, image, null, platform, listener);
    }

    /** An image of the store, byte for byte. */
    public ChannelSource source(Descriptor image) {
        return StoredSource.of(store, image);
    }

    /** What is in a layout. */
    public ChannelSource source(LayoutReference reference) {
        return LayoutSource.of(layout(reference), reference);
    }

    /** What a name of a layout leads to there: a manifest or an image index. */
    public Descriptor find(LayoutReference reference) {
        return layout(reference).resolve(reference);
    }

    /**
     * Whether a blob of the store is this layer, for those who only say so. Any thread; completes on the conducting context.
     *
     * @param unwanted fails when nobody waits for it any more, on any thread
     * @return fails with Mismatch, Invalid or Exceeded when it is not, or with what {@code unwanted} failed with
     */
    public Future<Void> check(Digest blob, Digest diffId, Future<?> unwanted) {
        return layers.check(blob, diffId, unwanted);
    }

    /** What a name of the store leads to: a manifest or an image index. */
    public Descriptor find(ImageName name) {
        return store.read(catalogue -> switch (name) {
                    case Digest digest -> find(catalogue, digest);
                    case Reference reference -> find(catalogue, reference);
                })
                .flatMap(Function.identity())
                .orElseThrow(() -> missing(name));
    }

    /** What is said of a name that leads to nothing. */
    public Failure missing(ImageName name) {
        return Failure.notFound("got no image " + full(name) + " in store " + store.directory());
    }

    private static ImageName full(ImageName name) {
        return switch (name) {
            case Digest digest -> digest;
            case Reference reference -> reference.withDefaultTag();
        };
    }

    private static Optional<Descriptor> find(Catalogue catalogue, Reference reference) {
        Digest digest = reference.digest();
        return digest == null
                ? catalogue.tag(reference.withDefaultTag().toString()).map(Tag::image)
                : find(catalogue, digest);
    }

    private static Optional<Descriptor> find(Catalogue catalogue, Digest digest) {
        return catalogue.find(Node.blob(digest)).filter(Images::isImage).map(Images::descriptor);
    }

    private static boolean isImage(Entry entry) {
        MediaType mediaType = entry.mediaType();
        return entry.present()
                && mediaType != null
                && (mediaType.kind() == MediaType.Kind.MANIFEST || mediaType.kind() == MediaType.Kind.INDEX);
    }

    private static Descriptor descriptor(Entry entry) {
        MediaType mediaType = entry.mediaType();
        if (mediaType == null) {
            throw new IllegalStateException("an image has a media type");
        }
        return Descriptor.of(mediaType, entry.node().digest(), entry.size());
    }
}
