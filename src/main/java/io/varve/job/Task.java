package io.varve.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.pipeline.Cancellation;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Work that one or several jobs wait for; it is cancelled when none of them does any more. Guarded by {@link Jobs}. */
final class Task {
    private final Object sameness;
    private final String caller;
    private final Pulse pulse = new Pulse();
    private final Facts facts = new Facts(pulse);
    private final List<LiveJob> jobs = new ArrayList<>();
    // Read by jobs on any thread.
    private volatile @Nullable Instant started;
    // Until it is begun, and until it has ended: jobs are remembered, and what they were ordered with may be large, and
    // so may what heeds
    // whether they are wanted.
    private final AtomicReference<@Nullable Work> work;

    private final AtomicReference<@Nullable Cancellation> wanted = new AtomicReference<>(new Cancellation());

    /** @param order of the first of its jobs */
    Task(Order order) {
        sameness = order.sameness();
        caller = order.caller();
        work = new AtomicReference<>(order.work());
    }

    Object sameness() {
        return sameness;
    }

    String caller() {
        return caller;
    }

    Pulse pulse() {
        return pulse;
    }

    Facts facts() {
        return facts;
    }

    @Nullable
    Instant started() {
        return started;
    }

    void join(LiveJob job) {
        jobs.add(job);
    }

    /** Whether nobody is left who wants it. */
    boolean leave(LiveJob job) {
        jobs.remove(job);
        return jobs.isEmpty();
    }

    List<LiveJob> jobs() {
        return List.copyOf(jobs);
    }

    /** Not to be called by whoever guards it: the work may be done at once. */
    Future<ObjectNode> run() {
        started = Instant.now();
        pulse.beat();
        Work begun = work.getAndSet(null);
        Cancellation going = wanted.get();
        if (begun == null || going == null) {
            return Future.failedFuture(Failure.of(Category.CANCELLED, "nobody wants it any more"));
        }
        try {
            return begun.begin(going, facts).onComplete(done -> wanted.set(null));
        } catch (RuntimeException thrown) {
            return Future.failedFuture(thrown);
        }
    }

    void cancel(Failure reason) {
        work.set(null);
        Cancellation going = wanted.get();
        if (going != null) {
            going.cancel(reason);
        }
    }
}
