package io.varve.job;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Those who wait for something that happens once. Each has a future of his own, so that whoever leaves is forgotten at once, however
 * long it takes to happen. Guarded by its owner.
 */
final class Waiters {
    private final Map<Future<Void>, Promise<Void>> waiting = new LinkedHashMap<>();

    Future<Void> join() {
        Promise<Void> promise = Promise.promise();
        waiting.put(promise.future(), promise);
        return promise.future();
    }

    /** It never completes then. */
    void leave(Future<Void> waiter) {
        waiting.remove(waiter);
    }

    int size() {
        return waiting.size();
    }

    /** All that there were; they are to be completed when nothing is guarded any more. */
    List<Promise<Void>> release() {
        List<Promise<Void>> released = List.copyOf(waiting.values());
        waiting.clear();
        return released;
    }
}
