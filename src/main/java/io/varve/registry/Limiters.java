package io.varve.registry;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToIntFunction;

/** One limiter for each host that somebody is at, or waits for: registries send us to ever new ones. Any thread. */
final class Limiters {
    private final Vertx vertx;
    private final ToIntFunction<Origin> permits;
    private final Map<Origin, Visited> visited = new ConcurrentHashMap<>();

    private record Visited(Limiter limiter, int visitors) {}

    /** @param permits how much may be under way at a host */
    Limiters(Vertx vertx, ToIntFunction<Origin> permits) {
        this.vertx = vertx;
        this.permits = permits;
    }

    /** @return completes on the caller's context when it is the caller's turn */
    Future<Limiter.Permit> acquire(Origin origin, String caller) {
        return enter(origin).acquire(caller);
    }

    /** As {@link Limiter#spare}. */
    Optional<Limiter.Permit> spare(Origin origin) {
        Optional<Limiter.Permit> permit = enter(origin).spare();
        if (permit.isEmpty()) {
            left(origin);
        }
        return permit;
    }

    private Limiter enter(Origin origin) {
        return visited.compute(
                        origin,
                        (key, there) -> there == null
                                ? new Visited(new Limiter(vertx, permits.applyAsInt(key), () -> left(key)), 1)
                                : new Visited(there.limiter, there.visitors + 1))
                .limiter;
    }

    private void left(Origin origin) {
        visited.computeIfPresent(
                origin, (key, there) -> there.visitors == 1 ? null : new Visited(there.limiter, there.visitors - 1));
    }

    int size() {
        return visited.size();
    }
}
