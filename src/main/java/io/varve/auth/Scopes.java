package io.varve.auth;

import io.varve.failure.Failure;
import io.varve.oci.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/** All that a caller may do. Immutable. */
public final class Scopes {
    public static final Scopes ALL = new Scopes(
            Arrays.stream(Action.values()).map(action -> new Scope(action, "")).toList());

    public static final Scopes NONE = new Scopes(List.of());

    private final List<Scope> all;

    private Scopes(List<Scope> all) {
        this.all = List.copyOf(all);
    }

    /** As a token says them. Those that nobody knows here are for somebody else, and allow nothing. */
    static Scopes known(Collection<String> texts) {
        return new Scopes(
                texts.stream().flatMap(text -> Scope.parse(text).stream()).toList());
    }

    /**
     * As settings say them.
     *
     * @throws Failure Invalid for one that is none
     */
    public static Scopes of(Collection<String> texts) {
        return new Scopes(texts.stream()
                .map(text -> Scope.parse(text)
                        .orElseThrow(() -> Failure.invalid("scope: got " + text
                                + ", wanted ACTION or ACTION:PREFIX, such as read:registry.example/team")))
                .toList());
    }

    Scopes and(Scopes others) {
        return new Scopes(Stream.concat(all.stream(), others.all.stream()).toList());
    }

    private Stream<Scope> with(Action action) {
        return all.stream().filter(scope -> scope.action() == action);
    }

    /** Whether he may do it to anything at all. */
    public boolean allow(Action action) {
        return with(action).findAny().isPresent();
    }

    /** Whether he may do it to everything, to what has no name too. */
    public boolean allowAll(Action action) {
        return with(action).anyMatch(Scope::isUnlimited);
    }

    /** @param name normalised; its tag makes no difference, and its digest is not looked at */
    public boolean allow(Action action, Reference name) {
        String text = name.name() + ":";
        return beginnings(action).anyMatch(text::startsWith);
    }

    private Stream<String> beginnings(Action action) {
        return with(action).flatMap(scope -> scope.beginnings().stream());
    }

    /**
     * How the names begin that he may do it to: each of them begins with exactly one of these, in the order in which names are sorted.
     *
     * @param within only names that begin so
     */
    public List<String> beginnings(Action action, String within) {
        List<String> wanted = beginnings(action)
                .filter(each -> each.startsWith(within) || within.startsWith(each))
                .map(each -> each.length() < within.length() ? within : each)
                .sorted()
                .toList();
        List<String> apart = new ArrayList<>();
        for (String each : wanted) {
            // Whatever begins like another one comes right behind it, or behind more of the kind.
            if (apart.isEmpty() || !each.startsWith(apart.getLast())) {
                apart.add(each);
            }
        }
        return apart;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Scopes scopes && all.equals(scopes.all);
    }

    @Override
    public int hashCode() {
        return all.hashCode();
    }

    @Override
    public String toString() {
        return all.toString();
    }
}
