package io.varve.distribution;

import io.varve.oci.Digest;

/** Knows what blobs decode to. */
@FunctionalInterface
public interface Layers {
    /**
     * Blocks, for as long as it takes to decode it.
     *
     * @throws io.varve.failure.Failure Mismatch, Invalid or Exceeded when the blob is not this layer
     */
    void check(Digest blob, Digest diffId);
}
