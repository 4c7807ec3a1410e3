package io.varve.registry;

import io.varve.failure.Failure;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Which endpoints answer for a host, and what the settings say of each. Any thread. */
final class Hosts {
    private static final String HUB = "docker.io";
    private static final String HUB_ENDPOINT = "registry-1.docker.io";

    private final Map<String, HostOptions> options;

    Hosts(RegistryOptions options) {
        this.options = options.hosts().entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(each -> key(each.getKey()), Map.Entry::getValue));
    }

    /** One host has one key, however it is written. */
    private static String key(String authority) {
        String host = authority.toLowerCase(Locale.ROOT).replaceFirst(":(?:443|80)$", "");
        return host.equals(HUB_ENDPOINT) ? HUB : host;
    }

    /** @param authority of a URL, or as references have it */
    HostOptions options(String authority) {
        HostOptions found = options.get(key(authority));
        return found == null ? HostOptions.DEFAULTS : found;
    }

    /** Whether a host is spoken to without TLS: because settings say so, or because it is this machine. */
    boolean speaksPlainly(String authority) {
        Boolean configured = options(authority).plainHttp();
        return configured != null
                ? configured
                : AddressText.isLoopback(origin("http", authority).host());
    }

    /** The host itself, without its mirrors: one way, or two where TLS is not sure. */
    List<Endpoint> own(String host, Access access) {
        boolean insecure = access.insecure() || options(host).insecure();
        boolean told = access.plainHttp() || Boolean.TRUE.equals(options(host).plainHttp());
        List<Endpoint> endpoints = new ArrayList<>();
        if (insecure && !told) {
            endpoints.add(own("https", host, access, true, Endpoint.Role.TLS_PERHAPS));
            endpoints.add(own("http", host, access, true, Endpoint.Role.LAST));
        } else {
            String scheme = told || speaksPlainly(host) ? "http" : "https";
            endpoints.add(own(scheme, host, access, insecure, Endpoint.Role.LAST));
        }
        return endpoints;
    }

    /** All that may answer for a host, in the order in which they are to be asked. */
    List<Endpoint> all(String host, Access access) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (URI mirror : options(host).mirrors()) {
            Origin origin = Origin.of(mirror);
            String path = mirror.getRawPath() == null ? "" : mirror.getRawPath();
            String prefix = path.replaceFirst("^/+", "").replaceFirst("/*$", "/");
            endpoints.add(new Endpoint(
                    URI.create(origin.toString()),
                    origin.authority(),
                    prefix.equals("/") ? "" : prefix,
                    access.ofMirror(),
                    options(origin.authority()).insecure(),
                    Endpoint.Role.MIRROR));
        }
        endpoints.addAll(own(host, access));
        return endpoints;
    }

    private static Endpoint own(String scheme, String host, Access access, boolean insecure, Endpoint.Role role) {
        Origin origin = origin(scheme, host.equals(HUB) ? HUB_ENDPOINT : host);
        return new Endpoint(URI.create(origin.toString()), host, "", access, insecure, role);
    }

    private static Origin origin(String scheme, String authority) {
        if (!Authority.isHost(authority)) {
            throw Failure.invalid("registry: got " + authority + ", wanted HOST[:PORT]");
        }
        return Origin.of(URI.create(scheme + "://" + authority));
    }
}
