package io.varve.registry;

import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.util.Set;

/** {@code HEAD /v2/<name>/blobs/<digest>}: whether it is there. */
record BlobHead(Exchange exchange, Repository repository, Descriptor blob) implements Question<Boolean> {

    @Override
    public Future<Boolean> ask(Endpoint endpoint) {
        return ask(endpoint, Caller.patient(repository.toString(), endpoint.access()));
    }

    Future<Boolean> ask(Endpoint endpoint, Caller caller) {
        String path = endpoint.path(repository);
        Exchange.Request request = new Exchange.Request(
                HttpMethod.HEAD,
                Scope.push(path),
                "/v2/" + path + "/blobs/" + blob.digest(),
                HttpHeaders.headers(),
                null,
                Set.of(200, 404));
        return exchange.ask(endpoint, request, caller)
                .compose(response -> SmallBody.none(response)
                        .map(ended -> response.status() == 200 && sized(SmallBody.length(response))));
    }

    /** Not all say how large it is. */
    private boolean sized(long length) {
        if (length > 0 && length != blob.size()) {
            throw Failure.mismatch("size", blob.size(), length + ", as the registry has it");
        }
        return true;
    }

    @Override
    public String toString() {
        return "look for blob " + blob.digest() + " in " + repository;
    }
}
