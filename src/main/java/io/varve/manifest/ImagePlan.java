package io.varve.manifest;

import io.varve.oci.ChainId;
import io.varve.oci.Descriptor;
import io.varve.oci.ImageConfig;
import io.varve.oci.Manifest;
import io.varve.oci.Platform;
import java.util.List;

/**
 * One image for one platform, verified as far as that is possible without its layers.
 *
 * @param descriptor of the manifest, whose digest is the image's
 * @param platform what the image index said of it, else what its configuration says
 * @param layers base first
 * @param chainId of the layers' diffIds
 */
public record ImagePlan(
        Descriptor descriptor,
        Manifest manifest,
        ImageConfig config,
        Platform platform,
        List<LayerPlan> layers,
        ChainId chainId)
        implements Plan {
    @Override
    public List<Descriptor> blobs() {
        return layers.stream().map(LayerPlan::blob).toList();
    }
}
