package io.varve.registry;

import io.varve.failure.Failure;

/** Who somebody is to a registry. Its text never shows the secret. */
public sealed interface Credential {

    /** A user with a password or a personal access token. */
    record Basic(String user, String password) implements Credential {
        @Override
        public String toString() {
            return "user " + user;
        }
    }

    /**
     * An OAuth2 refresh token, which Docker calls an identity token.
     *
     * @param user whose it is; empty when that is not known
     */
    record RefreshToken(String user, String token) implements Credential {
        @Override
        public String toString() {
            return "refresh token" + (user.isEmpty() ? "" : " of user " + user);
        }
    }

    /** A token that is sent as it is, which Docker calls a registry token. */
    record BearerToken(String token) implements Credential {
        @Override
        public String toString() {
            return "bearer token";
        }
    }

    /** @throws Failure Invalid when the text is not {@code USER:PASSWORD}, without showing it */
    static Credential parse(String text) {
        int colon = text.indexOf(':');
        if (colon <= 0) {
            throw Failure.invalid("credentials: got " + text.length() + " characters, wanted USER:PASSWORD");
        }
        return new Basic(text.substring(0, colon), text.substring(colon + 1));
    }
}
