package io.varve.api;

import io.varve.failure.Failure;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** What a request asks for, as it was sent: whatever is decoded later is checked here first. */
final class Target {
    private static final int HEX = 16;
    private static final int ESCAPE = 3;

    private Target() {}

    /**
     * @param uri path and query
     * @throws Failure Invalid for characters that ought to be escaped, escapes that are none, escaped bytes that are 0 or, but for the
     *     paths of files, not UTF-8
     */
    static void check(String uri) {
        int question = uri.indexOf('?');
        String path = question < 0 ? uri : uri.substring(0, question);
        check("path", path, ImagePath.isOne(path));
        if (question >= 0) {
            check("query", uri.substring(question + 1), false);
        }
    }

    private static void check(String part, String text, boolean bytes) {
        ByteBuffer decoded = ByteBuffer.allocate(text.length());
        for (int i = 0; i < text.length(); i++) {
            char each = text.charAt(i);
            if (each <= ' ' || each > '~') {
                throw Failure.invalid(part + ": got character " + Integer.toHexString(each) + ", wanted it escaped");
            }
            if (each != '%') {
                decoded.put((byte) each);
                continue;
            }
            int high = i + 2 < text.length() ? Character.digit(text.charAt(i + 1), HEX) : -1;
            int low = i + 2 < text.length() ? Character.digit(text.charAt(i + 2), HEX) : -1;
            if (high < 0 || low < 0) {
                String escape = text.substring(i, Math.min(i + ESCAPE, text.length()));
                throw Failure.invalid(part + ": got " + escape + ", wanted %HH");
            }
            if (high == 0 && low == 0) {
                throw Failure.invalid(part + ": got %00");
            }
            decoded.put((byte) (high * HEX + low));
            i += 2;
        }
        if (!bytes) {
            requireUtf8(part, decoded.flip());
        }
    }

    private static void requireUtf8(String part, ByteBuffer bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(bytes);
        } catch (CharacterCodingException e) {
            throw Failure.invalid(part + ": got bytes that are not UTF-8");
        }
    }
}
