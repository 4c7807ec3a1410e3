package io.varve.loadtest.simulation;

import java.util.concurrent.TimeUnit;

/** So many bytes a second and no more, from when it is made. By one thread, which waits. */
final class Pace {
    static final int BYTES = 20_000;

    private final long began = System.nanoTime();
    private long passed;

    /** Returns when so many bytes more may pass. */
    void pass(int bytes) throws InterruptedException {
        passed += bytes;
        long due = began + passed * TimeUnit.SECONDS.toNanos(1) / BYTES;
        long wait = due - System.nanoTime();
        if (wait > 0) {
            TimeUnit.NANOSECONDS.sleep(wait);
        }
    }

    long passed() {
        return passed;
    }

    double seconds() {
        return (System.nanoTime() - began) / 1e9;
    }
}
