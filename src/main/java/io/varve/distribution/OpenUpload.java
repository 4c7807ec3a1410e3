package io.varve.distribution;

import io.netty.buffer.ByteBuf;
import io.varve.content.Deposit;
import io.varve.oci.Reference;
import io.varve.store.Session;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * A blob that is being uploaded, by one request after the other. Its bytes are a worker's, one at a time; the rest belongs to the event
 * loop.
 */
final class OpenUpload {
    private static final int MOST_REQUESTS = 16;

    private final String id;
    private final Reference repository;
    private final Session session;
    private final Deposit deposit;
    private final UploadLimits limits;
    // Bytes of all uploads.
    private final AtomicLong all;

    // Written by workers, one after the other.
    private volatile long position;
    private volatile boolean broken;

    // Of the request that came last: fails when another one comes.
    private Promise<Void> until = Promise.promise();
    // Completes when no request is at it any more; how many are, or wait to be; and when the last one ended, in
    // nanoseconds of the system.
    private Future<Boolean> last = Future.succeededFuture(true);
    private int requests;
    private long touched = System.nanoTime();
    private boolean ended;

    OpenUpload(String id, Reference repository, Session session, Deposit deposit, UploadLimits limits, AtomicLong all) {
        this.id = id;
        this.repository = repository;
        this.session = session;
        this.deposit = deposit;
        this.limits = limits;
        this.all = all;
    }

    String id() {
        return id;
    }

    Reference repository() {
        return repository;
    }

    Session session() {
        return session;
    }

    Deposit deposit() {
        return deposit;
    }

    /** Of the bytes that were taken. */
    long position() {
        return position;
    }

    /** Whether nobody can go on with it. */
    boolean isBroken() {
        return broken;
    }

    /** On a worker. */
    void accept(ByteBuf borrowed) {
        int count = borrowed.readableBytes();
        long before = position;
        if (count > limits.bytes() - before) {
            broken = true;
            throw Refusal.uploadTooLarge(limits.bytes());
        }
        if (all.addAndGet(count) > limits.openBytes()) {
            all.addAndGet(-count);
            throw Refusal.manyUploads("bytes of uploads that have not ended", "limits.openUploadBytes");
        }
        position = before + count;
        boolean taken = false;
        try {
            deposit.accept(borrowed);
            taken = true;
        } finally {
            if (!taken) {
                broken = true;
            }
        }
    }

    /**
     * Does this when nobody else is at it, who is asked to stop: whoever comes back after his connection was cut may be here before
     * that was noticed.
     *
     * @param work is told when it has to stop in turn
     * @return fails as taken where so many are at it or wait already: each is answered on the stack of the one before
     */
    <T> Future<T> alone(Function<Future<?>, Future<T>> work) {
        return requests < MOST_REQUESTS ? inTurn(work) : Future.failedFuture(Refusal.uploadTaken());
    }

    /** The same, however many wait. */
    <T> Future<T> inTurn(Function<Future<?>, Future<T>> work) {
        until.tryFail(Refusal.uploadTaken());
        Promise<Void> mine = Promise.promise();
        until = mine;
        requests++;
        Future<T> done = last.compose(
                        before -> ended ? Future.failedFuture(Refusal.uploadUnknown(id)) : work.apply(mine.future()))
                .andThen(end -> {
                    requests--;
                    touched = System.nanoTime();
                });
        last = done.transform(end -> Future.succeededFuture(true));
        return done;
    }

    /** Nobody begins anything with it any more. To be called {@link #alone}. */
    void end() {
        ended = true;
    }

    boolean isEnded() {
        return ended;
    }

    /** For how long nobody has been at it, in nanoseconds; 0 while somebody is. */
    long idle(long now) {
        return requests > 0 ? 0 : now - touched;
    }

    /** What it holds is given back; on a worker, after its {@link #end}. */
    void close() {
        all.addAndGet(-position);
        deposit.close();
    }
}
