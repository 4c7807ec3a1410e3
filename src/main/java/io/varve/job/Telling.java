package io.varve.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.json.JsonObject;
import io.vertx.core.json.jackson.DatabindCodec;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells everybody on the bus how jobs go on, each at {@code varve.events.job.<id>}: what is news since the last time, ten times a second
 * at most, and its end. What is the same for all jobs of a task is made once for all of them, since thousands may wait for one. Any
 * thread; what is told is made by workers.
 */
final class Telling {
    private static final long PERIOD_MILLIS = 100;

    /** Nobody is left to be told. */
    private static final long NOBODY = -1;

    private final Vertx vertx;
    private final WorkerExecutor workers;
    // The layers that were told last.
    private volatile @Nullable Made made;

    /** What was made of a part of a message. */
    private record Made(JsonNode from, Object value) {}

    Telling(Vertx vertx, WorkerExecutor workers) {
        this.vertx = vertx;
        this.workers = workers;
    }

    /** @param jobs those that wait for it; once none does whose end is not known, none will any more */
    void follow(Task task, Supplier<List<LiveJob>> jobs) {
        await(task, jobs, 0);
    }

    private void await(Task task, Supplier<List<LiveJob>> jobs, long known) {
        // Not by whichever thread noted the change: it has its own work.
        task.pulse()
                .after(known)
                .onComplete(changed -> onWorker(() -> tell(task, jobs, known)).onSuccess(number -> {
                    if (number != NOBODY) {
                        vertx.setTimer(PERIOD_MILLIS, passed -> await(task, jobs, number));
                    }
                }));
    }

    private <T> Future<T> onWorker(Callable<T> telling) {
        try {
            return workers.executeBlocking(telling, false).map(Objects::requireNonNull);
        } catch (RejectedExecutionException e) {
            // The service has ended.
            return Future.failedFuture(e);
        }
    }

    /** @return up to which change they were told */
    private long tell(Task task, Supplier<List<LiveJob>> jobs, long known) {
        // Nobody is told what is older than what he was told before.
        synchronized (task) {
            List<LiveJob> left =
                    jobs.get().stream().filter(job -> !job.isTold()).toList();
            long number = task.pulse().beats();
            Facts.Part part = task.facts().since(known);
            left.forEach(job -> going(job, part));
            return left.isEmpty() ? NOBODY : number;
        }
    }

    /** One more that waits for a task that others have been told of. */
    void joined(LiveJob job) {
        Task task = job.task();
        if (task.pulse().beats() > 0) {
            var _ = onWorker(() -> {
                synchronized (task) {
                    going(job, task.facts().since(0));
                    return true;
                }
            });
        }
    }

    /** It has ended; completes when what is told of that is made. */
    Future<Void> made(LiveJob job) {
        return onWorker(job::told).mapEmpty();
    }

    private void going(LiveJob job, Facts.Part part) {
        JsonObject told = json(job.going(part));
        job.unlessTold(() -> publish(job, told));
    }

    /** Its end is known. Completes when that is told. */
    Future<Void> ended(LiveJob job) {
        return onWorker(() -> {
                    publish(job, json(job.told()));
                    return true;
                })
                .mapEmpty();
    }

    private void publish(LiveJob job, JsonObject told) {
        vertx.eventBus().publish(Jobs.EVENTS + job.id(), told);
    }

    private JsonObject json(ObjectNode told) {
        JsonObject json = new JsonObject();
        told.properties().forEach(each -> json.put(each.getKey(), value(each.getValue())));
        return json;
    }

    /** Of arrays those that are the same again, which layers are, are made once. */
    // To compare what is in them takes as long as to make it.
    @SuppressWarnings("ReferenceEquality")
    private Object value(JsonNode node) {
        if (node.isTextual()) {
            return node.textValue();
        }
        Made last = made;
        if (last != null && last.from() == node) {
            return last.value();
        }
        Object value = DatabindCodec.mapper().convertValue(node, Object.class);
        if (node.isArray()) {
            made = new Made(node, value);
        }
        return value;
    }
}
