package io.varve.auth;

import io.varve.failure.Failure;
import java.time.Duration;

/**
 * Whose tokens are taken, and for whom they must be.
 *
 * @param issuer {@code iss}, letter for letter
 * @param audience {@code aud}, or one of them
 * @param skew how far the issuer's clock may be off from ours
 */
public record TokenRules(String issuer, String audience, Duration skew) {
    public static final Duration SKEW = Duration.ofSeconds(60);

    private static final Duration MOST_SKEW = Duration.ofMinutes(5);

    /** @throws Failure Invalid without an issuer or an audience, or for a skew that makes times mean little */
    public TokenRules {
        if (issuer.isEmpty() || audience.isEmpty()) {
            throw Failure.invalid("http.auth.jwks: wanted http.auth.issuer and http.auth.audience with it");
        }
        if (skew.compareTo(MOST_SKEW) > 0) {
            throw Failure.invalid("http.auth.clockSkew: got " + skew.toSeconds() + "s, wanted at most "
                    + MOST_SKEW.toSeconds() + "s");
        }
    }
}
