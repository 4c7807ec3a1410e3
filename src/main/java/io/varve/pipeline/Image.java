package io.varve.pipeline;

import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.manifest.ImagePlan;
import io.varve.oci.Digest;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An image whose layers are all in the store, and what they show. Safe for any thread. */
public final class Image {
    private final ImagePlan plan;
    private final List<Layer> layers;
    private final Supplier<Tree> shown;

    // Made by the first who asks: mounting an image that has its index never does.
    private volatile @Nullable Tree tree;

    Image(ImagePlan plan, List<Layer> layers, Supplier<Tree> shown) {
        this.plan = plan;
        this.layers = List.copyOf(layers);
        this.shown = shown;
    }

    public ImagePlan plan() {
        return plan;
    }

    /** Base first. */
    public List<Layer> layers() {
        return layers;
    }

    public Digest chainId() {
        return plan.chainId().digest();
    }

    /**
     * What the layers show, from the image's index if the store has one, else merged from their changes. The first call
     * blocks on the disk.
     *
     * @throws io.varve.failure.Failure Invalid when an entry has no place in the stack, Exceeded when a limit was passed
     */
    public Tree tree() {
        Tree known = tree;
        if (known == null) {
            known = shown.get();
            tree = known;
        }
        return known;
    }
}
