package io.varve.registry;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a registry wants to be sent before it answers, out of what it said it would take. */
sealed interface Demand {

    /** A user and a password. */
    record Basic() implements Demand {}

    /**
     * A token.
     *
     * @param realm who issues it; null when the registry did not say anything that can be asked
     * @param service what the realm calls the registry; empty when it does not matter
     * @param scope what the token has to allow
     */
    record Bearer(@Nullable URI realm, String service, Scope scope) implements Demand {
        Bearer withScope(Scope other) {
            return new Bearer(realm, service, other);
        }

        /** Whether a token that was asked for like this is also one that was asked for like that. */
        boolean covers(Bearer other) {
            return other.withScope(scope).equals(this)
                    && scope.with(other.scope).equals(scope);
        }
    }

    /**
     * The best that was offered: a token, which is short-lived and allows little, unless there is nobody to ask for one.
     *
     * @param credential who we are
     * @return empty when nothing was offered that Varve can do
     */
    static Optional<Demand> best(List<Challenge> challenges, Optional<Credential> credential) {
        boolean hasToken = credential.orElse(null) instanceof Credential.BearerToken;
        boolean basic = false;
        for (Challenge challenge : challenges) {
            basic |= challenge.scheme().equals("basic");
            if (challenge.scheme().equals("bearer")) {
                URI realm = realm(challenge.parameter("realm"));
                if (realm != null || hasToken) {
                    return Optional.of(
                            new Bearer(realm, challenge.parameter("service"), new Scope(challenge.parameter("scope"))));
                }
            }
        }
        return basic ? Optional.of(new Basic()) : Optional.empty();
    }

    /** Whether it may be asked is not decided here. */
    private static @Nullable URI realm(String text) {
        try {
            URI uri = new URI(text);
            String scheme = uri.getScheme();
            boolean http = "http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme);
            return http && Authority.of(uri).filter(each -> each.user() == null).isPresent() ? uri : null;
        } catch (URISyntaxException e) {
            return null;
        }
    }
}
