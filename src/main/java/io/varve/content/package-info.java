/**
 * Blobs, by digest: {@link io.varve.content.ContentStore} has them, an {@link io.varve.content.Ingest} brings one in. A blob
 * is <i>ingested</i> (its bytes written and hashed in {@code ingest/}), <i>committed</i> (verified, on the disk, under its
 * digest) and <i>removed</i>; there is nothing in between that anybody could see.
 *
 * <p>An ingest that is <i>interrupted</i> is gone on with by the next one of the same digest, in this process or a later one,
 * from its last {@link io.varve.content.Checkpoint}: neither are its bytes downloaded again nor hashed again
 * ({@link io.varve.hash.HashState}). What they are checked against is written after they are on the disk; what happens to
 * them there in between is noticed at their end and by whoever decodes them. The disk is asked for room before
 * the first byte ({@link io.varve.content.Space}), and {@link io.varve.content.ContentStore#sweep} takes away what nobody will
 * go on with.
 *
 * <p>The pipeline, the collector and the verifier call it, on workers: everything blocks. It knows nothing of what is in a
 * blob, nor who needs it.
 */
@NullMarked
package io.varve.content;

import org.jspecify.annotations.NullMarked;
