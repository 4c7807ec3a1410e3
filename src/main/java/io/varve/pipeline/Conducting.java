package io.varve.pipeline;

import io.varve.bus.Waiting;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Supplier;

/** Work on the conducting context, for threads that may block. */
public final class Conducting {
    private Conducting() {}

    /**
     * Begins something on a context and waits for it.
     *
     * @param wanted is cancelled when the thread is interrupted; then this returns when everything was given back, and the
     *     thread stays interrupted
     * @throws io.varve.failure.Failure what became of it
     */
    public static <T> T on(Context context, Cancellation wanted, Supplier<Future<T>> work) {
        Promise<T> done = Promise.promise();
        context.runOnContext(now -> begin(work).onComplete(done));
        return Waiting.on(done.future(), () -> context.runOnContext(now -> wanted.cancel()));
    }

    private static <T> Future<T> begin(Supplier<Future<T>> work) {
        try {
            return work.get();
        } catch (Throwable thrown) {
            return Future.failedFuture(thrown);
        }
    }
}
