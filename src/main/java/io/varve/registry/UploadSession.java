package io.varve.registry;

import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.net.URI;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An upload that a registry has begun: where it goes on is what each answer says. That may be another host, under the rules of
 * redirects: nobody there learns who we are.
 */
final class UploadSession {
    private static final Pattern RANGE = Pattern.compile("(?:bytes=)?0-([0-9]{1,18})");
    private static final Pattern BYTES = Pattern.compile("[0-9]{1,18}");

    /** For an answer that changes nothing. */
    private static final long FAREWELL_MS = 2000;

    private final Exchange exchange;
    private final Hosts hosts;
    private final Endpoint endpoint;
    private final Scope scope;
    private final Caller caller;
    private final long leastChunk;
    private URI location;
    private Router.Guide guide;

    // Whether it was elsewhere: nobody leads us back to where we say who we are.
    private boolean away;

    /**
     * @param begun what the upload began with
     * @throws Failure Invalid when it does not say where it goes on, or that is where nobody may be sent
     */
    UploadSession(
            Exchange exchange, Hosts hosts, Endpoint endpoint, Scope scope, Caller caller, URI asked, Response begun) {
        this.exchange = exchange;
        this.hosts = hosts;
        this.endpoint = endpoint;
        this.scope = scope;
        this.caller = caller;
        location = asked;
        guide = begun.server();
        String least = begun.headers().get("OCI-Chunk-Min-Length");
        leastChunk = least != null && BYTES.matcher(least).matches() ? Long.parseLong(least) : 1;
        if (begun.headers().get(HttpHeaders.LOCATION) == null) {
            throw Failure.invalid("got no Location, wanted where the upload goes on");
        }
        moved(begun);
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /** The fewest bytes that a chunk other than the last may have. */
    long leastChunk() {
        return leastChunk;
    }

    /** It goes on where this says, if it says so. */
    void moved(Response response) {
        String next = response.headers().get(HttpHeaders.LOCATION);
        if (next == null) {
            return;
        }
        Origin from = response.origin();
        URI base = from.equals(Origin.of(location)) ? location : URI.create(from + "/");
        URI to = Redirects.resolve(base, next);
        Redirects.requireTls(from, Origin.of(to), hosts);
        location = to;
        away |= !Origin.of(to).equals(Origin.of(endpoint.base()));
        guide = response.server();
    }

    /** How many bytes the registry has of it; empty when it does not say. */
    static OptionalLong received(Response response) {
        String text = response.headers().get("Range");
        Matcher range = RANGE.matcher(text == null ? "" : text.strip());
        if (!range.matches()) {
            return OptionalLong.empty();
        }
        long last = Long.parseLong(range.group(1));
        // Of an upload of nothing many say 0-0, which is one of a single byte too; that one byte is soon sent again.
        return OptionalLong.of(last == 0 ? 0 : last + 1);
    }

    /** What is answered when it does not go on: it is forgotten, or the URL elsewhere, which says who may, was good for a while that is over. */
    Set<Integer> over() {
        boolean elsewhere = !Origin.of(location).equals(Origin.of(endpoint.base()));
        return elsewhere ? Set.of(401, 403, 404) : Set.of(404);
    }

    /**
     * @param query what is added to that of the location; empty for nothing
     * @param headers never written to
     */
    Future<Response> ask(
            HttpMethod method, String query, MultiMap headers, @Nullable Body body, Set<Integer> accepted) {
        return ask(method, query, headers, body, accepted, caller);
    }

    private Future<Response> ask(
            HttpMethod method, String query, MultiMap headers, @Nullable Body body, Set<Integer> accepted, Caller who) {
        String target = target(query);
        if (!away) {
            return exchange.ask(endpoint, new Exchange.Request(method, scope, target, headers, body, accepted), who);
        }
        Origin to = Origin.of(location);
        boolean insecure = hosts.options(to.authority()).insecure();
        return exchange.ask(method, URI.create(to + target), headers, body, accepted, insecure, who, guide);
    }

    /**
     * Says that nobody goes on with it, so that nothing of it is kept for him.
     *
     * @return completes soon, whatever is answered
     */
    Future<Void> end(Vertx vertx) {
        Promise<Void> over = Promise.promise();
        long timer = vertx.setTimer(FAREWELL_MS, passed -> over.tryComplete());
        Caller patient = new Caller(caller.line(), () -> false, false, caller.anywhere());
        ask(HttpMethod.DELETE, "", HttpHeaders.headers(), null, Set.of(200, 202, 204, 404), patient)
                .compose(SmallBody::readIfShort)
                .onComplete(answered -> over.tryComplete());
        return over.future().onComplete(ended -> vertx.cancelTimer(timer));
    }

    /** Nothing that stands there is written another way: it may be signed. */
    private String target(String query) {
        String own = location.getRawQuery();
        String between = query.isEmpty() || (own != null && own.isEmpty()) ? "" : own == null ? "?" : "&";
        return Wire.target(location) + between + query;
    }
}
