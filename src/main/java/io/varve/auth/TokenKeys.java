package io.varve.auth;

import com.fasterxml.jackson.databind.JsonNode;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The keys that tokens are verified with (RFC 7517, section 5). Those of kinds that are none of ours are left out, as are those for
 * other uses; so a set of many issuers' keys may be taken as it is. Immutable.
 */
public final class TokenKeys {
    /** Bytes of a set of keys. */
    public static final int MOST_BYTES = 1 << 20;

    private final List<TokenKey> keys;

    private TokenKeys(List<TokenKey> keys) {
        this.keys = List.copyOf(keys);
    }

    /**
     * @param jwks as JSON
     * @throws Failure Invalid when it is no set of keys, when there is none for us in it, and when one of those is weak or broken
     */
    public static TokenKeys read(byte[] jwks) {
        JsonNode set = json(jwks).path("keys");
        if (!set.isArray()) {
            throw Failure.invalid("wanted a set of JSON Web Keys, {\"keys\": [...]}");
        }
        List<TokenKey> keys = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (JsonNode each : set) {
            TokenKey.read(each).ifPresent(key -> {
                if (!names.add(key.toString())) {
                    throw Failure.invalid("got " + key + " twice");
                }
                keys.add(key);
            });
        }
        if (keys.isEmpty()) {
            throw Failure.invalid("got no key for HS256, RS256, ES256 (P-256) or EdDSA (Ed25519) in it");
        }
        return new TokenKeys(keys);
    }

    private static JsonNode json(byte[] jwks) {
        try {
            return Json.read(jwks, MOST_BYTES);
        } catch (Failure e) {
            // What it says may show a part of a secret.
            throw Failure.invalid("wanted a JSON object without a name that is there twice, of at most " + MOST_BYTES
                    + " bytes, got " + jwks.length + " bytes");
        }
    }

    /**
     * The one key that a token can have been signed with.
     *
     * @param id as the token names it; empty when it names none, and then there must be only one key for the algorithm
     * @throws Failure Unauthorized when there is none
     */
    TokenKey find(String id, Algorithm algorithm) {
        List<TokenKey> found = keys.stream()
                .filter(key -> key.algorithm() == algorithm)
                .filter(key -> id.isEmpty() || key.id().equals(id))
                .toList();
        if (found.size() != 1) {
            throw Failure.of(
                    Category.UNAUTHORIZED,
                    id.isEmpty()
                            ? "got no kid, and " + found.size() + " keys are for " + algorithm
                            : "there is no key of its kid for " + algorithm);
        }
        return found.getFirst();
    }

    /** Verifies something with each of them, so that nobody waits for classes to be loaded when a token comes. */
    public void rehearse() {
        byte[] nothing = new byte[64];
        keys.forEach(key -> {
            boolean _ = key.verifies(nothing, nothing);
        });
    }
}
