/**
 * From a reference to an image whose layers are all there: {@link io.varve.pipeline.Pulls} and {@link
 * io.varve.pipeline.Images} are the use cases, {@link io.varve.pipeline.Pull} composes the stages. Each missing layer is one
 * {@link io.varve.pipeline.LayerFlow}: its blob is fetched, hashed and kept, decoded and assembled at the same time, each by a
 * flow of its own of that stage.
 *
 * <p>One event loop <i>conducts</i>: what pulls share belongs to it, and it never waits. Threads that compute, one a core, and
 * threads that wait for the disk do the rest. Nothing of an image is visible before it was verified, and a failed or cancelled
 * pull leaves only whole layers, and beginnings of blobs for the next one.
 */
@NullMarked
package io.varve.pipeline;

import org.jspecify.annotations.NullMarked;
