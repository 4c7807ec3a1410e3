package io.varve.auth;

/**
 * Somebody who asks.
 *
 * @param name the same for whoever is the same: issuer and subject of his token, or the subject of his certificate
 */
public record Caller(String name, Scopes scopes) {
    /** Whoever asks where nobody has to say who he is. */
    public static final Caller ANYBODY = new Caller("anonymous", Scopes.ALL);
}
