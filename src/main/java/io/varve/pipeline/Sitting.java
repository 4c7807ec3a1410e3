package io.varve.pipeline;

import io.varve.failure.Failure;
import io.varve.store.Session;
import io.varve.store.Store;
import io.vertx.core.Future;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Work in a session of a store that blocks nobody. */
public final class Sitting {
    private Sitting() {}

    /**
     * Called on the conducting context. Whoever is cancelled while another process holds the store does not wait for that; the
     * session ends when it comes.
     *
     * @param purpose in words, for whoever has to wait
     * @return completes when the session has ended, or is another's
     */
    public static <T> Future<T> in(
            Store store, Stages stages, String purpose, Cancellation wanted, Function<Session, Future<T>> work) {
        Future<Session> joining = stages.disk(() -> store.join(purpose));
        return wanted.over(joining)
                .recover(thrown -> {
                    joining.onSuccess(late -> leave(store, stages, null));
                    return Future.failedFuture(thrown);
                })
                .compose(session -> work.apply(session).transform((made, thrown) -> {
                    Failure failed = thrown == null ? null : Failure.from(thrown);
                    return leave(store, stages, failed)
                            .compose(left ->
                                    failed == null ? Future.succeededFuture(made) : Future.failedFuture(failed));
                }));
    }

    /**
     * The job has ended for this reason, and its lease runs out by itself. Blocks.
     *
     * @param failed hears if that could not be recorded
     */
    public static void abandon(Session session, long job, Throwable failed) {
        try {
            session.write(transaction -> {
                transaction.end(job);
                return true;
            });
        } catch (Failure e) {
            failed.addSuppressed(e);
        }
    }

    private static Future<Boolean> leave(Store store, Stages stages, @Nullable Failure failed) {
        return stages.disk(() -> {
            store.leave(failed);
            return true;
        });
    }
}
