package io.varve.manifest;

import io.varve.failure.Failure;
import io.varve.oci.Json;

/**
 * What an image may ask of whoever plans it.
 *
 * @param manifestBytes the most bytes of one manifest, image index or configuration ({@code limits.manifestBytes})
 * @param layers the most layers of one image ({@code limits.layers})
 * @param indexDepth how deep image indexes may nest, the outermost being 1 ({@code limits.indexDepth})
 * @param documents the most manifests, image indexes and configurations read to find one image, and the most images of an archive
 *     ({@code limits.documents}); all of the former together have at most {@link #allBytes}
 */
public record PlanLimits(long manifestBytes, int layers, int indexDepth, int documents) {
    /** Registries refuse manifests above 4 MiB, and Docker stops at 127 layers; nobody is known to nest deeper than 2. */
    public static final PlanLimits DEFAULTS = new PlanLimits(Json.DEFAULT_LIMIT, 1000, 4, 100);

    /** @throws Failure Exceeded when an image may not have as many */
    public void checkLayers(int count) {
        if (count > layers) {
            throw Failure.exceeded("layers", count, layers, "limits.layers");
        }
    }

    /** The most bytes of all documents that are read to find one image, which are kept until it is there. */
    public long allBytes() {
        return 8 * manifestBytes;
    }

    /**
     * @param what these are the bytes of
     * @throws Failure Exceeded when there are more than {@link #allBytes}
     */
    public void checkAll(String what, long bytes) {
        if (bytes > allBytes()) {
            throw Failure.exceeded("bytes of " + what, bytes, allBytes(), "limits.manifestBytes");
        }
    }
}
