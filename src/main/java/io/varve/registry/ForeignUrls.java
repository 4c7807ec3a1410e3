package io.varve.registry;

import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.vertx.core.Future;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where foreign layers are that registries need not have. Whoever wrote the descriptor may have written anything, so its urls
 * are gone to under the rules of redirects, as if the registry had sent us there, and nobody there learns who we are.
 */
final class ForeignUrls {
    private final Exchange exchange;
    private final Hosts hosts;
    private final Router router;

    ForeignUrls(Exchange exchange, Hosts hosts, Router router) {
        this.exchange = exchange;
        this.hosts = hosts;
        this.router = router;
    }

    /** The urls of the descriptor that can be asked, in their order: each is the base of an endpoint. */
    List<Endpoint> of(Descriptor layer) {
        List<Endpoint> endpoints = new ArrayList<>();
        List<URI> urls = layer.urls().stream()
                .map(URI::create)
                .filter(url -> origin(url).isPresent())
                .toList();
        for (URI url : urls) {
            String authority = Origin.of(url).authority();
            endpoints.add(new Endpoint(
                    url,
                    authority,
                    "",
                    Access.DEFAULT,
                    hosts.options(authority).insecure(),
                    endpoints.size() + 1 < urls.size() ? Endpoint.Role.MIRROR : Endpoint.Role.LAST));
        }
        return endpoints;
    }

    private static Optional<Origin> origin(URI url) {
        try {
            return Optional.of(Origin.of(url));
        } catch (Failure e) {
            return Optional.empty();
        }
    }

    /** @param repository that has the descriptor, and does not have the layer */
    BlobPull pull(Repository repository, Descriptor layer, Ahead ahead, Breadths breadths) {
        Origin registry = Origin.of(
                hosts.own(repository.host(), repository.access()).getLast().base());
        return new BlobPull(
                (url, headers, accepted, gone, spared) -> {
                    Origin to = Origin.of(url.base());
                    try {
                        Redirects.requireTls(registry, to, hosts);
                    } catch (Failure e) {
                        return Future.failedFuture(e);
                    }
                    return exchange.ask(
                                    url.base(),
                                    headers,
                                    accepted,
                                    url.insecure(),
                                    new Caller(
                                            repository.toString(),
                                            gone,
                                            spared,
                                            repository.access().anywhere()),
                                    router.guide(registry))
                            .recover(thrown ->
                                    Future.failedFuture(Setback.from(thrown).during(to.toString())));
                },
                "the urls that " + repository + " has for it",
                layer,
                ahead,
                breadths);
    }
}
