package io.varve.catalogue;

import io.varve.failure.Failure;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What somebody wants written, and what came of it. Until its end it is the writer's thread's, then its caller's. */
final class Work<T> {
    private final Function<Transaction, T> wanted;
    private @Nullable T result;
    private @Nullable Throwable thrown;
    private boolean named;

    /** What begins once this is on the disk, before anything of anybody else. */
    private @Nullable Work<?> next;

    /** Guarded by the lock of the {@link WriterThread}. */
    private boolean ended;

    Work(Function<Transaction, T> wanted) {
        this.wanted = wanted;
    }

    /** Before anybody else has it. */
    void then(Work<?> work) {
        next = work;
    }

    @Nullable
    Work<?> next() {
        return next;
    }

    /**
     * Does it within the transaction that runs.
     *
     * @throws Failure when it could not be undone, so that the whole transaction is lost
     */
    void run(Session session) {
        session.execute("SAVEPOINT work");
        Transaction transaction = new Transaction(session);
        try {
            result = wanted.apply(transaction);
            // It may have caught what was refused, and then it is not all there.
            session.execute("RELEASE work");
        } catch (Throwable e) {
            thrown = e;
            session.undo("work");
        } finally {
            named = transaction.end();
        }
    }

    /** Whether it may have changed what names lead to. */
    boolean named() {
        return named;
    }

    /** The transaction that it was in was not committed. */
    void fail(Failure failure) {
        if (thrown == null) {
            thrown = failure;
        }
    }

    void end() {
        ended = true;
    }

    boolean ended() {
        return ended;
    }

    @SuppressWarnings("NullAway") // The result is whatever the work returns, and there is one when nothing was thrown.
    T result() {
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown != null) {
            throw thrown instanceof RuntimeException runtime ? runtime : Failure.from(thrown);
        }
        return result;
    }
}
