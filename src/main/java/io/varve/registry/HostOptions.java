package io.varve.registry;

import io.varve.failure.Failure;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How one registry host is reached.
 *
 * @param mirrors asked before the host itself, in this order; a path stands before those of repositories
 * @param plainHttp whether to speak HTTP without TLS; null for loopback hosts only
 * @param insecure whether a certificate may be anybody's, and plain HTTP will do where TLS is not answered
 * @param ca certificates (PEM) that are trusted beside those of the machine
 * @param clientCertificate what to show the host (PEM), with its key
 * @param clientKey PEM, PKCS #8, not encrypted
 * @param connections at most this many at once
 * @param requests at most this many at once, of 2047; without HTTP/2 each has a connection for itself
 * @param http2 whether to offer HTTP/2 with TLS
 */
public record HostOptions(
        List<URI> mirrors,
        @Nullable Boolean plainHttp,
        boolean insecure,
        @Nullable Path ca,
        @Nullable Path clientCertificate,
        @Nullable Path clientKey,
        int connections,
        int requests,
        boolean http2) {
    /** Blobs come faster over several connections than over one that they share. */
    public static final HostOptions DEFAULTS = new HostOptions(List.of(), null, false, null, null, null, 8, 16, false);

    /** One connection of HTTP/2 has a window for all of them, and no window is larger than 2 GiB. */
    private static final int MOST_REQUESTS = Integer.MAX_VALUE / Clients.STREAM_WINDOW;

    public HostOptions {
        mirrors = List.copyOf(mirrors);
        mirrors.forEach(Origin::of);
        if ((clientCertificate == null) != (clientKey == null)) {
            throw Failure.invalid(
                    clientKey == null
                            ? "clientCertificate: wanted clientKey with it"
                            : "clientKey: wanted clientCertificate with it");
        }
        if (connections < 1) {
            throw Failure.invalid("connections: got " + connections + ", wanted 1 or more");
        }
        if (requests < 1 || requests > MOST_REQUESTS) {
            throw Failure.invalid("requests: got " + requests + ", wanted 1 to " + MOST_REQUESTS);
        }
    }

    /** What may be under way at once as long as each may need a connection for itself. */
    int apart() {
        return Math.min(requests, connections);
    }

    /** What may be under way at once where HTTP/2 is spoken, if it is offered. */
    int together(boolean secure) {
        return http2 && secure ? requests : apart();
    }
}
