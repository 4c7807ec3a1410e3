package io.varve.registry;

import io.varve.failure.Failure;

/**
 * What a registry may ask of us; each component is the setting {@code limits.<its name>}.
 *
 * @param tokenBytes the most bytes of an answer that carries a token
 * @param redirects how often one request may be sent on
 * @param chunkBytes the most bytes of a blob to upload with one request
 */
public record RegistryLimits(int tokenBytes, int redirects, long chunkBytes) {
    /** Tokens of clouds carry signed statements of some KiB; proxies refuse bodies beyond 100 MB or so. */
    public static final RegistryLimits DEFAULTS = new RegistryLimits(64 << 10, 5, 64L << 20);

    public RegistryLimits {
        if (chunkBytes < 1) {
            throw Failure.invalid("limits.chunkBytes: got " + chunkBytes + ", wanted 1 or more");
        }
    }
}
