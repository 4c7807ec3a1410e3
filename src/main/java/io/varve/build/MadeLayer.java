package io.varve.build;

import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.pipeline.LayerMaking;
import org.jspecify.annotations.Nullable;

/**
 * A layer that a build has.
 *
 * @param blob as it is transferred
 * @param tarBytes of its tar
 * @param step what made it, in words that depend on the spec alone
 * @param location what its blob is remembered by; null for one that was there as it is
 * @param making what has it still to be committed; null for one that is in the store
 * @param content to make it once more should it vanish from the store; null for one that cannot be told again
 */
record MadeLayer(
        Digest diffId,
        Descriptor blob,
        long tarBytes,
        String step,
        @Nullable String location,
        @Nullable LayerMaking making,
        @Nullable LayerContent content) {}
