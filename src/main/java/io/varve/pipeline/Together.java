package io.varve.pipeline;

import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
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
        Queue<Supplier<Future<?>>> waiting = new ArrayDeque<>(works);
        List<Future<Void>> running = new ArrayList<>();
        for (int i = Math.min(atOnce, works.size()); i > 0; i--) {
            running.add(next(waiting, wanted));
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

    private static Future<Void> next(Queue<Supplier<Future<?>>> waiting, Cancellation wanted) {
        Supplier<Future<?>> work = waiting.poll();
        if (work == null || wanted.isCancelled()) {
            return work == null ? Future.succeededFuture() : wanted.cancelled();
        }
        return work.get().compose(done -> next(waiting, wanted));
    }
}
