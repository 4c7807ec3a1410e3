package io.varve.http;

import io.varve.bus.Pace;
import io.varve.failure.Failure;
import java.time.Duration;

/**
 * How long a server waits for whoever is connected to it.
 *
 * @param head from the moment a connection is there to the end of the first request's head
 * @param body for all of a request's body, which is small
 * @param idle for the next request, for the next bytes of a body that is large, and for a reader to take what was written: a slab at most
 * @param leastRate bytes a second of such a body, over that long of waiting for them; 0 for any
 */
public record Patience(Duration head, Duration body, Duration idle, long leastRate) {
    public static final Patience DEFAULTS =
            new Patience(Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofSeconds(60), 1024);

    /** How often somebody looks whose time is over, as a divisor of the shortest of them. */
    private static final int LOOKS = 4;

    private static final long LONGEST_PERIOD_MILLIS = 1000;

    /** @throws Failure Invalid for no time at all */
    public Patience {
        requirePositive("http.headTime", head);
        requirePositive("http.bodyTime", body);
        requirePositive("http.idleTime", idle);
    }

    private static void requirePositive(String setting, Duration time) {
        if (time.isZero() || time.isNegative()) {
            throw Failure.invalid(setting + ": got " + time.toSeconds() + "s, wanted more than that");
        }
    }

    /** Of whoever sends a body that is large. */
    public Pace pace() {
        return new Pace(System::nanoTime, idle, idle, leastRate, "http.leastRate");
    }

    public long periodMillis() {
        return Math.clamp(Math.min(head.toMillis(), idle.toMillis()) / LOOKS, 1, LONGEST_PERIOD_MILLIS);
    }
}
