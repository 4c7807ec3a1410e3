package io.varve.registry;

import java.net.URI;

/**
 * A place that may answer for a registry: the host itself, or a mirror of it.
 *
 * @param base scheme and authority
 * @param host whose credentials are for it, as references have it
 * @param prefix stands before the paths of repositories; empty, or with a slash at the end
 * @param access what the user said about it: nothing, for a mirror
 * @param insecure whether the certificate may be anybody's
 * @param role what is done when it fails
 */
record Endpoint(URI base, String host, String prefix, Access access, boolean insecure, Role role) {
    enum Role {
        /** Whatever it fails at, the next one is asked. */
        MIRROR,
        /** TLS is not known to be spoken; if it is not, the next one is asked. */
        TLS_PERHAPS,
        LAST
    }

    /** Whether the next one is to be asked after this setback, and this one no more. */
    boolean yields(Setback setback) {
        return switch (role) {
            case MIRROR -> setback.kind() != Setback.Kind.GIVEN_UP;
            case TLS_PERHAPS -> setback.kind() == Setback.Kind.UNREACHED;
            case LAST -> false;
        };
    }

    /** The path of a repository here. */
    String path(Repository repository) {
        return prefix + repository.path();
    }

    /** @param path with its query, if it has one */
    URI uri(String path) {
        // Not resolved: what begins with two slashes would be another host.
        return URI.create(base + path);
    }

    @Override
    public String toString() {
        return Origin.of(base) + (prefix.isEmpty() ? "" : "/" + prefix.substring(0, prefix.length() - 1));
    }
}
