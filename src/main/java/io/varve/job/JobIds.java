package io.varve.job;

import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Names of jobs: the time in milliseconds, a number that counts within one, and chance, all in hexadecimal, so that their order is
 * that of their creation and nobody guesses another's. Any thread.
 */
final class JobIds {
    private static final Pattern FORM = Pattern.compile("[0-9a-f]{12}-[0-9a-f]{4}-[0-9a-f]{16}");
    private static final int RANDOM_BYTES = 8;
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int MOST = 0xffff;

    // Guarded by this.
    private long millis;
    private int count;

    static boolean isOne(String text) {
        return FORM.matcher(text).matches();
    }

    String next(Instant now) {
        byte[] chance = new byte[RANDOM_BYTES];
        RANDOM.nextBytes(chance);
        synchronized (this) {
            // A clock that goes back must not change the order.
            if (now.toEpochMilli() > millis) {
                millis = now.toEpochMilli();
                count = 0;
            } else if (++count > MOST) {
                millis++;
                count = 0;
            }
            HexFormat hex = HexFormat.of();
            return hex.toHexDigits(millis, 12) + "-" + hex.toHexDigits(count, 4) + "-" + hex.formatHex(chance);
        }
    }
}
