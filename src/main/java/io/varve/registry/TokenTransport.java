package io.varve.registry;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import java.net.URI;
import java.util.Optional;

/** How tokens are asked for: small requests to a realm that a registry named. */
interface TokenTransport {

    /** @param body at most as long as a token may be ({@code limits.tokenBytes}); longer ones fail as Exceeded */
    record Answer(int status, MultiMap headers, byte[] body) {}

    /**
     * @param realm refused as Invalid when it is not where this registry may send us
     * @param registry the endpoint that named it
     * @param authorization the header
     */
    Future<Answer> get(URI realm, URI registry, Access access, Optional<String> authorization);

    /** @param form {@code application/x-www-form-urlencoded} */
    Future<Answer> post(URI realm, URI registry, Access access, String form);
}
