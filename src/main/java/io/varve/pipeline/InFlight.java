package io.varve.pipeline;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Work that is going on, by what it makes: whoever wants the same waits for it and does not do it again. The work is that of
 * whoever came first. When it fails or is cancelled, the next one of those who wait does it, so nobody fails for another's
 * reasons. Nothing is remembered once it is done. Belongs to one context.
 */
final class InFlight<K, V> {
    private final Map<K, Future<V>> going = new HashMap<>();

    /**
     * @param wanted by the caller; when it is not any more, the caller waits no longer for another's work
     * @param work must look first whether somebody has done it before; heeds {@code wanted} by itself
     */
    Future<V> join(K key, Cancellation wanted, Supplier<Future<V>> work) {
        Future<V> others = going.get(key);
        if (others != null) {
            // Behind the failure of another, with this one at the head or behind yet another.
            return wanted.over(others)
                    .recover(reason -> wanted.isCancelled() ? Future.failedFuture(reason) : join(key, wanted, work));
        }
        Promise<V> own = Promise.promise();
        going.put(key, own.future());
        Future<V> made;
        try {
            made = work.get();
        } catch (Throwable thrown) {
            made = Future.failedFuture(thrown);
        }
        made.onComplete(done -> {
            going.remove(key);
            own.handle(done);
        });
        return own.future();
    }
}
