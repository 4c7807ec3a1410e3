package io.varve.registry;

/**
 * Which requests are not worth waiting for, judged by the others of the same blob: what one still has to bring would take a multiple of what a
 * whole segment usually takes. Asking for it anew costs what the server has sent in vain, so that all of it together stays a
 * small part of the blob. Owned by one context.
 */
final class Stragglers {
    /** So many times what is usual. */
    private static final int MUCH = 3;

    /** Requests that have to be done before there is anything usual. */
    private static final int FEW = 2;

    private static final double WEIGHT = 0.3;

    /** Of the blob, what may be asked for once more: an eighth. */
    private static final int SHARE = 8;

    private final long most;
    private long again;
    private int done;
    private double usualNanos;

    /** @param size of the blob */
    Stragglers(long size) {
        most = size / SHARE;
    }

    /** A segment has come whole, so long after it was asked for. */
    void done(long nanos) {
        usualNanos = done == 0 ? nanos : usualNanos + WEIGHT * (nanos - usualNanos);
        done++;
    }

    /**
     * Whether to ask somebody else for the rest; if so, it is counted.
     *
     * @param left bytes of the rest
     * @param bytesPerSecond that come of it
     * @param age since it was asked for
     */
    boolean gaveUp(long left, double bytesPerSecond, long age) {
        boolean straggles = done >= FEW && age > MUCH * usualNanos && left * 1e9 > MUCH * usualNanos * bytesPerSecond;
        if (!straggles || left > most - again) {
            return false;
        }
        again += left;
        return true;
    }

    /** Bytes that were asked for once more, at the most. */
    long again() {
        return again;
    }
}
