package io.varve.registry;

import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.util.Optional;
import java.util.Set;

/** {@code HEAD /v2/<name>/manifests/<reference>}: what that leads to. */
record ManifestHead(Exchange exchange, Repository repository, String tagOrDigest)
        implements Question<Optional<Digest>> {

    @Override
    public Future<Optional<Digest>> ask(Endpoint endpoint) {
        String path = endpoint.path(repository);
        MultiMap headers = HttpHeaders.headers().add(HttpHeaders.ACCEPT, ManifestPull.ACCEPT);
        Exchange.Request request = new Exchange.Request(
                HttpMethod.HEAD,
                Scope.push(path),
                "/v2/" + path + "/manifests/" + tagOrDigest,
                headers,
                null,
                Set.of(200, 404));
        return exchange.ask(endpoint, request, Caller.patient(repository.toString(), endpoint.access()))
                .compose(response -> SmallBody.none(response)
                        .map(ended -> response.status() == 200 ? told(response) : Optional.empty()));
    }

    /** What is no digest that could be compared is none: whoever asks brings the manifest then. */
    private static Optional<Digest> told(Response response) {
        try {
            return Optional.ofNullable(DigestHeader.of(response));
        } catch (Failure e) {
            return Optional.empty();
        }
    }

    @Override
    public String toString() {
        return "look for manifest " + tagOrDigest + " in " + repository;
    }
}
