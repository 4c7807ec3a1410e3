package io.varve.registry;

import java.util.Optional;

/**
 * Notices a peer that gives nothing, or next to nothing, while bytes are wanted of it. Time in which none are wanted does
 * not count. Owned by one context.
 */
final class Pace {
    private static final long WINDOW_S = 60;
    private static final long SECOND = 1_000_000_000L;

    private final Time time;
    private final long idleNanos;
    private final long leastRate;

    // When the current wanting began, or the last bytes came in it.
    private long since;
    private boolean wanting;

    // Of the current window.
    private long wantedNanos;
    private long bytes;

    Pace(Time time, NetworkOptions network) {
        this.time = time;
        idleNanos = network.idleTimeout().toNanos();
        leastRate = network.leastRate();
    }

    void wanted() {
        if (!wanting) {
            wanting = true;
            since = time.nanos();
        }
    }

    void received(long count) {
        long now = time.nanos();
        wantedNanos += now - since;
        wanting = false;
        bytes += count;
    }

    /** What is wrong with the peer, if anything. */
    Optional<String> verdict() {
        if (!wanting) {
            return Optional.empty();
        }
        long waited = time.nanos() - since;
        if (waited >= idleNanos) {
            return Optional.of("no byte for " + waited / SECOND + " s");
        }
        if (wantedNanos + waited >= WINDOW_S * SECOND) {
            long rate = bytes * SECOND / (wantedNanos + waited);
            if (rate < leastRate) {
                return Optional.of(
                        "rate: got " + rate + " bytes a second, wanted " + leastRate + " or more (network.leastRate)");
            }
            wantedNanos = -waited;
            bytes = 0;
        }
        return Optional.empty();
    }
}
