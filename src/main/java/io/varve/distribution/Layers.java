package io.varve.distribution;

import io.varve.oci.Digest;
import java.util.function.BooleanSupplier;

/** Knows what blobs decode to. */
@FunctionalInterface
public interface Layers {
    /**
     * Blocks, for as long as it takes to decode it.
     *
     * @param unwanted whether nobody waits for it any more; looked at all the time
     * @throws io.varve.failure.Failure Mismatch, Invalid or Exceeded when the blob is not this layer; Cancelled
     *     when it is unwanted
     */
    void check(Digest blob, Digest diffId, BooleanSupplier unwanted);
}
