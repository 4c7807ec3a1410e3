package io.varve.registry;

/**
 * What a registry may ask of us; each component is the setting {@code limits.<its name>}.
 *
 * @param tokenBytes the most bytes of an answer that carries a token
 * @param redirects how often one request may be sent on
 */
public record RegistryLimits(int tokenBytes, int redirects) {
    /** Tokens of clouds carry signed statements of some KiB. */
    public static final RegistryLimits DEFAULTS = new RegistryLimits(64 << 10, 5);
}
