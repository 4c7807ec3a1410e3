package io.varve.build;

import io.varve.encode.Encoding;
import io.varve.layerfs.Layer;
import io.varve.manifest.ImagePlan;
import io.varve.oci.Compression;
import io.varve.oci.Descriptor;
import io.varve.oci.Document;
import io.varve.oci.ImageName;
import io.varve.oci.Index;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.pipeline.Cancellation;
import io.varve.pipeline.Image;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Together;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

    /** What is there of the image. */
    private record Found(List<Image> images, Map<String, String> annotations, boolean indexed) {}

    /** @return the other image, which nobody collects for a while; fails as a build does */
    Future<Descriptor> run() {
        return builds.stages()
                .disk(this::find)
                .compose(found -> recompressed(found.images())
                        .compose(images -> recorded(
                                images, found.indexed() ? Recording.index(images, found.annotations()) : null)))
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
        List<Image> images = new ArrayList<>();
        return switch (read(top)) {
            case Manifest manifest -> {
                images.add(open(top));
                yield new Found(images, Map.of(), false);
            }
            case Index index -> {
                for (Descriptor entry : index.manifests()) {
                    if (isImage(entry)) {
                        images.add(open(entry));
                    } else {
                        listener.skipped(name.toString(), entry);
                    }
                }
                yield new Found(images, index.annotations(), true);
            }
        };
    }

    private boolean isImage(Descriptor entry) {
        return entry.mediaType().kind() == MediaType.Kind.MANIFEST
                && builds.store().content().find(entry.digest()).isPresent()
                && read(entry) instanceof Manifest manifest
                && manifest.isImage();
    }

    private Document read(Descriptor descriptor) {
        long most = builds.store().options().plan().manifestBytes();
        return Document.parse(builds.store().content().read(descriptor, most), most, descriptor.mediaType());
    }

    private Image open(Descriptor manifest) {
        return builds.images().open(manifest.digest(), null, listener);
    }

    private Future<List<BuiltImage>> recompressed(List<Image> images) {
        BuiltImage[] built = new BuiltImage[images.size()];
        List<Supplier<Future<?>>> works = new ArrayList<>();
        for (int i = 0; i < built.length; i++) {
            int place = i;
            works.add(() -> recompressed(images.get(place)).onSuccess(image -> built[place] = image));
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
                        Base.scratch(plan.config().platform()),
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
