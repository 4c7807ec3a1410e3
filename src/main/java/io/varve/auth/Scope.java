package io.varve.auth;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An action, on all images or on those whose names begin so, whole components at a time: {@code pull}, {@code read:registry.example},
 * {@code read:registry.example/team}, {@code write:registry.example/team/}.
 *
 * @param prefix of names in full, without tag; empty for all images. With a slash at the end only what is below it is meant
 */
record Scope(Action action, String prefix) {
    private static final int MOST = 1024;

    /** A registry, and what may follow it; what matches and names nothing does no harm. */
    private static final Pattern PREFIX =
            Pattern.compile("(?:[A-Za-z0-9.-]+|\\[[0-9A-Fa-f:]+])(?::[0-9]+)?(?:/[a-z0-9._/-]*)?");

    /** Empty when it is none of ours. */
    static Optional<Scope> parse(String text) {
        int colon = text.indexOf(':');
        String word = colon < 0 ? text : text.substring(0, colon);
        String prefix = colon < 0 ? "" : text.substring(colon + 1);
        return Action.of(word)
                .filter(action -> colon < 0
                        || (action.ofImages()
                                && prefix.length() <= MOST
                                && PREFIX.matcher(prefix).matches()))
                .map(action -> new Scope(action, prefix));
    }

    boolean isUnlimited() {
        return prefix.isEmpty();
    }

    /**
     * How the names with their tags begin that are meant, and no others: behind a repository stands the colon of a tag, or the slash of
     * one below it; behind a registry only a slash, since a colon there makes it another one.
     */
    List<String> beginnings() {
        if (prefix.isEmpty() || prefix.endsWith("/")) {
            return List.of(prefix);
        }
        return prefix.indexOf('/') < 0 ? List.of(prefix + "/") : List.of(prefix + "/", prefix + ":");
    }
}
