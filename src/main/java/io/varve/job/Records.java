package io.varve.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.catalogue.JobRecord;
import io.varve.catalogue.Transaction;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.failure.Problem;
import io.varve.oci.Json;
import io.varve.store.Store;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Jobs in the catalogue. Any thread; the disk is waited for by workers, and another process that holds the store by writers. */
final class Records {
    private final Store store;
    private final WorkerExecutor workers;
    private final WorkerExecutor writers;
    private final Duration keep;

    /**
     * @param writers of nobody else
     * @param keep how long ended jobs are remembered, from their end on
     */
    Records(Store store, WorkerExecutor workers, WorkerExecutor writers, Duration keep) {
        this.store = store;
        this.workers = workers;
        this.writers = writers;
        this.keep = keep;
    }

    /**
     * Completes when it is durable. With a job that ended, older ones are forgotten: a service may run for years.
     *
     * @param recording asked by a worker: what is told of many layers is large, and many may wait
     */
    Future<Void> put(Supplier<JobRecord> recording) {
        return on(writers, () -> {
                    JobRecord record = recording.get();
                    return store.write(
                            "record job " + record.id(),
                            session -> session.write(transaction -> {
                                transaction.record(record);
                                if (record.finished() != null) {
                                    forget(transaction, record.finished());
                                }
                                return true;
                            }));
                })
                .mapEmpty();
    }

    /** Those whose key still holds are found by it. */
    private void forget(Transaction transaction, Instant now) {
        transaction.forgetJobs(now.minus(keep), now.minus(Jobs.KEYS));
    }

    Future<Optional<KeptJob>> find(String id) {
        return disk(() -> store.read(catalogue -> catalogue.job(id))
                .flatMap(found -> found)
                .map(KeptJob::new));
    }

    Future<Optional<KeptJob>> find(String caller, String key, Instant since) {
        return disk(() -> store.read(catalogue -> catalogue.job(caller, key, since))
                .flatMap(found -> found)
                .map(KeptJob::new));
    }

    Future<List<KeptJob>> list(@Nullable String caller, Job.@Nullable State state, @Nullable String before, int limit) {
        String word = state == null ? null : state.toString();
        return disk(
                () -> store.read(catalogue -> catalogue.jobs(caller, word, before, limit)).orElse(List.of()).stream()
                        .map(KeptJob::new)
                        .toList());
    }

    /** Jobs that began before and have not ended have failed, and old ones are forgotten. */
    Future<Void> recover(Instant began) {
        return on(
                        writers,
                        () -> store.write("recover jobs", session -> {
                            List<JobRecord> unfinished = session.catalogue().unfinishedJobs();
                            return session.write(transaction -> {
                                Instant now = Instant.now();
                                unfinished.stream()
                                        .filter(record -> record.created().isBefore(began))
                                        .forEach(record -> transaction.record(failed(record, now)));
                                forget(transaction, now);
                                return true;
                            });
                        }))
                .mapEmpty();
    }

    /** Interrupts what still waits for another process to let go of the store. */
    Future<Void> close() {
        return Future.join(writers.close(), workers.close()).mapEmpty();
    }

    private <T> Future<T> disk(Callable<T> blocking) {
        return on(workers, blocking);
    }

    private static <T> Future<T> on(WorkerExecutor threads, Callable<T> blocking) {
        return threads.executeBlocking(blocking, false).map(Objects::requireNonNull);
    }

    private static JobRecord failed(JobRecord record, Instant now) {
        ObjectNode told = KeptJob.read(record);
        Failure failure = Failure.of(
                Category.CANCELLED,
                "the service ended before it did; ask again, and what was brought is not fetched again");
        told.put("state", Job.State.FAILED.toString());
        told.put("finished", now.toString());
        told.set("problem", Problem.of(failure).toJson());
        return new JobRecord(
                record.id(),
                record.caller(),
                record.kind(),
                Job.State.FAILED.toString(),
                record.created(),
                now,
                record.key(),
                record.request(),
                Json.text(told));
    }
}
