/**
 * Hashes of streams that are on their way: {@link io.varve.hash.RunningHash} is one, whose state can be kept and gone on with
 * ({@link io.varve.hash.HashState}). Where the processor has no instructions for SHA-256, several of them are hashed together
 * ({@link io.varve.hash.MultiBuffer}), each in a lane of the processor's vectors ({@link io.varve.hash.Sha256Lanes}): one stream's
 * blocks follow from each other, so only several streams give a core more than one thing to do.
 *
 * <p>Whoever brings bytes in calls it, on workers. It knows nothing of files.
 */
@NullMarked
package io.varve.hash;

import org.jspecify.annotations.NullMarked;
