package io.varve.bus;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Notices a peer that gives nothing, or next to nothing, while bytes are wanted of it. Time in which none are wanted does
 * not count. Owned by one context.
 */
public final class Pace {
    private static final long SECOND = 1_000_000_000L;

    private final LongSupplier clock;
    private final long idleNanos;
    private final long windowNanos;
    private final long leastRate;
    private final String setting;

    // When the current wanting began, or the last bytes came in it.
    private long since;
    private boolean wanting;

    // Of the current window.
    private long wantedNanos;
    private long bytes;

    /**
     * @param clock as {@link System#nanoTime}
     * @param idle the longest without a byte
     * @param window of wanting, each of which is judged by itself
     * @param leastRate bytes a second in a window; 0 for any
     * @param setting that says so
     */
    public Pace(LongSupplier clock, Duration idle, Duration window, long leastRate, String setting) {
        this.clock = clock;
        idleNanos = idle.toNanos();
        windowNanos = window.toNanos();
        this.leastRate = leastRate;
        this.setting = setting;
    }

    public void wanted() {
        if (!wanting) {
            wanting = true;
            since = clock.getAsLong();
        }
    }

    public boolean isWanting() {
        return wanting;
    }

    /** Of those that were wanted. */
    public void received(long count) {
        long now = clock.getAsLong();
        wantedNanos += now - since;
        wanting = false;
        bytes += count;
    }

    /** What is wrong with the peer, if anything. */
    public Optional<String> verdict() {
        if (!wanting) {
            return Optional.empty();
        }
        long waited = clock.getAsLong() - since;
        if (waited >= idleNanos) {
            return Optional.of("no byte for " + waited / SECOND + " s");
        }
        if (wantedNanos + waited >= windowNanos) {
            // Not in whole numbers: those of nanoseconds have no room for ten gigabytes.
            long rate = (long) ((double) bytes * SECOND / (wantedNanos + waited));
            if (rate < leastRate) {
                return Optional.of(
                        "rate: got " + rate + " bytes a second, wanted " + leastRate + " or more (" + setting + ")");
            }
            wantedNanos = -waited;
            bytes = 0;
        }
        return Optional.empty();
    }
}
