package io.varve.registry;

import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.net.URI;
import java.net.URISyntaxException;

/**
 * Requests that are sent on. Whoever is on another origin learns neither credential nor cookie, never gets them back, and is
 * not gone to without TLS where there was TLS, unless settings allow it.
 */
final class Redirects {
    private final Wire wire;
    private final Hosts hosts;
    private final int most;

    Redirects(Wire wire, Hosts hosts, RegistryLimits limits) {
        this.wire = wire;
        this.hosts = hosts;
        most = limits.redirects();
    }

    Future<Response> send(Hop hop) {
        return send(hop, 0);
    }

    private Future<Response> send(Hop hop, int redirects) {
        return wire.send(hop).compose(response -> {
            String location = response.headers().get(HttpHeaders.LOCATION);
            if (!isRedirect(response.status()) || location == null) {
                return Future.succeededFuture(response);
            }
            Hop next;
            try {
                if (redirects >= most) {
                    throw Failure.exceeded("redirects", redirects + 1L, most, "limits.redirects");
                }
                next = next(hop, response, location);
            } catch (Failure e) {
                response.drop();
                return Future.failedFuture(e);
            }
            return SmallBody.readIfShort(response).compose(ignored -> send(next, redirects + 1));
        });
    }

    private static boolean isRedirect(int status) {
        return switch (status) {
            case 301, 302, 303, 307, 308 -> true;
            default -> false;
        };
    }

    private Hop next(Hop hop, Response response, String location) {
        if (!hop.method().equals(HttpMethod.GET) && !hop.method().equals(HttpMethod.HEAD)) {
            throw Failure.invalid("sent on: got " + hop.method() + " answered by a redirect, wanted GET");
        }
        URI uri = resolve(hop.uri(), location);
        Origin to = Origin.of(uri);
        requireTls(response.origin(), to, hosts);
        MultiMap headers = hop.headers();
        if (!to.equals(response.origin())) {
            headers = HttpHeaders.headers()
                    .addAll(headers)
                    .remove(HttpHeaders.AUTHORIZATION)
                    .remove(HttpHeaders.COOKIE);
        }
        return hop.to(uri, headers, response.server());
    }

    /** @throws Failure Invalid when it is no URL */
    static URI resolve(URI from, String location) {
        try {
            return from.resolve(new URI(new URI(location).toASCIIString()));
        } catch (URISyntaxException e) {
            // Not shown: it may be signed.
            throw Failure.invalid("sent on: got a Location that is no URL");
        }
    }

    /** @throws Failure Invalid when what came under TLS would go on without */
    static void requireTls(Origin from, Origin to, Hosts hosts) {
        if (from.secure() && !to.secure() && !hosts.speaksPlainly(to.authority())) {
            throw Failure.invalid("sent on from " + from + ": got " + to + ", wanted https");
        }
    }
}
