package io.varve.job;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import org.jspecify.annotations.Nullable;

/** Counts the changes of something, and wakes those who wait for the next one. Any thread. */
final class Pulse {
    // Guarded by this.
    private long beats;
    private @Nullable Promise<Void> next;

    synchronized long beats() {
        return beats;
    }

    /** @return the number of this change */
    long beat() {
        Promise<Void> waited;
        long number;
        synchronized (this) {
            number = ++beats;
            waited = next;
            next = null;
        }
        if (waited != null) {
            waited.complete();
        }
        return number;
    }

    /** Completes, on any thread, when there was a change behind that one. */
    synchronized Future<Void> after(long known) {
        if (beats > known) {
            return Future.succeededFuture();
        }
        Promise<Void> waited = next;
        if (waited == null) {
            waited = Promise.promise();
            next = waited;
        }
        return waited.future();
    }
}
