package io.varve.pipeline;

import io.varve.manifest.ArtifactPlan;

/** An artifact whose blobs are all in the store. There is nothing to mount in it. */
public record Artifact(ArtifactPlan plan) implements Brought {}
