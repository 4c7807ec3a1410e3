package io.varve.pipeline;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.Promise;

/** Whether something that is going on is still wanted. It is cancelled on the conducting context, at any instant, and may be asked by any thread. */
public final class Cancellation {
    private final Promise<Void> cancelled = Promise.promise();

    /** Something that is not wanted any more either when this is not, and may end before. */
    public Cancellation part() {
        Cancellation part = new Cancellation();
        cancelled.future().onFailure(part.cancelled::tryFail);
        return part;
    }

    public void cancel() {
        cancel(Failure.of(Category.CANCELLED, "interrupted"));
    }

    public void cancel(Throwable reason) {
        cancelled.tryFail(reason);
    }

    public boolean isCancelled() {
        return cancelled.future().failed();
    }

    /**
     * For work that blocks, now and then.
     *
     * @throws Failure Cancelled when it is
     */
    public void check() {
        if (isCancelled()) {
            throw Failure.of(Category.CANCELLED, "cancelled");
        }
    }

    /** Fails when it is cancelled; never succeeds. */
    public Future<Void> cancelled() {
        return cancelled.future();
    }

    /** The future, or the end of waiting for it. */
    public <T> Future<T> over(Future<T> future) {
        Promise<T> first = Promise.promise();
        future.onComplete(done -> {
            if (done.succeeded()) {
                first.tryComplete(done.result());
            } else {
                first.tryFail(done.cause());
            }
        });
        cancelled.future().onFailure(first::tryFail);
        return first.future();
    }
}
