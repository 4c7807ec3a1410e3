package io.varve.registry;

/** How much of the time somebody who takes bytes could have taken more than came. Owned by one context. */
final class Hunger {
    /** How much the last look counts for, beside those before. */
    private static final double WEIGHT = 0.3;

    /**
     * The part of the time that shows that the bytes are what is waited for. What came before its turn is taken in bursts, so
     * that even the hungriest are busy for a while.
     */
    private static final double STARVING = 0.4;

    private double share;
    private long looked;
    private long busyNanos;
    private long busySince;
    private boolean busy;

    Hunger(long now) {
        looked = now;
    }

    /** What to take for true until it is known better. */
    void assume(boolean starving) {
        share = starving ? 1 : 0;
    }

    /** No more is taken, until {@link #open}. */
    void sated(long now) {
        busy = true;
        busySince = now;
    }

    void open(long now) {
        if (busy) {
            busy = false;
            busyNanos += now - busySince;
        }
    }

    /** Looks at the time since this was asked the last time. */
    void look(long now) {
        if (busy) {
            busyNanos += now - busySince;
            busySince = now;
        }
        if (now - looked > 0) {
            double free = 1 - (double) busyNanos / (now - looked);
            share += WEIGHT * (free - share);
        }
        looked = now;
        busyNanos = 0;
    }

    boolean isStarving() {
        return share >= STARVING;
    }
}
