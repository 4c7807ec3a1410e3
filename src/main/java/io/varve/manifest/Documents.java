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

    /**
     * Whether what an image index lists may be read for it; asked each time, whoever read it before. Where anybody can bring an image index
     * and have it list what it likes, not all of that is for those who may see the image index.
     */
    default boolean leadsTo(Descriptor entry) {
        return true;
    }
}
