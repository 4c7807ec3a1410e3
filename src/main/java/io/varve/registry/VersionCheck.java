package io.varve.registry;

import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import java.util.Set;

/** {@code GET /v2/}: whether the registry speaks the API, and accepts who we are. */
record VersionCheck(Exchange exchange, String host) implements Question<Void> {

    @Override
    public Future<Void> ask(Endpoint endpoint) {
        Exchange.Request request = new Exchange.Request(Scope.NONE, "/v2/", HttpHeaders.headers(), Set.of(200));
        return exchange.ask(endpoint, request, Caller.patient(host, endpoint.access()))
                .compose(SmallBody::readIfShort)
                .mapEmpty();
    }

    @Override
    public String toString() {
        return "check " + host;
    }
}
