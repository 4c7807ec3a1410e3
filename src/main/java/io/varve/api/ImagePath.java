package io.varve.api;

import io.varve.failure.Failure;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * What stands behind {@code /v1/images/} when a file is asked for: names in images are bytes, so they are decoded as such.
 *
 * @param reference of the image
 * @param file from the root of the image, without a slash in front
 */
record ImagePath(String reference, byte[] file) {
    private static final String BEFORE = "/v1/images/";
    private static final String BETWEEN = "/files";
    private static final int ESCAPE = 3;
    private static final int HEX = 16;

    /** Whether that path, as it was sent, is of a file, whose name may be any bytes. */
    static boolean isOne(String encoded) {
        int end = encoded.startsWith(BEFORE) ? encoded.indexOf('/', BEFORE.length()) : -1;
        return end >= 0
                && (encoded.startsWith(BETWEEN + "/", end)
                        || encoded.substring(end).equals(BETWEEN));
    }

    /**
     * @param encoded the path as it was sent
     * @throws Failure NotFound when it is no such path, Invalid for escapes that are none
     */
    static ImagePath parse(String encoded) {
        int end = encoded.startsWith(BEFORE) ? encoded.indexOf('/', BEFORE.length()) : -1;
        if (!isOne(encoded)) {
            throw Failure.notFound("there is nothing at " + encoded);
        }
        String rest = encoded.substring(end);
        String reference = new String(decoded(encoded.substring(BEFORE.length(), end)), StandardCharsets.UTF_8);
        String file = rest.length() == BETWEEN.length() ? "" : rest.substring(BETWEEN.length() + 1);
        return new ImagePath(reference, decoded(file));
    }

    private static byte[] decoded(String text) {
        byte[] raw = text.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(raw.length);
        for (int i = 0; i < raw.length; i++) {
            if (raw[i] != '%') {
                bytes.write(raw[i]);
            } else {
                int high = i + 2 < raw.length ? Character.digit(raw[i + 1], HEX) : -1;
                int low = i + 2 < raw.length ? Character.digit(raw[i + 2], HEX) : -1;
                if (high < 0 || low < 0) {
                    throw Failure.invalid("path: got "
                            + new String(raw, i, Math.min(ESCAPE, raw.length - i), StandardCharsets.UTF_8)
                            + ", wanted %HH");
                }
                bytes.write(high * HEX + low);
                i += 2;
            }
        }
        return bytes.toByteArray();
    }

    /** For people. */
    String shown() {
        return "/" + new String(file, StandardCharsets.UTF_8);
    }
}
