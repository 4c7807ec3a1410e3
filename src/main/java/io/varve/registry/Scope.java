package io.varve.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a token is to allow, in the words of the distribution specification: {@code repository:library/debian:pull}.
 *
 * @param text several are separated by spaces; empty for nothing in particular
 */
record Scope(String text) {
    static final Scope NONE = new Scope("");

    private static final String REPOSITORY = "repository:";

    static Scope pull(String repository) {
        return new Scope(REPOSITORY + repository + ":pull");
    }

    static Scope push(String repository) {
        return new Scope(REPOSITORY + repository + ":pull,push");
    }

    /** All that either allows: one scope for each resource, in their order, with its actions in theirs. */
    Scope with(Scope other) {
        Map<String, Set<String>> actions = new TreeMap<>();
        addTo(actions);
        other.addTo(actions);
        List<String> all = new ArrayList<>();
        actions.forEach((resource, allowed) ->
                all.add(allowed.isEmpty() ? resource : resource + ":" + String.join(",", allowed)));
        return new Scope(String.join(" ", all));
    }

    private void addTo(Map<String, Set<String>> actions) {
        for (String each : each()) {
            int colon = each.lastIndexOf(':');
            // A scope of a single word, as some registries have it, is nobody's action.
            String resource = colon < 0 ? each : each.substring(0, colon);
            Set<String> allowed = actions.computeIfAbsent(resource, _ -> new TreeSet<>());
            if (colon >= 0) {
                allowed.addAll(List.of(each.substring(colon + 1).split(",", -1)));
            }
        }
    }

    List<String> each() {
        return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+", -1));
    }

    /** The one repository that this is about; empty when it is about none, or several. */
    String repository() {
        List<String> each = each();
        if (each.size() != 1 || !text.startsWith(REPOSITORY)) {
            return "";
        }
        int end = text.lastIndexOf(':');
        return end < REPOSITORY.length() ? "" : text.substring(REPOSITORY.length(), end);
    }
}
