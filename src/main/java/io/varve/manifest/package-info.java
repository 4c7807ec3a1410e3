/**
 * From a descriptor to an image plan: everything the pipeline needs to know about an image before the first layer moves.
 *
 * <p>{@link io.varve.manifest.ImagePlanner} reads manifests, image indexes and configurations from
 * {@link io.varve.manifest.Documents}, keeping what it parsed in the
 * {@link io.varve.manifest.MetadataCache} (which has room for what images show as well), chooses the platform and checks that what it read fits together; the
 * {@link io.varve.manifest.Plan} is the answer: of an image, or of an artifact. The pipeline, and the command that inspects
 * images, call it. No layer is read here.
 */
@NullMarked
package io.varve.manifest;

import org.jspecify.annotations.NullMarked;
