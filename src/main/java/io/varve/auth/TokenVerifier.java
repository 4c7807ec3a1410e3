package io.varve.auth;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Json;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Set;

/**
 * Tokens in, callers out: signed JWTs in the compact form (RFC 7515, section 5.2; RFC 7519, section 7.2), by the advice of RFC 8725.
 * The keys say which algorithm is theirs, so that a token cannot choose (3.1); all that is signed is checked before any of it is
 * believed. What is wrong is said without anything of the token. Immutable; any thread; takes less than a millisecond.
 */
public final class TokenVerifier {
    /** Characters of one. */
    public static final int MOST = 8 << 10;

    /** Other kinds of tokens that the same issuer signs say so (RFC 8725, section 3.11). */
    private static final Set<String> TYPES = Set.of("jwt", "at+jwt", "application/jwt", "application/at+jwt");

    private final TokenKeys keys;
    private final TokenRules rules;
    private final InstantSource clock;

    public TokenVerifier(TokenKeys keys, TokenRules rules, InstantSource clock) {
        this.keys = keys;
        this.rules = rules;
        this.clock = clock;
    }

    /**
     * A token that was good when it was looked at.
     *
     * @param until it is
     */
    public record Verified(Caller caller, Instant until) {}

    /** @throws Failure Unauthorized when it is not good */
    public Verified verify(String token) {
        try {
            if (token.length() > MOST) {
                throw Failure.invalid("got " + token.length() + " characters, wanted at most " + MOST);
            }
            String[] parts = token.split("\\.", -1);
            if (parts.length != 3) {
                throw Failure.invalid("wanted a signed JWT: three parts with dots between them");
            }
            TokenKey key = key(json(parts[0], "header"));
            byte[] signed = token.substring(0, parts[0].length() + 1 + parts[1].length())
                    .getBytes(US_ASCII);
            if (!key.verifies(signed, Base64Url.decode(parts[2], "signature"))) {
                throw Failure.invalid("the signature is not that of its key");
            }
            return new Claims(json(parts[1], "claims"), rules).verified(clock.instant());
        } catch (Failure e) {
            throw Failure.of(Category.UNAUTHORIZED, e.wrong()).during("token");
        }
    }

    private TokenKey key(ObjectNode header) {
        if (header.has("crit")) {
            throw Failure.invalid("crit: wanted none, as nothing is understood that it could name");
        }
        JsonNode type = header.path("typ");
        if (!type.isMissingNode() && !TYPES.contains(type.asText().toLowerCase(Locale.ROOT))) {
            throw Failure.invalid("typ: wanted JWT or at+jwt");
        }
        JsonNode id = header.path("kid");
        if (!id.isMissingNode() && !id.isTextual()) {
            throw Failure.invalid("kid: wanted a text");
        }
        Algorithm algorithm = Algorithm.of(header.path("alg").asText())
                .orElseThrow(() -> Failure.invalid("alg: wanted HS256, RS256, ES256 or EdDSA"));
        return keys.find(id.asText(), algorithm);
    }

    private static ObjectNode json(String part, String name) {
        byte[] bytes = Base64Url.decode(part, name);
        try {
            return Json.read(bytes, MOST);
        } catch (Failure e) {
            // What it says shows a part of what was read.
            throw Failure.invalid(name + ": wanted a JSON object without a name that is there twice");
        }
    }
}
