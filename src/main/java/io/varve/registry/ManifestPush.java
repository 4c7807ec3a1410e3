package io.varve.registry;

import io.varve.oci.Descriptor;
import io.varve.oci.Document;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.util.Set;

/** {@code PUT /v2/<name>/manifests/<reference>}: whether the registry keeps the referrers of its subject by itself. */
record ManifestPush(
        Exchange exchange, Repository repository, String tagOrDigest, Descriptor descriptor, Document document)
        implements Question<Boolean> {

    @Override
    public Future<Boolean> ask(Endpoint endpoint) {
        String path = endpoint.path(repository);
        MultiMap headers = HttpHeaders.headers()
                .add(HttpHeaders.CONTENT_TYPE, document.mediaType().toString());
        Exchange.Request request = new Exchange.Request(
                HttpMethod.PUT,
                Scope.push(path),
                "/v2/" + path + "/manifests/" + tagOrDigest,
                headers,
                Body.of(Buffer.buffer(document.bytes())),
                Set.of(200, 201, 202));
        return exchange.ask(endpoint, request, Caller.patient(repository.toString(), endpoint.access()))
                .compose(response -> SmallBody.readIfShort(response).map(ended -> kept(response)));
    }

    private boolean kept(Response response) {
        DigestHeader.check(response, descriptor.digest());
        return response.headers().contains("OCI-Subject");
    }

    @Override
    public String toString() {
        return "push manifest " + tagOrDigest + " to " + repository;
    }
}
