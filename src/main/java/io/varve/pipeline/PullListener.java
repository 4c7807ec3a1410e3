package io.varve.pipeline;

import io.varve.manifest.ImagePlan;
import io.varve.manifest.LayerPlan;

/** Hears how a pull goes on. Called by several workers at once, often, and has to return at once. */
public interface PullListener {
    /** Hears nothing. */
    PullListener NONE = new PullListener() {};

    /** What is to be pulled is known. */
    default void planned(ImagePlan plan) {}

    /** The layer was there already. */
    default void cached(LayerPlan layer) {}

    /**
     * The layer's flow went on.
     *
     * @param read bytes of its blob so far, of {@code layer.blob().size()}
     * @param assembled bytes of its tar so far
     */
    default void advanced(LayerPlan layer, long read, long assembled) {}

    /** The layer is committed. */
    default void committed(LayerPlan layer) {}
}
