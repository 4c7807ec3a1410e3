package io.varve.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Names out of an image, which are bytes, for people and for programs. */
final class Names {
    private static final Pattern ESCAPE = Pattern.compile("\\\\x[0-9a-f]{2}");

    private Names() {}

    /**
     * For a terminal: what is UTF-8 and printable as it is, all else, the backslash too, as {@code \xHH}, so that nothing
     * in an image can move the cursor, and the bytes can be had back.
     */
    static String printable(byte[] name) {
        if (isPlain(name)) {
            return new String(name, US_ASCII);
        }
        String text = decoded(name);
        StringBuilder out = new StringBuilder(name.length);
        if (text != null) {
            text.codePoints().forEach(c -> append(out, c));
        } else {
            for (byte each : name) {
                if (each > 0x20 && each < 0x7f && each != '\\') {
                    out.append((char) each);
                } else {
                    out.append(String.format("\\x%02x", each & 0xff));
                }
            }
        }
        return out.toString();
    }

    /** Nearly every name is. */
    private static boolean isPlain(byte[] name) {
        for (byte each : name) {
            if (each < ' ' || each > '~' || each == '\\') {
                return false;
            }
        }
        return true;
    }

    /** The other way: a path as a user gives it, with {@code \\xHH} for any byte. */
    static byte[] parse(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Matcher escape = ESCAPE.matcher(text);
        int from = 0;
        while (escape.find()) {
            bytes.writeBytes(text.substring(from, escape.start()).getBytes(UTF_8));
            bytes.write(HexFormat.fromHexDigits(escape.group(), 2, 4));
            from = escape.end();
        }
        bytes.writeBytes(text.substring(from).getBytes(UTF_8));
        return bytes.toByteArray();
    }

    private static void append(StringBuilder out, int c) {
        boolean printable = c != '\\' && !Character.isISOControl(c) && Character.getType(c) != Character.FORMAT;
        if (printable) {
            out.appendCodePoint(c);
        } else {
            for (byte each : Character.toString(c).getBytes(UTF_8)) {
                out.append(String.format("\\x%02x", each & 0xff));
            }
        }
    }

    private static @Nullable String decoded(byte[] name) {
        try {
            return UTF_8.newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(name))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }
}
