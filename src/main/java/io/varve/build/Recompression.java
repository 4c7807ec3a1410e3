package io.varve.build;

import io.varve.encode.Encoding;
import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.manifest.ArtifactPlan;
import io.varve.manifest.ImagePlan;
import io.varve.manifest.Selection;
import io.varve.oci.Compression;
import io.varve.oci.Descriptor;
import io.varve.oci.Document;
import io.varve.oci.ImageName;
import io.varve.oci.Index;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import io.varve.pipeline.Cancellation;
import io.varve.pipeline.Image;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Together;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An image of the store with its layers compressed another way. Its configurations are what they were; its manifests are OCI's. Of an image
 * index all images are taken that the store has. Belongs to the conducting context.
 */
final class Recompression {
    private final Builds builds;
    private final ImageName name;
    private final Encoding encoding;
    private final Cancellation going;
    private final PullListener listener;
    private final Writing writing;
    private final LayerMaker maker;

    Recompression(Builds builds, ImageName name, Encoding encoding, Cancellation going, PullListener listener) {
        this.builds = builds;
        this.name = name;
        this.encoding = encoding;
        this.going = going.part();
        this.listener = listener;
        writing = new Writing(builds.store(), builds.stages(), "compress " + name, this.going);
        maker = new LayerMaker(
                builds.store(),
                builds.stages(),
                builds.decodeLimits(),
                encoding,
                builds.sharing(),
                writing,
                this.going,
                listener);
    }

    /**
     * What is there of the image.
     *
     * @param index null when it is a manifest
     */
    private record Found(Selection selection, @Nullable Index index) {}

    /** @return the other image, which nobody collects for a while; fails as a build does */
    Future<Descriptor> run() {
        return builds.stages()
                .disk(this::find)
                .compose(found -> recompressed(images(found.selection()))
                        .compose(images -> recorded(
                                images,
                                found.index() == null
                                        ? null
                                        : Recording.index(images, found.index().annotations()))))
                .onFailure(going::cancel)
                .eventually(maker::close)
                .transform(writing::leave)
                .map(Built::image);
    }

    private Future<Built> recorded(List<BuiltImage> images, @Nullable Index index) {
        return going.isCancelled()
                ? Future.failedFuture(going.cancelled().cause())
                : new Recording(builds.store(), builds.stages(), writing, maker, List.of(), images, index)
                        .record(any -> Future.succeededFuture());
    }

    /** Blocks. */
    private Found find() {
        Descriptor top = builds.images().find(name);
        long most = builds.store().options().plan().manifestBytes();
        Document document = Document.parse(builds.store().content().read(top, most), most, top.mediaType());
        return new Found(builds.images().present(top), document instanceof Index index ? index : null);
    }

    private List<ImagePlan> images(Selection found) {
        found.skipped().forEach(entry -> listener.skipped(name.toString(), entry));
        found.absent().stream().distinct().forEach(entry -> listener.noted(leftOut(entry)));
        return found.plans().stream()
                .map(plan -> switch (plan) {
                    case ImagePlan image -> image;
                    case ArtifactPlan artifact ->
                        throw Failure.invalid("got an artifact (" + artifact.type() + "), wanted an image");
                })
                .toList();
    }

    private String leftOut(Descriptor entry) {
        Platform platform = entry.platform();
        return "left out of " + name + ": " + entry + (platform == null ? "" : " for " + platform)
                + ", which the store does not have";
    }

    private Future<List<BuiltImage>> recompressed(List<ImagePlan> images) {
        BuiltImage[] built = new BuiltImage[images.size()];
        List<Supplier<Future<?>>> works = new ArrayList<>();
        for (int i = 0; i < built.length; i++) {
            int place = i;
            works.add(() -> builds.images()
                    .open(images.get(place), going, listener)
                    .compose(this::recompressed)
                    .onSuccess(image -> built[place] = image));
        }
        return Together.all(works, 1, going).map(done -> List.of(built));
    }

    private Future<BuiltImage> recompressed(Image image) {
        ImagePlan plan = image.plan();
        MadeLayer[] layers = new MadeLayer[plan.layers().size()];
        List<Supplier<Future<?>>> works = new ArrayList<>();
        for (int i = 0; i < layers.length; i++) {
            int place = i;
            Descriptor blob = plan.layers().get(i).blob();
            Layer layer = image.layers().get(i);
            works.add(() -> layer(blob, layer).onSuccess(made -> layers[place] = made));
        }
        return Together.all(works, builds.layersAtOnce(), going)
                .map(done -> BuiltImage.of(
                        Base.scratch(plan.platform()),
                        List.of(layers),
                        plan.config(),
                        plan.manifest().annotations()));
    }

    private Future<MadeLayer> layer(Descriptor blob, Layer layer) {
        String step = "layer " + layer.diffId();
        return blob.isForeign() || compression(blob) == encoding.compression()
                ? Future.succeededFuture(
                        new MadeLayer(layer.diffId(), Layers.inManifest(blob), layer.size(), step, null, null, null))
                : going.over(maker.make(layer.diffId(), new TarFileContent(layer.tar()), step));
    }

    private static @Nullable Compression compression(Descriptor blob) {
        return blob.mediaType() instanceof MediaType.Known known ? known.compression() : null;
    }
}
