package io.varve.registry;

import java.util.Map;

/**
 * How registries are reached.
 *
 * @param hosts by {@code host[:port]} in lower case, as references have it; others have {@link HostOptions#DEFAULTS}
 */
public record RegistryOptions(Map<String, HostOptions> hosts, NetworkOptions network, RegistryLimits limits) {
    public static final RegistryOptions DEFAULTS =
            new RegistryOptions(Map.of(), NetworkOptions.DEFAULTS, RegistryLimits.DEFAULTS);

    public RegistryOptions {
        hosts = Map.copyOf(hosts);
    }
}
