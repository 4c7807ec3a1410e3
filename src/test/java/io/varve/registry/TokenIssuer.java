package io.varve.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.oci.Json;
import io.vertx.core.http.HttpMethod;
import java.net.URLDecoder;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The authorisation service of a registry: gives tokens to those it knows, by {@code GET} with a user and a password, and
 * by {@code POST} with a refresh token as well. Answers for a {@link FakeServer}.
 */
final class TokenIssuer implements Function<Asked, FakeReply> {
    static final String SERVICE = "registry.test";
    static final String ISSUER = "issuer.test";

    private static final int LIFE_S = 300;

    private final UnaryOperator<String> minting;
    private final Map<String, Token> tokens = new ConcurrentHashMap<>();
    private final int uses;
    private Credential.@Nullable Basic user;
    private @Nullable String refreshToken;

    private record Token(String scope, AtomicInteger usesLeft) {}

    private TokenIssuer(int uses, UnaryOperator<String> minting) {
        this.uses = uses;
        this.minting = minting;
    }

    /** Tokens that mean nothing to anybody, and are accepted so many times. */
    static TokenIssuer opaque(int uses) {
        return new TokenIssuer(uses, scope -> "opaque-" + UUID.randomUUID());
    }

    /** Tokens that the holder of the identity has signed, as docker-registry wants them. */
    static TokenIssuer signed(CertificateAuthority.Identity identity) {
        return new TokenIssuer(Integer.MAX_VALUE, scope -> jwt(identity, scope));
    }

    /** Only this user gets tokens; without, everybody does. */
    TokenIssuer onlyFor(String name, String password) {
        user = new Credential.Basic(name, password);
        return this;
    }

    /** Only who has this gets tokens. */
    TokenIssuer onlyFor(String refresh) {
        refreshToken = refresh;
        return this;
    }

    /** How many tokens were given. */
    int issued() {
        return tokens.size();
    }

    /** Whether the request brings a token that was given for this scope and can be used once more; it then was. */
    boolean accepts(Asked asked, String scope) {
        String sent = asked.header("Authorization");
        Token token = sent == null ? null : tokens.get(sent.replaceFirst("^Bearer ", ""));
        return token != null && token.scope.equals(scope) && token.usesLeft.getAndDecrement() > 0;
    }

    @Override
    public FakeReply apply(Asked asked) {
        boolean post = asked.method().equals(HttpMethod.POST);
        int query = asked.uri().indexOf('?');
        String words =
                post ? asked.body().toString() : query < 0 ? "" : asked.uri().substring(query + 1);
        Map<String, String> parameters = new ConcurrentHashMap<>();
        for (String word : words.split("&", -1)) {
            String[] pair = word.split("=", 2);
            parameters.merge(pair[0], URLDecoder.decode(pair[pair.length - 1], UTF_8), (a, b) -> a + " " + b);
        }
        if (!(post ? knows(parameters) : knows(asked.header("Authorization")))) {
            return FakeReply.of(401, "{\"details\":\"incorrect username or password\"}")
                    .with("Content-Type", "application/json");
        }
        String scope = parameters.getOrDefault("scope", "");
        String token = minting.apply(scope);
        tokens.put(token, new Token(scope, new AtomicInteger(uses)));
        ObjectNode answer = Json.object().put("access_token", token).put("expires_in", LIFE_S);
        if (!post) {
            answer.put("token", token);
        }
        return FakeReply.of(200, Json.write(answer)).with("Content-Type", "application/json");
    }

    private boolean knows(Map<String, String> form) {
        return refreshToken != null
                ? "refresh_token".equals(form.get("grant_type")) && refreshToken.equals(form.get("refresh_token"))
                : user != null
                        && user.user().equals(form.get("username"))
                        && user.password().equals(form.get("password"));
    }

    private boolean knows(@Nullable String authorization) {
        return refreshToken == null && (user == null || basic(user).equals(authorization));
    }

    static String basic(Credential.Basic user) {
        String both = user.user() + ":" + user.password();
        return "Basic " + Base64.getEncoder().encodeToString(both.getBytes(UTF_8));
    }

    /** distribution/spec/auth/jwt: with the certificate in {@code x5c}, which is the one that the registry trusts. */
    private static String jwt(CertificateAuthority.Identity identity, String scopes) {
        ObjectNode header = Json.object().put("typ", "JWT").put("alg", "ES256");
        header.putArray("x5c").add(Base64.getEncoder().encodeToString(identity.certificate()));
        long now = Instant.now().getEpochSecond();
        ObjectNode claims = Json.object()
                .put("iss", ISSUER)
                .put("aud", SERVICE)
                .put("sub", "whoever")
                .put("iat", now)
                .put("nbf", now - 1)
                .put("exp", now + LIFE_S)
                .put("jti", UUID.randomUUID().toString());
        ArrayNode access = claims.putArray("access");
        for (String scope : scopes.isEmpty() ? List.<String>of() : List.of(scopes.split(" ", -1))) {
            String[] parts = scope.split(":", -1);
            ArrayNode actions = access.addObject()
                    .put("type", parts[0])
                    .put("name", parts[1])
                    .putArray("actions");
            List.of(parts[2].split(",", -1)).forEach(actions::add);
        }
        String signed = base64(Json.write(header)) + "." + base64(Json.write(claims));
        try {
            Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
            signature.initSign(identity.key());
            signature.update(signed.getBytes(UTF_8));
            return signed + "." + base64(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
