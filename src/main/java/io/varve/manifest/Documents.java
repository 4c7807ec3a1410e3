package io.varve.manifest;

import io.varve.oci.Descriptor;

/** Where manifests, image indexes and configurations come from: a layout, a store, a registry. */
@FunctionalInterface
public interface Documents {

    /**
     * The content of the descriptor, its size and digest verified; shared, never written to.
     *
     * @param limit the most bytes to read
     * @throws io.varve.failure.Failure Exceeded above the limit, NotFound when it is not there, Mismatch when it is not
     *     what the descriptor says
     */
    byte[] read(Descriptor descriptor, long limit);
}
