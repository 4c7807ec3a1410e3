package io.varve.auth;

import io.varve.failure.Failure;
import java.util.Base64;

/** Bytes in base64url without padding (RFC 7515, section 2 and appendix C), in the one spelling that they have. */
final class Base64Url {
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

    private Base64Url() {}

    /** @throws Failure Invalid for any other text, which is not shown */
    static byte[] decode(String text, String what) {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(text);
            if (ENCODER.encodeToString(bytes).equals(text)) {
                return bytes;
            }
        } catch (IllegalArgumentException e) {
            // Told below, as padding and bits that say nothing are.
        }
        throw Failure.invalid(what + ": wanted base64url without padding");
    }
}
