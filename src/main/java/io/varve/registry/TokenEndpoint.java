package io.varve.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Json;
import io.vertx.core.Future;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The realm, where tokens are issued: asked with GET as a user or as nobody, and with the POST of OAuth2 where a refresh
 * token says who we are. Its answers that pass, 429 and 5xx, were waited for by the transport.
 */
final class TokenEndpoint {
    /** The specification's default, and its least. */
    private static final Duration LEAST_LIFE = Duration.ofSeconds(60);

    private static final Duration MOST_LIFE = Duration.ofDays(1);

    /** What a request may take between being given a token and being looked at. */
    private static final Duration MARGIN = Duration.ofSeconds(10);

    private static final String CLIENT = "varve";
    private static final int OK = 200;
    private static final int BAD_REQUEST = 400;
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final int METHOD_NOT_ALLOWED = 405;
    private static final int TOO_MANY = 429;
    private static final int SERVER_ERROR = 500;

    private final TokenTransport transport;
    private final InstantSource clock;

    /**
     * What the realm gave.
     *
     * @param refreshToken which is to be used from now on instead of the one that was sent; null for the same
     */
    record Issued(Token token, @Nullable String refreshToken) {}

    TokenEndpoint(TokenTransport transport, InstantSource clock) {
        this.transport = transport;
        this.clock = clock;
    }

    /**
     * @param realm of {@code wanted}
     * @param registry which named the realm
     * @throws Failure (as the failed future) Unauthorized when the realm refuses us, Invalid when it gives no token
     */
    Future<Issued> token(
            URI realm, Demand.Bearer wanted, URI registry, Access access, Optional<Credential> credential) {
        return switch (credential.orElse(null)) {
            case null -> get(realm, wanted, registry, access, null, "anonymous");
            case Credential.Basic basic -> get(realm, wanted, registry, access, basic, basic.toString());
            case Credential.RefreshToken refresh -> post(realm, wanted, registry, access, refresh);
            case Credential.BearerToken _ ->
                throw new IllegalStateException("a token is not exchanged for another one");
        };
    }

    private Future<Issued> get(
            URI realm, Demand.Bearer wanted, URI registry, Access access, Credential.@Nullable Basic user, String who) {
        List<String> parameters = new ArrayList<>();
        if (!wanted.service().isEmpty()) {
            parameters.add(parameter("service", wanted.service()));
        }
        wanted.scope().each().forEach(scope -> parameters.add(parameter("scope", scope)));
        URI asked = withQuery(realm, String.join("&", parameters));
        Optional<String> authorization =
                user == null ? Optional.empty() : Optional.of(Authorization.basic(user.user(), user.password()));
        List<String> secrets = user == null
                ? List.of()
                : List.of(user.password(), Authorization.encoded(user.user(), user.password()));
        return transport
                .get(asked, registry, access, authorization)
                .map(answer ->
                        new Issued(read(answer, realm, wanted, who, secrets).token(), null));
    }

    private Future<Issued> post(
            URI realm, Demand.Bearer wanted, URI registry, Access access, Credential.RefreshToken refresh) {
        Map<String, String> form = new LinkedHashMap<>();
        form.put("grant_type", "refresh_token");
        form.put("client_id", CLIENT);
        if (!wanted.service().isEmpty()) {
            form.put("service", wanted.service());
        }
        if (!wanted.scope().each().isEmpty()) {
            form.put("scope", wanted.scope().text());
        }
        form.put("refresh_token", refresh.token());
        String body = String.join(
                "&",
                form.entrySet().stream()
                        .map(each -> parameter(each.getKey(), each.getValue()))
                        .toList());
        return transport.post(realm, registry, access, body).compose(answer -> {
            boolean unknown = answer.status() == NOT_FOUND || answer.status() == METHOD_NOT_ALLOWED;
            // Never as nobody instead: a token for nobody would pass for ours.
            if (unknown && !refresh.user().isEmpty()) {
                Credential.Basic user = new Credential.Basic(refresh.user(), refresh.token());
                return get(realm, wanted, registry, access, user, refresh.toString());
            }
            List<String> secrets = List.of(refresh.token(), Authorization.encoded(refresh.user(), refresh.token()));
            return Future.succeededFuture(read(answer, realm, wanted, refresh.toString(), secrets));
        });
    }

