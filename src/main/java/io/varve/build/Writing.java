package io.varve.build;

import io.varve.failure.Failure;
import io.varve.pipeline.Cancellation;
import io.varve.pipeline.Stages;
import io.varve.store.Session;
import io.varve.store.Store;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/** The session of one build, joined when something is first written: a build that finds all of it there writes nothing. Belongs to the conducting context. */
final class Writing {
    private final Store store;
    private final Stages stages;
    private final String purpose;
    private final Cancellation going;
    private @Nullable Future<Session> joined;

    Writing(Store store, Stages stages, String purpose, Cancellation going) {
        this.store = store;
        this.stages = stages;
        this.purpose = purpose;
        this.going = going;
    }

    /** Nobody joins it for something that is not wanted any more: it may have been left. */
    Future<Session> session() {
        if (going.isCancelled()) {
            return Future.failedFuture(going.cancelled().cause());
        }
        Future<Session> known = joined;
        if (known == null) {
            known = stages.disk(() -> store.join(purpose));
            joined = known;
        }
        return going.over(known);
    }

    /**
     * Ends it. Whoever is cancelled while another process holds the store does not wait for that; the session ends when it comes.
     *
     * @return fails with what the build failed with, or because it could not end well
     */
    <T> Future<T> leave(@Nullable T made, @Nullable Throwable thrown) {
        Future<Session> known = joined;
        Future<T> outcome = thrown == null ? Future.succeededFuture(made) : Future.failedFuture(thrown);
        if (known == null) {
            return outcome;
        }
        if (!known.isComplete()) {
            known.onSuccess(late -> leave(null));
            return outcome;
        }
        return known.failed()
                ? outcome
                : leave(thrown == null ? null : Failure.from(thrown)).compose(left -> outcome);
    }

    private Future<Boolean> leave(@Nullable Failure failed) {
        return stages.disk(() -> {
            store.leave(failed);
            return true;
        });
    }
}
