package io.varve.bus;

import io.varve.failure.Failure;
import io.vertx.core.Future;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Where threads that may block meet futures. */
public final class Waiting {
    private Waiting() {}

    /**
     * Waits for what becomes of it, whatever comes.
     *
     * @param interrupted what is done when the thread is interrupted; the wait goes on, and the thread stays interrupted
     * @throws Failure what became of it
     */
    public static <T> T on(Future<T> future, Runnable interrupted) {
        CompletableFuture<T> settled = future.toCompletionStage().toCompletableFuture();
        boolean wasInterrupted = false;
        try {
            while (true) {
                try {
                    return settled.get();
                } catch (InterruptedException e) {
                    wasInterrupted = true;
                    interrupted.run();
                } catch (ExecutionException e) {
                    throw Failure.from(e.getCause() == null ? e : e.getCause());
                }
            }
        } finally {
            if (wasInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
