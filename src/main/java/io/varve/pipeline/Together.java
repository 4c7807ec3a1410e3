package io.varve.pipeline;

import io.varve.bus.InTurn;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;

/** Several things done at once, all or none of which are wanted. */
public final class Together {
    private Together() {}

    /**
     * Does them in their order, so many at once. Called on the conducting context.
     *
     * @param wanted what they heed: cancelled by the first failure, which stops the others
     * @return completes when all that were begun have ended; fails with the first failure
     */
    public static Future<Void> all(List<Supplier<Future<?>>> works, int atOnce, Cancellation wanted) {
        // What each of them goes on with is what none of them has begun.
        Iterator<Supplier<Future<?>>> left = List.copyOf(works).iterator();
        List<Future<Void>> running = new ArrayList<>();
        for (int i = Math.min(atOnce, works.size()); i > 0; i--) {
            running.add(InTurn.each(() -> left, work -> wanted.isCancelled() ? wanted.cancelled() : work.get()));
        }
        List<Throwable> first = new ArrayList<>();
        for (Future<Void> each : running) {
            each.onFailure(thrown -> {
                first.add(thrown);
                wanted.cancel(thrown);
            });
        }
        return Future.join(running)
                .transform((done, thrown) ->
                        first.isEmpty() ? Future.succeededFuture() : Future.failedFuture(first.getFirst()));
    }
}
