package io.varve.registry;

import io.varve.failure.Failure;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The header that says who somebody is. */
final class Authorization {
    private Authorization() {}

    static String basic(String user, String password) {
        return "Basic " + encoded(user, password);
    }

    /** User and password as Basic authentication and the configuration of Docker have them. */
    static String encoded(String user, String password) {
        return Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    /** @throws Failure Invalid when the token holds what would end the header and begin another one */
    static String bearer(String token) {
        if (token.isEmpty() || !token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw Failure.invalid("token: got one that is empty or not of visible ASCII, wanted one for a header");
        }
        return "Bearer " + token;
    }
}
