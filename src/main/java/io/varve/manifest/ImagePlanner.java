package io.varve.manifest;

import io.varve.failure.Category;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Plans images. From an image index it takes the manifest whose platform is {@linkplain Platform#distanceTo nearest} to
 * what is wanted, nested image indexes counting as if their entries stood in their place. Attestations are never chosen.
 * Entries that do not state a platform are looked into only when none that does will do; their configurations tell.
 *
 * <p>Holds no state between plans; as blocking as the documents it reads where the cache does not
 * have them.
 */
public final class ImagePlanner {
    private final Documents documents;
    private final MetadataCache cache;
    private final PlanLimits limits;

    /** @param cache of what was read before, by whomever */
    public ImagePlanner(Documents documents, MetadataCache cache, PlanLimits limits) {
        this.documents = documents;
        this.cache = cache;
        this.limits = limits;
    }

    /**
     * @param image of a manifest or an image index
     * @param wanted null for this machine's platform, or, of a manifest, whatever platform it is for
     * @throws Failure NotFound when there is no image for the platform, naming those there are; Invalid when what was
     *     found is no runnable image; Mismatch when its parts do not fit together; Exceeded; what the documents throw
     */
    public ImagePlan plan(Descriptor image, @Nullable Platform wanted) {
        return switch (find(image, wanted)) {
            case ImagePlan plan -> plan;
            case ArtifactPlan artifact ->
                throw notRunnable(artifact.manifest())
                        .during("manifest " + artifact.descriptor().digest());
        };
    }

    /** As {@link #plan}, but what was found may be an artifact, for which a platform is wanted in vain. */
    public Plan find(Descriptor image, @Nullable Platform wanted) {
        DocumentReader reader = new DocumentReader(documents, cache, limits);
        return switch (reader.document(image)) {
            case Manifest manifest -> {
                Plan plan = plan(reader, image, manifest);
                if (plan instanceof ImagePlan found
                        && wanted != null
                        && wanted.distanceTo(found.platform()).isEmpty()) {
                    throw PlatformChoice.none(wanted, List.of(found.platform()));
                }
                yield plan;
            }
            case Index index -> nearest(reader, index, wanted == null ? Platform.ofThisMachine() : wanted);
        };
    }

    /**
     * All images that the descriptor leads to, whatever they are for, each once; of an image index those that are runnable. A
     * manifest that is an artifact is that.
     *
     * @throws Failure as {@link #plan}
     */
    public Selection all(Descriptor image) {
        return all(image, any -> true);
    }

    /**
     * The same as far as it is there.
     *
     * @param there whether to look into an entry of an image index; the others are passed over
     */
    public Selection all(Descriptor image, Predicate<Descriptor> there) {
        DocumentReader reader = new DocumentReader(documents, cache, limits);
        return switch (reader.document(image)) {
            case Manifest manifest -> Selection.of(plan(reader, image, manifest));
            case Index index -> all(reader, index, there);
        };
    }

    private Selection all(DocumentReader reader, Index index, Predicate<Descriptor> there) {
        Map<Digest, Plan> plans = new LinkedHashMap<>();
        List<Descriptor> skipped = new ArrayList<>();
        List<Descriptor> absent = new ArrayList<>();
        Predicate<Descriptor> entered = entry -> {
            boolean is = there.test(entry);
            if (!is) {
                absent.add(entry);
            }
            return is;
        };
        IndexWalk walk = new IndexWalk(reader, limits, entered, skipped::add);
        walk.manifests(index, each -> {
            if (plans.containsKey(each.digest()) || !entered.test(each)) {
                return;
            }
            Manifest manifest = reader.manifest(each);
            if (manifest.isImage()) {
                plans.put(each.digest(), plan(reader, each, manifest));
            } else {
                skipped.add(each);
            }
        });
        if (plans.isEmpty()) {
            throw Failure.notFound("image: got none for any platform");
        }
        return new Selection(List.copyOf(plans.values()), List.copyOf(skipped), List.copyOf(absent));
    }

    private Plan nearest(DocumentReader reader, Index index, Platform wanted) {
        IndexSearch search = new IndexSearch(reader, limits, wanted);
        search.offer(index);
        PlatformChoice<Descriptor> stated = search.stated();
        if (stated.possible()) {
            Descriptor image = stated.nearest();
            return plan(reader, image, reader.manifest(image));
        }
        return told(reader, search.silent(), new PlatformChoice<>(wanted, stated.offered()));
    }

    /** A store need not have what an image index lists, and what is not there is offered by nobody. */
    private Plan told(DocumentReader reader, List<Descriptor> silent, PlatformChoice<ImagePlan> choice) {
        Failure missing = null;
        for (Descriptor image : silent) {
            try {
                Manifest manifest = reader.manifest(image);
                if (manifest.isImage() && plan(reader, image, manifest) instanceof ImagePlan plan) {
                    choice.offer(plan.platform(), plan);
                }
            } catch (Failure failure) {
                if (failure.category() != Category.NOT_FOUND) {
                    throw failure;
                }
                missing = failure;
            }
        }
        if (missing != null && choice.offered().isEmpty()) {
            throw missing;
        }
        return choice.nearest();
    }

    private Plan plan(DocumentReader reader, Descriptor image, Manifest manifest) {
        try {
            checkLayers(manifest);
            if (!manifest.isImage()) {
                manifest.config().digest();
                return new ArtifactPlan(image, manifest);
            }
            ImageConfig config = reader.config(manifest.config());
            List<LayerPlan> layers = layers(manifest.layers(), config.diffIds());
            Platform platform = image.platform() == null ? config.platform() : image.platform();
            return new ImagePlan(image, manifest, config, platform, layers, ChainId.of(config.diffIds()));
        } catch (Failure failure) {
            throw failure.during("manifest " + image.digest());
        }
    }

    private static Failure notRunnable(Manifest artifact) {
        MediaType config = artifact.config().mediaType();
        return config.kind() == MediaType.Kind.CONFIG
                ? Failure.invalid("not a runnable image: layers[0].mediaType: got "
                        + artifact.layers().getFirst().mediaType() + ", wanted that of a layer")
                : Failure.invalid("not a runnable image: config.mediaType: got " + config + ", wanted "
                        + MediaType.Known.OCI_CONFIG + " or " + MediaType.Known.DOCKER_CONFIG);
    }

    private void checkLayers(Manifest manifest) {
        List<Descriptor> layers = manifest.layers();
        limits.checkLayers(layers.size());
        boolean isImage = manifest.isImage();
        for (int i = 0; i < layers.size(); i++) {
            MediaType mediaType = layers.get(i).mediaType();
            if (isImage && mediaType.kind() != MediaType.Kind.LAYER) {
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
