package io.varve.distribution;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which part of a list of names a caller wants.
 *
 * @param last only names behind this one
 * @param count at most so many
 */
record Page(String last, int count) {
    /**
     * @param last null for names from the beginning on
     * @param n null for as many as there may be in one answer
     * @param most in one answer
     */
    static Page of(@Nullable String last, @Nullable String n, int most) {
        return new Page(last == null ? "" : last, n == null ? most : Math.min(number(n), most));
    }

    private static int number(String n) {
        if (!n.matches("[0-9]{1,18}")) {
            throw Refusal.pageInvalid(n);
        }
        return (int) Math.min(Long.parseLong(n), Integer.MAX_VALUE);
    }

    /** What has to be asked for to know whether there is more. */
    int asked() {
        return count == 0 ? 0 : (int) Math.min(count + 1L, Integer.MAX_VALUE);
    }

    List<String> of(List<String> found) {
        return found.subList(0, Math.min(count, found.size()));
    }

    /** The {@code Link} to what comes after; null when that is nothing. */
    @Nullable
    String link(String path, List<String> found) {
        return count == 0 || found.size() <= count
                ? null
                : "<" + path + "?n=" + count + "&last="
                        + URLEncoder.encode(found.get(count - 1), StandardCharsets.UTF_8) + ">; rel=\"next\"";
    }
}
