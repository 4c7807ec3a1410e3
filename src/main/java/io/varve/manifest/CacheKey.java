package io.varve.manifest;

import io.varve.oci.Digest;
import java.util.List;
import java.util.Set;

/**
 * Under what {@link MetadataCache} keeps something. What a key hashes to is the same in every process, so that the cache does the same
 * in each: a digest itself hashes with its algorithm's identity.
 */
sealed interface CacheKey {
    /** Of bytes, whatever they are parsed as. */
    record Content(Digest digest) implements CacheKey {
        @Override
        public int hashCode() {
            return digest.hex().hashCode();
        }
    }

    /**
     * What a stack shows.
     *
     * @param diffIds follow from the chainId, and are there for a layer to be found by, also while its stack is being read
     */
    record Shown(Digest chainId, List<Digest> diffIds) implements CacheKey {
        static Shown of(ImagePlan plan) {
            return new Shown(
                    plan.chainId().digest(),
                    plan.layers().stream().map(LayerPlan::diffId).toList());
        }

        @Override
        public int hashCode() {
            return chainId.hex().hashCode();
        }

        boolean isOf(Set<Digest> stacksOrLayers) {
            return stacksOrLayers.contains(chainId) || diffIds.stream().anyMatch(stacksOrLayers::contains);
        }
    }
}
