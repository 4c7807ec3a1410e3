package io.varve.registry;

import io.vertx.core.MultiMap;
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
        @Nullable Body body,
        boolean insecure,
        Caller caller,
        Router.@Nullable Guide guide) {

    /** Whether it is one of those that bring something, or ask what there is to be brought. */
    boolean writes() {
        return !method.equals(HttpMethod.GET);
    }

    /** To go on elsewhere, with what the other may know. */
    Hop to(URI next, MultiMap allowed, Router.Guide sender) {
        return new Hop(method, next, allowed, body, insecure, caller, guide == null ? sender : guide);
    }
}
