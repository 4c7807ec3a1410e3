package io.varve.manifest;

import io.varve.failure.Failure;
import io.varve.oci.Descriptor;

/** How many documents were read for one image, and how much they are together: an index of indexes must not make anybody read without end. Owned by one thread. */
public final class DocumentTally {
    private final PlanLimits limits;
    private int count;
    private long bytes;

    public DocumentTally(PlanLimits limits) {
        this.limits = limits;
    }

    /**
     * Counts one that is about to be read.
     *
     * @throws Failure Exceeded when there were more than {@link PlanLimits#documents}, or more bytes than {@link PlanLimits#allBytes}
     */
    public void add(Descriptor document) {
        if (++count > limits.documents()) {
            throw Failure.exceeded("documents of one image", count, limits.documents(), "limits.documents");
        }
        // What is larger than one may be is refused by whoever reads it.
        bytes += Math.min(document.size(), limits.manifestBytes());
        limits.checkAll("the documents of one image", bytes);
    }
}
