package io.varve.distribution;

import io.varve.oci.Digest;
import io.vertx.core.Future;

/** Knows what blobs decode to. */
@FunctionalInterface
public interface Layers {
    /**
     * Blocks, for as long as it takes to decode it.
     *
     * @param unwanted fails when nobody waits for it any more, on any thread
     * @throws io.varve.failure.Failure Mismatch, Invalid or Exceeded when the blob is not this layer; what {@code unwanted} failed with
     */
    void check(Digest blob, Digest diffId, Future<?> unwanted);
}
