package io.varve.registry;

import io.varve.failure.Failure;
import java.net.URI;
import java.util.Locale;

/**
 * Scheme, host and port of a URL: what a credential may not leave.
 *
 * @param host in lower case; an IPv6 address is in brackets
 */
record Origin(String scheme, String host, int port) {

    /** @throws Failure Invalid when it is not a URL of HTTP, without showing its query */
    static Origin of(URI uri) {
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals("https") && !scheme.equals("http")) {
            throw Failure.invalid(
                    "URL: got the scheme " + (scheme.isEmpty() ? "of nothing" : scheme) + ", wanted https or http");
        }
        Authority authority = Authority.of(uri)
                .orElseThrow(() ->
                        Failure.invalid("URL: got " + scheme + "://" + hostAndPort(uri) + ", wanted a host in it"));
        int port = authority.port() < 0 ? (scheme.equals("https") ? 443 : 80) : authority.port();
        return new Origin(scheme, authority.host().toLowerCase(Locale.ROOT), port);
    }

    /** Without what may stand before it, which may be a password. */
    private static String hostAndPort(URI uri) {
        String authority = uri.getRawAuthority();
        return authority == null ? "" : authority.substring(authority.lastIndexOf('@') + 1);
    }

    boolean secure() {
        return scheme.equals("https");
    }

    /** As settings and references have it: {@code registry.example:5000}, without the port that the scheme implies. */
    String authority() {
        return port == (secure() ? 443 : 80) ? host : host + ":" + port;
    }

    @Override
    public String toString() {
        return scheme + "://" + authority();
    }
}
