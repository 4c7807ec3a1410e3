/**
 * From a reference to an image whose layers are all there: {@link io.varve.pipeline.Images} is the use case,
 * {@link io.varve.pipeline.Pull} composes the stages. Each missing layer is one <i>flow</i>: its blob is read, verified,
 * decoded and assembled in one pass, as many flows at once as there are workers, the largest first.
 *
 * <p>Nothing of an image is visible before it was verified, and a failed or interrupted pull leaves only whole layers.
 */
@NullMarked
package io.varve.pipeline;

import org.jspecify.annotations.NullMarked;
