package io.varve.registry;

import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Requests to token servers, under the same rules as where registries redirect to. */
final class TokenRequests implements TokenTransport {
    private static final String REFRESH_TOKEN = "refresh_token=";
    private static final String FORM = "application/x-www-form-urlencoded";

    private final Redirects redirects;
    private final Hosts hosts;
    private final Router router;
    private final Persistence persistence;
    private final Time time;
    private final int limit;

    TokenRequests(
            Redirects redirects,
            Hosts hosts,
            Router router,
            Persistence persistence,
            Time time,
            RegistryLimits limits) {
        this.redirects = redirects;
        this.hosts = hosts;
        this.router = router;
        this.persistence = persistence;
        this.time = time;
        limit = limits.tokenBytes();
    }

    @Override
    public Future<Answer> get(URI realm, URI registry, Access access, Optional<String> authorization) {
        MultiMap headers = HttpHeaders.headers();
        authorization.ifPresent(value -> headers.add(HttpHeaders.AUTHORIZATION, value));
        List<String> secrets = authorization.map(Exchange::secrets).orElse(List.of());
        return send(HttpMethod.GET, realm, registry, access, headers, null, secrets);
    }

    @Override
    public Future<Answer> post(URI realm, URI registry, Access access, String form) {
        MultiMap headers = HttpHeaders.headers().add(HttpHeaders.CONTENT_TYPE, FORM);
        return send(HttpMethod.POST, realm, registry, access, headers, Body.of(Buffer.buffer(form)), secrets(form));
    }

    private static List<String> secrets(String form) {
        return Arrays.stream(form.split("&", -1))
                .filter(pair -> pair.startsWith(REFRESH_TOKEN))
                .map(pair -> URLDecoder.decode(pair.substring(REFRESH_TOKEN.length()), StandardCharsets.UTF_8))
                .toList();
    }

    private Future<Answer> send(
            HttpMethod method,
            URI realm,
            URI registry,
            Access access,
            MultiMap headers,
            @Nullable Body body,
            List<String> secrets) {
        Origin from = Origin.of(registry);
        Origin to = Origin.of(realm);
        try {
            Redirects.requireTls(from, to, hosts);
        } catch (Failure e) {
            return Future.failedFuture(e.during("ask " + to + " for a token"));
        }
        boolean insecure = access.insecure() || hosts.options(from.authority()).insecure();
        Endpoint endpoint =
                new Endpoint(URI.create(to.toString()), to.authority(), "", access, insecure, Endpoint.Role.LAST);
        Hop hop = new Hop(
                method, realm, headers, body, insecure, Caller.patient(from.toString(), access), router.guide(from));
        return persistence.answer(new Asking(hop, to, secrets), List.of(endpoint));
    }

    private final class Asking implements Question<Answer> {
        private final Hop hop;
        private final Origin server;
        private final List<String> secrets;

        /** @param secrets what was sent, and is not to be shown if the answer repeats it */
        Asking(Hop hop, Origin server, List<String> secrets) {
            this.hop = hop;
            this.server = server;
            this.secrets = secrets;
        }

        @Override
        public Future<Answer> ask(Endpoint endpoint) {
            return redirects
                    .send(hop)
                    .compose(reply -> Setback.passes(reply.status())
                            ? Exchange.refused(reply, secrets, time)
                            : SmallBody.read(reply, limit, "limits.tokenBytes")
                                    .map(body -> new Answer(reply.status(), reply.headers(), body)));
        }

        @Override
        public String toString() {
            return "ask " + server + " for a token";
        }
    }
}
