package io.varve.registry;

/** How fast the bytes of one request come. Owned by one context. */
final class Speed {
    private static final double WEIGHT = 0.2;

    private final long began;
    private long looked;
    private long bytes;
    private double rate;
    private boolean known;

    Speed(long now) {
        began = now;
        looked = now;
    }

    void came(long count) {
        bytes += count;
    }

    /** Takes account of what came since the last look, and gives that. */
    long look(long now) {
        long came = bytes;
        if (now - looked > 0) {
            double present = came * 1e9 / (now - looked);
            rate = known ? rate + WEIGHT * (present - rate) : present;
            known = true;
            looked = now;
            bytes = 0;
            return came;
        }
        return 0;
    }

    /** Bytes a second lately. */
    double rate() {
        return rate;
    }

    long age(long now) {
        return now - began;
    }
}
