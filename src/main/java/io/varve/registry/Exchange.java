package io.varve.registry;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Asks an endpoint, authorised as it demands: once with what is known, and once more with what a challenge leads to. */
final class Exchange {
    private static final String AGENT = agent();

    private final Redirects redirects;
    private final Authorizer authorizer;
    private final Time time;

    /**
     * What is asked.
     *
     * @param path with its query
     * @param headers never written to
     * @param body null for none
     * @param accepted the statuses that answer it
     */
    record Request(
            HttpMethod method,
            Scope scope,
            String path,
            MultiMap headers,
            @Nullable Body body,
            Set<Integer> accepted) {
        /** To be read. */
        Request(Scope scope, String path, MultiMap headers, Set<Integer> accepted) {
            this(HttpMethod.GET, scope, path, headers, null, accepted);
        }
    }

    Exchange(Redirects redirects, Authorizer authorizer, Time time) {
        this.redirects = redirects;
        this.authorizer = authorizer;
        this.time = time;
    }

    Time time() {
        return time;
    }

    private static String agent() {
        String version = Exchange.class.getPackage().getImplementationVersion();
        return version == null ? "varve" : "varve/" + version;
    }

    /**
     * @return a response with one of the accepted statuses; fails with a {@link Setback} for any other
     */
    Future<Response> ask(Endpoint endpoint, Request request, Caller caller) {
        return authorizer
                .authorization(endpoint.base(), endpoint.host(), request.scope(), endpoint.access())
                .compose(known -> send(endpoint, request, caller, known)
                        .compose(response -> challenges(response, endpoint)
                                ? again(endpoint, request, caller, known, response)
                                : accepted(response, endpoint, request, known)));
    }

    /**
     * Asks somebody who is no registry, and does not learn who we are.
     *
     * @param guide the registry that sent us there
     * @return as {@link #ask(Endpoint, Request, Caller)}
     */
    Future<Response> ask(
            URI uri, MultiMap headers, Set<Integer> accepted, boolean insecure, Caller caller, Router.Guide guide) {
        return ask(HttpMethod.GET, uri, headers, null, accepted, insecure, caller, guide);
    }

    /** As {@link #ask(URI, MultiMap, Set, boolean, Caller, Router.Guide)}, and to bring something. */
    Future<Response> ask(
            HttpMethod method,
            URI uri,
            MultiMap headers,
            @Nullable Body body,
            Set<Integer> accepted,
            boolean insecure,
            Caller caller,
            Router.Guide guide) {
        return redirects
                .send(new Hop(method, uri, headers(headers), body, insecure, caller, guide))
                .compose(response -> accepted(response, Origin.of(uri), accepted, List.of()));
    }

    private static MultiMap headers(MultiMap asked) {
        return HttpHeaders.headers()
                .addAll(asked)
                .set(HttpHeaders.USER_AGENT, AGENT)
                // What is compressed for the way has neither the announced size nor the announced digest.
                .set(HttpHeaders.ACCEPT_ENCODING, HttpHeaders.IDENTITY);
    }

    private Future<Response> send(Endpoint endpoint, Request request, Caller caller, Optional<String> authorization) {
        URI uri = endpoint.uri(request.path());
        MultiMap headers = headers(request.headers());
        authorization.ifPresent(value -> headers.set(HttpHeaders.AUTHORIZATION, value));
        return redirects.send(
                new Hop(request.method(), uri, headers, request.body(), endpoint.insecure(), caller, null));
    }

    /** Only the registry itself is told who we are, however somebody else asks. */
    private static boolean challenges(Response response, Endpoint endpoint) {
        return response.status() == 401 && response.origin().equals(Origin.of(endpoint.base()));
    }

    private Future<Response> again(
            Endpoint endpoint, Request request, Caller caller, Optional<String> sent, Response refusal) {
        List<String> challenges = refusal.headers().getAll("WWW-Authenticate");
        return SmallBody.readIfShort(refusal)
                .compose(ignored -> authorizer.challenged(
                        endpoint.base(), endpoint.host(), request.scope(), endpoint.access(), challenges, sent))
                .compose(better -> send(endpoint, request, caller, Optional.of(better))
                        .compose(response -> challenges(response, endpoint)
                                ? refusedAgain(endpoint, request, better, response)
                                : accepted(response, endpoint, request, Optional.of(better))));
    }

    /** Whoever chose what was sent knows whose it was, and can say it better than a registry that does not know us. */
    private Future<Response> refusedAgain(Endpoint endpoint, Request request, String sent, Response refusal) {
        return SmallBody.readIfShort(refusal)
                .compose(ignored ->
                        authorizer.refused(endpoint.base(), endpoint.host(), request.scope(), endpoint.access(), sent))
                .compose(Future::failedFuture);
    }

    private Future<Response> accepted(Response response, Endpoint endpoint, Request request, Optional<String> sent) {
        return accepted(
                response,
                Origin.of(endpoint.base()),
                request.accepted(),
                sent.map(Exchange::secrets).orElse(List.of()));
    }

    private Future<Response> accepted(Response response, Origin asked, Set<Integer> accepted, List<String> secrets) {
        if (accepted.contains(response.status())) {
            return Future.succeededFuture(response);
        }
        Future<Response> refused = refused(response, secrets, time);
        return mayHaveExpired(response, asked)
                ? refused.recover(
                        thrown -> Future.failedFuture(Setback.from(thrown).passing()))
                : refused;
    }

    /**
     * Where we are sent on to it is the URL that says who may, and only for a while, which may be over when it is our turn there. Whoever
     * sent us has a new one. The same host under TLS is not that: it does not know us, since what is said without TLS stays there.
     */
    private static boolean mayHaveExpired(Response response, Origin asked) {
        return (response.status() == 401 || response.status() == 403)
                && !response.origin().equals(asked)
                && !isUnderTls(asked, response.origin());
    }

    private static boolean isUnderTls(Origin plain, Origin other) {
        return !plain.secure() && other.secure() && plain.host().equals(other.host());
    }

    /** Fails with what the server says. */
    static <T> Future<T> refused(Response response, List<String> secrets, Time time) {
        return SmallBody.readIfShort(response)
                .compose(body -> Future.failedFuture(Setback.refused(
                        response.status(), ErrorBody.told(body, secrets), response.headers(), time.now())));
    }

    /** What must not be shown of a header, as it is and as it was before it was encoded. */
    static List<String> secrets(String authorization) {
        String token = authorization.substring(authorization.indexOf(' ') + 1);
        if (!authorization.regionMatches(true, 0, "Basic ", 0, 6)) {
            return List.of(token);
        }
        try {
            String user = new String(Base64.getDecoder().decode(token), StandardCharsets.UTF_8);
            return List.of(token, user, user.substring(user.indexOf(':') + 1));
        } catch (IllegalArgumentException e) {
            return List.of(token);
        }
    }
}
