package io.varve.image;

import io.varve.manifest.ImagePlan;
import io.varve.manifest.LayerPlan;
import io.varve.oci.ChainId;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import java.util.Arrays;
import java.util.List;

/** Plans of images that are nowhere but in memory. */
public final class Plans {
    private Plans() {}

    /** An image of these layers, base first. */
    public static ImagePlan of(LayerPlan... layers) {
        List<Digest> diffIds = Arrays.stream(layers).map(LayerPlan::diffId).toList();
        ImageConfig config = ImageConfig.of(Platform.ofThisMachine(), diffIds);
        Manifest manifest = Manifest.of(
                describe(MediaType.Known.OCI_CONFIG, config.bytes()),
                Arrays.stream(layers).map(LayerPlan::blob).toList());
        return new ImagePlan(
                describe(MediaType.Known.OCI_MANIFEST, manifest.bytes()),
                manifest,
                config,
                Platform.ofThisMachine(),
                List.of(layers),
                ChainId.of(diffIds));
    }

    private static Descriptor describe(MediaType mediaType, byte[] bytes) {
        return Descriptor.of(mediaType, Digest.sha256(bytes), bytes.length);
    }
}
