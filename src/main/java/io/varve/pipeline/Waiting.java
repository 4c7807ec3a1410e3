package io.varve.pipeline;

import io.varve.failure.Failure;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/** Where threads that may block meet futures. */
final class Waiting {
    private Waiting() {}

    /**
     * Begins something on a context and waits for it.
     *
     * @param wanted is cancelled when the thread is interrupted; then this returns when everything was given back, and the
     *     thread stays interrupted
     * @throws Failure what became of it
     */
    static <T> T on(Context context, Cancellation wanted, Supplier<Future<T>> work) {
        CompletableFuture<T> done = new CompletableFuture<>();
        context.runOnContext(now -> begin(work).onComplete(done::complete, done::completeExceptionally));
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return done.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                    context.runOnContext(now -> wanted.cancel());
                } catch (ExecutionException e) {
                    throw Failure.from(e.getCause() == null ? e : e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static <T> Future<T> begin(Supplier<Future<T>> work) {
        try {
            return work.get();
        } catch (Throwable thrown) {
            return Future.failedFuture(thrown);
        }
    }
}
