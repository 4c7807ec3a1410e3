package io.varve.pipeline;

import io.varve.erofs.Indexes;
import io.varve.layerfs.Layer;
import io.varve.layerfs.LayerFs;
import io.varve.layout.LayoutReference;
import io.varve.layout.OciLayout;
import io.varve.manifest.ImagePlan;
import io.varve.manifest.ImagePlanner;
import io.varve.manifest.PlanLimits;
import io.varve.oci.Digest;
import io.varve.oci.Platform;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Images by the names that users give them. Safe for any thread; blocks the one that calls.
 *
 * <p>A platform of null means this machine's, or whatever the only one there is.
 */
public final class Images {
    private final LayerFs layers;
    private final Indexes indexes;
    private final Pull pull;
    private final PlanLimits limits;

    public Images(LayerFs layers, Indexes indexes, Pull pull, PlanLimits limits) {
        this.layers = layers;
        this.indexes = indexes;
        this.pull = pull;
        this.limits = limits;
    }

    /** The image with all of its layers in the store; those that are missing are pulled. */
    public Image open(LayoutReference reference, @Nullable Platform platform, PullListener listener) {
        OciLayout layout = OciLayout.open(reference.directory(), limits.manifestBytes());
        ImagePlan plan = new ImagePlanner(layout::read, limits).plan(layout.resolve(reference), platform);
        List<Layer> stack = pull.pull(plan, layout::open, listener);
        Digest chainId = plan.chainId().digest();
        return new Image(plan, stack, () -> indexes.tree(chainId, stack).orElseGet(() -> layers.merge(stack)));
    }
}