    private Issued read(
            TokenTransport.Answer answer, URI realm, Demand.Bearer wanted, String who, List<String> secrets) {
        try {
            return read(answer, wanted, who, secrets);
        } catch (Failure e) {
            throw e.during("ask " + realm.getScheme() + "://" + realm.getAuthority() + " for a token");
        }
    }

    private Issued read(TokenTransport.Answer answer, Demand.Bearer wanted, String who, List<String> secrets) {
        if (answer.status() != OK) {
            throw refused(answer, who, secrets);
        }
        JsonNode body;
        try {
            body = Json.read(answer.body(), answer.body().length);
        } catch (Failure e) {
            // The reason would show a part of what may be a token.
            throw Failure.invalid("got " + answer.body().length + " bytes, wanted a JSON object with a token");
        }
        String value = text(body, "token");
        if (value.isEmpty()) {
            value = text(body, "access_token");
        }
        if (value.isEmpty()) {
            throw Failure.invalid("got no token, wanted one in token or access_token");
        }
        Authorization.bearer(value);
        String renewed = text(body, "refresh_token");
        return new Issued(token(value, body, wanted), renewed.isEmpty() ? null : renewed);
    }

    private Token token(String value, JsonNode body, Demand.Bearer wanted) {
        Instant now = clock.instant();
        Duration said = said(body.path("expires_in"));
        Duration life = said.compareTo(LEAST_LIFE) < 0 ? LEAST_LIFE : said;
        Instant issued = issued(text(body, "issued_at"), now, life);
        return new Token(value, wanted, issued.plus(life).minus(MARGIN));
    }

    private static Duration said(JsonNode expiresIn) {
        if (!expiresIn.isNumber() || expiresIn.doubleValue() <= 0) {
            return LEAST_LIFE;
        }
        // A double that is too large for a long becomes the largest of them.
        return Duration.ofSeconds(Math.min((long) expiresIn.doubleValue(), MOST_LIFE.toSeconds()));
    }

    /** By which a token would be over now, or is not issued yet, tells of nothing but another clock. */
    private static Instant issued(String text, Instant now, Duration life) {
        if (text.isEmpty()) {
            return now;
        }
        try {
            Instant issued = OffsetDateTime.parse(text).toInstant();
            boolean plausible =
                    !issued.isAfter(now) && now.isBefore(issued.plus(life).minus(MARGIN));
            return plausible ? issued : now;
        } catch (DateTimeException e) {
            return now;
        }
    }

    private static Failure refused(TokenTransport.Answer answer, String who, List<String> secrets) {
        int status = answer.status();
        String told = ErrorBody.told(answer.body(), secrets);
        String wrong = "got " + status + (told.isEmpty() ? "" : " (" + told + ")") + " as " + who + ", wanted " + OK;
        return Failure.of(
                switch (status) {
                    case BAD_REQUEST, UNAUTHORIZED, FORBIDDEN -> Category.UNAUTHORIZED;
                    case TOO_MANY -> Category.UNAVAILABLE;
                    default -> status >= SERVER_ERROR ? Category.UNAVAILABLE : Category.INVALID;
                },
                wrong);
    }

    private static URI withQuery(URI realm, String more) {
        String text = realm.toString();
        int fragment = text.indexOf('#');
        String asked = fragment < 0 ? text : text.substring(0, fragment);
        if (more.isEmpty()) {
            return URI.create(asked);
        }
        return URI.create(asked + (realm.getRawQuery() == null ? "?" : "&") + more);
    }

    private static String parameter(String name, String value) {
        return name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    private static String text(JsonNode body, String name) {
        return body.path(name).isTextual() ? body.path(name).textValue() : "";
    }
}
