package io.varve.distribution;

import io.varve.oci.Digest;
import io.vertx.core.Future;

/** Knows what blobs decode to. */
@FunctionalInterface
public interface Layers {
    /**
     * Any thread; does not block.
     *
     * @param unwanted fails when nobody waits for it any more, on any thread
     * @return completes on any thread; fails with Mismatch, Invalid or Exceeded when the blob is not this layer, or with what
     *     {@code unwanted} failed with
     */
    Future<Void> check(Digest blob, Digest diffId, Future<?> unwanted);
}
