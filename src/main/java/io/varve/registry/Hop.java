package io.varve.registry;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * One request to one server.
 *
 * @param headers never written to
 * @param body null for none
 * @param insecure whether the certificate may be anybody's
 * @param guide who sent us there; null when it was the user
 */
record Hop(
        HttpMethod method,
        URI uri,
        MultiMap headers,
        @Nullable Buffer body,
        boolean insecure,
        Caller caller,
        Router.@Nullable Guide guide) {

    static Hop get(URI uri, MultiMap headers, boolean insecure, Caller caller) {
        return new Hop(HttpMethod.GET, uri, headers, null, insecure, caller, null);
    }

    /** To go on elsewhere, with what the other may know. */
    Hop to(URI next, MultiMap allowed, Router.Guide sender) {
        return new Hop(method, next, allowed, body, insecure, caller, guide == null ? sender : guide);
    }
}
