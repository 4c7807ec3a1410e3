package io.varve.pipeline;

import io.varve.manifest.ArtifactPlan;
import io.varve.manifest.ImagePlan;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Descriptor;

/** Hears how a pull, a push or a build goes on. Called by several threads at once, event loops among them, and often; returns at once. */
public interface PullListener {
    /** Hears nothing. */
    PullListener NONE = new PullListener() {};

    /** What is to be pulled is known. */
    default void planned(ImagePlan plan) {}

    /** The layer has to be brought, and its turn has not come. */
    default void waiting(LayerPlan layer) {}

    /** What is to be pulled is an artifact, which is kept as it is. */
    default void planned(String subject, ArtifactPlan plan) {
        noted(subject + " is an artifact (" + plan.type() + "), which cannot be mounted");
    }

    /** This entry of an image index is not pulled, because it is no image. */
    default void skipped(String subject, Descriptor entry) {
        noted("skipped of " + subject + ": " + entry + ", which is no image");
    }

    /** Something that people should know, as a line. */
    default void noted(String line) {}

    /** The layer was there already. */
    default void cached(LayerPlan layer) {}

    /** The layer's flow went on. */
    default void advanced(LayerPlan layer, LayerProgress progress) {}

    /** The layer is committed. */
    default void committed(LayerPlan layer) {}

    /** The blob of an artifact, or one that is pushed, has to be brought, and its turn has not come. */
    default void waiting(Descriptor blob) {}

    /** The blob that is pushed was there already. */
    default void cached(Descriptor blob) {}

    /**
     * A blob of an artifact, or one that is pushed, came on.
     *
     * @param network bytes that came from its source; of one that is pushed those that were sent
     * @param cached bytes that the store had already
     */
    default void advanced(Descriptor blob, long network, long cached) {}

    /**
     * A layer that is built came on. What it will be, nobody knows yet.
     *
     * @param step which layer, in words
     * @param tar bytes of its tar so far
     * @param blob bytes that came of them so far
     */
    default void advanced(String step, long tar, long blob) {}

    /** The layer that is built has all of its bytes. */
    default void made(String step, Descriptor blob) {}

    /** The blob of an artifact is committed, or the one that is pushed is where it is to be. */
    default void committed(Descriptor blob) {}
}
