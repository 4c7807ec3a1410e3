package io.varve.registry;

import java.util.Map;

/**
 * How registries are reached.
 *
 * @param hosts by {@code host[:port]} in lower case, as references have it; others have {@link HostOptions#DEFAULTS}
 * @param upstreams where we may go at all
 */
public record RegistryOptions(
        Map<String, HostOptions> hosts, NetworkOptions network, RegistryLimits limits, Upstreams upstreams) {
    public static final RegistryOptions DEFAULTS =
            new RegistryOptions(Map.of(), NetworkOptions.DEFAULTS, RegistryLimits.DEFAULTS);

    /** For whoever may go anywhere. */
    public RegistryOptions(Map<String, HostOptions> hosts, NetworkOptions network, RegistryLimits limits) {
        this(hosts, network, limits, Upstreams.ANYWHERE);
    }

    public RegistryOptions {
        hosts = Map.copyOf(hosts);
    }
}
