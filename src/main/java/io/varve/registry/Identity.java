package io.varve.registry;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Tells credentials apart without being one: a hash, salted once a process, so that nobody guesses passwords with it.
 *
 * @param text empty for nobody
 */
record Identity(String text) {
    private static final byte[] SALT = new byte[16];

    static {
        new SecureRandom().nextBytes(SALT);
    }

    static Identity of(Optional<Credential> credential) {
        return new Identity(
                switch (credential.orElse(null)) {
                    case null -> "";
                    case Credential.Basic basic -> hash("basic", basic.user(), basic.password());
                    case Credential.RefreshToken refresh -> hash("refresh", refresh.user(), refresh.token());
                    case Credential.BearerToken bearer -> hash("bearer", "", bearer.token());
                });
    }

    private static String hash(String kind, String user, String secret) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(SALT);
            // The length keeps a user that ends like a secret begins from being another one.
            digest.update((kind + user.length() + ":" + user + secret).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
