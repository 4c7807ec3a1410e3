package io.varve.manifest;

import io.varve.oci.Descriptor;
import io.varve.oci.Digest;

/**
 * One layer to be assembled.
 *
 * @param blob its bytes as transferred; the media type is that of a layer Varve can decode
 * @param diffId what its uncompressed tar must hash to
 */
public record LayerPlan(Descriptor blob, Digest diffId) {
    /** Whether the blob is the tar itself. */
    public boolean isPlain() {
        return blob.digest().equals(diffId);
    }
}
