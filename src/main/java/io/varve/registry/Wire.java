package io.varve.registry;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sends a request and gives what answers it, redirects and refusals included. */
final class Wire {
    private static final long MIN_TICK_MS = 20;
    private static final long MAX_TICK_MS = 500;

    private final Vertx vertx;
    private final Hosts hosts;
    private final Clients clients;
    private final Router router;
    private final Time time;
    private final NetworkOptions network;
    private final Limiters reading;

    /** Apart from the others: what is read here to be written there holds one while it waits for the other. */
    private final Limiters writing;

    Wire(Vertx vertx, Hosts hosts, Clients clients, Router router, Time time, NetworkOptions network) {
        this.vertx = vertx;
        this.hosts = hosts;
        this.clients = clients;
        this.router = router;
        this.time = time;
        this.network = network;
        reading = limiters();
        writing = limiters();
    }

    /** As many for each host as its options allow at once, whatever it speaks. */
    Limiters limiters() {
        return new Limiters(vertx, origin -> hosts.options(origin.authority()).apart());
    }

    /** @return fails with a {@link Setback}, or with the failure of a server that must not be gone to */
    Future<Response> send(Hop hop) {
        Origin origin = Origin.of(hop.uri());
        return router.ways(origin, hop.guide(), hop.caller().anywhere())
                // Whoever waits for somebody else's bytes has no place here meanwhile: he may wait for one who waits
                // for it.
                .compose(ways -> ready(hop.body())
                        .compose(ready -> turn(hop.writes() ? writing : reading, origin, hop.caller()))
                        .compose(permit -> (hop.caller().gone().getAsBoolean()
                                        ? Future.<Response>failedFuture(cancelled("nobody waits for it any more"))
                                        : send(hop, origin, ways, 0, permit))
                                .onFailure(ignored -> permit.close())));
    }

    private static Future<Limiter.Permit> turn(Limiters limiters, Origin origin, Caller caller) {
        return caller.spared()
                ? limiters.spare(origin)
                        .map(Future::succeededFuture)
                        .orElseGet(() -> Future.failedFuture(cancelled("no connection is free")))
                : limiters.acquire(origin, caller.line());
    }

    private static Future<Void> ready(@Nullable Body body) {
        return body == null ? Future.succeededFuture() : body.ready();
    }

    private Future<Response> send(Hop hop, Origin origin, List<Router.Way> ways, int at, Limiter.Permit permit) {
        Router.Way way = ways.get(at);
        return find(origin, hop)
                .compose(client -> connect(client, hop, origin, way))
                .compose(request -> {
                    if (request.version() == HttpVersion.HTTP_2) {
                        permit.raise(hosts.options(origin.authority()).together(origin.secure()));
                    }
                    return exchange(request, hop, origin, way, permit);
                })
                .recover(thrown -> {
                    boolean another = thrown instanceof Setback setback
                            && setback.kind() == Setback.Kind.UNREACHED
                            && at + 1 < ways.size();
                    return another ? send(hop, origin, ways, at + 1, permit) : Future.failedFuture(thrown);
                });
    }

    private Future<HttpClient> find(Origin origin, Hop hop) {
        HostOptions options = hosts.options(origin.authority());
        return clients.find(origin.secure(), hop.insecure() || options.insecure(), options, hop.writes())
                .recover(thrown -> Future.failedFuture(Failure.from(thrown).during("preparing for " + origin)));
    }

    private Future<HttpClientRequest> connect(HttpClient client, Hop hop, Origin origin, Router.Way way) {
        RequestOptions options = new RequestOptions()
                .setMethod(hop.method())
                .setSsl(origin.secure())
                .setHost(origin.host())
                .setPort(origin.port())
                .setURI(target(hop.uri()))
                .setHeaders(hop.headers())
                .setFollowRedirects(false)
                .setConnectTimeout(network.connectTimeout().toMillis());
        switch (way) {
            case Router.Way.Direct direct ->
                options.setServer(
                        SocketAddress.inetSocketAddress(new InetSocketAddress(direct.address(), origin.port())));
            case Router.Way.Proxied proxied -> options.setProxyOptions(proxied.proxy());
        }
        try {
            return client.request(options).recover(thrown -> Future.failedFuture(Setback.unreached(thrown)));
        } catch (IllegalStateException closed) {
            return Future.failedFuture(cancelled("the registry client was closed"));
        }
    }

    private static Setback cancelled(String why) {
        return Setback.of(Setback.Kind.GIVEN_UP, Failure.of(Category.CANCELLED, why));
    }

    private Future<Response> exchange(
            HttpClientRequest request, Hop hop, Origin origin, Router.Way way, Limiter.Permit permit) {
        long tick = Math.clamp(network.idleTimeout().toMillis() / 4, MIN_TICK_MS, MAX_TICK_MS);
        Sending sending = new Sending(vertx, request, hop.body(), network, time);
        return sending.answer(tick).map(response -> {
            Router.Guide server = router.answered(origin, way);
            try {
                return new Response(vertx, response, server, permit, network.pace(time), tick, sending::isWhole);
            } catch (IllegalStateException broken) {
                // It ended between its head and this callback.
                throw Setback.cut(broken);
            }
        });
    }

    /** The path and the query, as they were written. */
    static String target(URI uri) {
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        return uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
    }
}
