package io.varve.build;

import io.varve.manifest.ImagePlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.Platform;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an image is built on.
 *
 * @param platform of the image, as the image index says that it was taken from, if one does
 * @param plan null for nothing
 */
record Base(Platform platform, @Nullable ImagePlan plan) {
    static Base scratch(Platform platform) {
        return new Base(platform, null);
    }

    @Nullable
    ImageConfig config() {
        return plan == null ? null : plan.config();
    }

    List<Digest> diffIds() {
        return plan == null ? List.of() : plan.config().diffIds();
    }

    List<Descriptor> blobs() {
        return plan == null ? List.of() : plan.manifest().layers();
    }
}
