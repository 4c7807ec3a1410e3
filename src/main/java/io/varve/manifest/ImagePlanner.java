package io.varve.manifest;

import io.varve.failure.Failure;
import io.varve.oci.ChainId;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.Index;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Plans images. From an image index it takes the manifest whose platform is {@linkplain Platform#distanceTo nearest} to
 * what is wanted, nested image indexes counting as if their entries stood in their place. Attestations are never chosen.
 * Entries that do not state a platform are looked into only when none that does will do; their configurations tell.
 *
 * <p>Holds no state between plans; as blocking as the documents it reads.
 */
public final class ImagePlanner {
    private final Documents documents;
    private final PlanLimits limits;

    public ImagePlanner(Documents documents, PlanLimits limits) {
        this.documents = documents;
        this.limits = limits;
    }

    /**
     * @param image of a manifest or an image index
     * @param wanted null for this machine's platform, or, of a manifest, whatever platform it is for
     * @throws Failure NotFound when there is no image for the platform, naming those there are; Invalid when what was
     *     found is no runnable image; Mismatch when its parts do not fit together; Exceeded; what the documents throw
     */
    public ImagePlan plan(Descriptor image, @Nullable Platform wanted) {
        DocumentReader reader = new DocumentReader(documents, limits);
        return switch (reader.document(image)) {
            case Manifest manifest -> {
                ImagePlan plan = plan(reader, image, manifest);
                if (wanted != null && wanted.distanceTo(plan.platform()).isEmpty()) {
                    throw PlatformChoice.none(wanted, List.of(plan.platform()));
                }
                yield plan;
            }
            case Index index -> nearest(reader, index, wanted == null ? Platform.ofThisMachine() : wanted);
        };
    }

    private ImagePlan nearest(DocumentReader reader, Index index, Platform wanted) {
        IndexSearch search = new IndexSearch(reader, limits, wanted);
        search.offer(index, 1);
        PlatformChoice<Descriptor> stated = search.stated();
        if (stated.possible()) {
            Descriptor image = stated.nearest();
            return plan(reader, image, reader.manifest(image));
        }
        PlatformChoice<ImagePlan> told = new PlatformChoice<>(wanted, stated.offered());
        for (Descriptor image : search.silent()) {
            Manifest manifest = reader.manifest(image);
            if (isRunnable(manifest)) {
                ImagePlan plan = plan(reader, image, manifest);
                told.offer(plan.platform(), plan);
            }
        }
        return told.nearest();
    }

    private static boolean isRunnable(Manifest manifest) {
        return manifest.config().mediaType().kind() == MediaType.Kind.CONFIG;
    }

    private ImagePlan plan(DocumentReader reader, Descriptor image, Manifest manifest) {
        try {
            checkLayers(manifest);
            ImageConfig config = reader.config(manifest.config());
            List<LayerPlan> layers = layers(manifest.layers(), config.diffIds());
            Platform platform = image.platform() == null ? config.platform() : image.platform();
            return new ImagePlan(image, manifest, config, platform, layers, ChainId.of(config.diffIds()));
        } catch (Failure failure) {
            throw failure.during("manifest " + image.digest());
        }
    }

    private void checkLayers(Manifest manifest) {
        if (!isRunnable(manifest)) {
            throw Failure.invalid("not a runnable image: config.mediaType: got "
                    + manifest.config().mediaType() + ", wanted " + MediaType.Known.OCI_CONFIG + " or "
                    + MediaType.Known.DOCKER_CONFIG);
        }
        List<Descriptor> layers = manifest.layers();
        if (layers.size() > limits.layers()) {
            throw Failure.exceeded("layers", layers.size(), limits.layers(), "limits.layers");
        }
        for (int i = 0; i < layers.size(); i++) {
            MediaType mediaType = layers.get(i).mediaType();
            if (mediaType.kind() != MediaType.Kind.LAYER) {
                throw Failure.invalid("layers[" + i + "].mediaType: got " + mediaType + ", wanted that of a layer");
            }
            // Fails where the digest is of no algorithm that could verify the layer.
            layers.get(i).digest();
        }
    }

    private static List<LayerPlan> layers(List<Descriptor> blobs, List<Digest> diffIds) {
        if (blobs.size() != diffIds.size()) {
            throw Failure.mismatch("layers", blobs.size(), diffIds.size() + ", as rootfs.diff_ids of the config has");
        }
        List<LayerPlan> layers = new ArrayList<>(blobs.size());
        for (int i = 0; i < blobs.size(); i++) {
            layers.add(new LayerPlan(blobs.get(i), diffIds.get(i)));
        }
        return List.copyOf(layers);
    }
}
