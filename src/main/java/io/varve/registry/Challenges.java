package io.varve.registry;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;

/**
 * Reads {@code WWW-Authenticate} headers by the grammar of RFC 9110, section 11.6.1. Challenges and their parameters are
 * separated by the same commas, so between two of them stands one of
 *
 * <pre>
 *   scheme    scheme token68    scheme name=value    name=value    nothing
 * </pre>
 *
 * <p>Headers are a stranger's: what is wrong is never an exception. The challenge that is wrong is left out, and so is what
 * follows it in the same header, where nobody could say any more which comma separates what.
 */
final class Challenges {
    private static final int MAX_HEADER = 16 << 10;
    private static final int MAX_CHALLENGES = 16;
    private static final int MAX_PARAMETERS = 32;
    private static final int END = -1;

    private final String text;
    private int at;

    private Challenges(String text) {
        this.text = text;
    }

    /** The challenges of all headers in their order, of which there are at most 16. */
    static List<Challenge> parse(List<String> headers) {
        List<Challenge> all = new ArrayList<>();
        for (String header : headers) {
            if (header.length() <= MAX_HEADER) {
                new Challenges(header).read(all);
            }
        }
        return List.copyOf(all);
    }

    private void read(List<Challenge> into) {
        int before = into.size();
        boolean good = true;
        while (good && peek() != END && into.size() < MAX_CHALLENGES) {
            spaces();
            good = peek() == ',' || peek() == END || element(into, before);
            spaces();
            good &= peek() == ',' || peek() == END;
            at++;
        }
        if (!good && into.size() > before) {
            into.removeLast();
        }
    }

    /** @param before how many challenges the headers before this one had */
    private boolean element(List<Challenge> into, int before) {
        String word = word();
        boolean spaced = spaces();
        if (word.isEmpty()) {
            return false;
        }
        if (peek() == '=') {
            return into.size() > before && value(into.getLast(), word);
        }
        into.add(new Challenge(word, new LinkedHashMap<>()));
        if (peek() == ',' || peek() == END) {
            return true;
        }
        if (!spaced || passToken68()) {
            return spaced;
        }
        String name = word();
        spaces();
        return !name.isEmpty() && peek() == '=' && value(into.getLast(), name);
    }

    /** Nobody who may be answered here sends one. */
    private boolean passToken68() {
        int start = at;
        while (isToken68(peek())) {
            at++;
        }
        boolean some = at > start;
        while (some && peek() == '=') {
            at++;
        }
        spaces();
        if (some && (peek() == END || peek() == ',')) {
            return true;
        }
        at = start;
        return false;
    }

    /** From the equals sign on. A name that comes twice is wrong, because two readers could take one each. */
    private boolean value(Challenge challenge, String name) {
        at++;
        spaces();
        StringBuilder value = new StringBuilder();
        return (peek() == '"' ? quoted(value) : token(value))
                && challenge.parameters().size() < MAX_PARAMETERS
                && challenge.parameters().put(name, value.toString()) == null;
    }

    private boolean token(StringBuilder into) {
        while (isToken(peek())) {
            into.append(text.charAt(at++));
        }
        return !into.isEmpty();
    }

    /** Without its quotes and escapes. */
    private boolean quoted(StringBuilder into) {
        at++;
        for (int c = next(); c != '"'; c = next()) {
            if (c == '\\') {
                c = next();
            }
            if (c != '\t' && (c < ' ' || c == 0x7f)) {
                return false;
            }
            into.append((char) c);
        }
        return true;
    }

    /** The token that begins here, in lower case; empty for none. */
    private String word() {
        StringBuilder word = new StringBuilder();
        token(word);
        return word.toString().toLowerCase(Locale.ROOT);
    }

    /** Whether there were any. */
    private boolean spaces() {
        int start = at;
        while (peek() == ' ' || peek() == '\t') {
            at++;
        }
        return at > start;
    }

    private int peek() {
        return at < text.length() ? text.charAt(at) : END;
    }

    private int next() {
        int c = peek();
        at++;
        return c;
    }

    private static boolean isToken(int c) {
        return isAlphanumeric(c) || (c != END && "!#$%&'*+-.^_`|~".indexOf(c) >= 0);
    }

    private static boolean isToken68(int c) {
        return isAlphanumeric(c) || (c != END && "-._~+/".indexOf(c) >= 0);
    }

    private static boolean isAlphanumeric(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }
}
