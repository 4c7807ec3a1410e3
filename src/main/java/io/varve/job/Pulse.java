package io.varve.job;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;

/** Counts the changes of something, and wakes those who wait for the next one. Any thread. */
final class Pulse {
    // Guarded by this.
    private final Waiters waiters = new Waiters();
    private long beats;

    synchronized long beats() {
        return beats;
    }

    /** @return the number of this change */
    long beat() {
        List<Promise<Void>> woken;
        long number;
        synchronized (this) {
            number = ++beats;
            woken = waiters.release();
        }
        woken.forEach(Promise::complete);
        return number;
    }

    /** Completes, on any thread, when there was a change behind that one, unless he {@linkplain #leave leaves} before. */
    synchronized Future<Void> after(long known) {
        return beats > known ? Future.succeededFuture() : waiters.join();
    }

    synchronized void leave(Future<Void> waiter) {
        waiters.leave(waiter);
    }

    synchronized int waiting() {
        return waiters.size();
    }
}
