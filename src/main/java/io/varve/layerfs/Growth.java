package io.varve.layerfs;

import io.varve.failure.Failure;

/** How the arrays of a tree grow: by half, and never past what an {@code int} can count. */
final class Growth {
    /** As many elements as an array can have on every JVM. */
    private static final int MOST = Integer.MAX_VALUE - 8;

    private Growth() {}

    /**
     * A capacity for {@code used} elements and at least {@code more}.
     *
     * @throws Failure Exceeded when no array has that many
     */
    static int capacity(int used, int more) {
        long wanted = (long) used + more;
        if (wanted > MOST) {
            throw Failure.exceeded("elements of one table of a tree", wanted, MOST, "what an array can hold");
        }
        return (int) Math.min(MOST, wanted + (wanted >> 1) + 16);
    }
}
