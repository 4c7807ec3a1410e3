package io.varve.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.store.Store;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The jobs of a service:
 *
 * <pre>
 *   switch (jobs.submit(order)) { case Admission.Accepted(Job job, boolean repeated) -> job.ended() … }
 * </pre>
 *
 * <p>So many tasks run at once; the others wait, and callers take turns whatever each has waiting. Orders that are the same are
 * served by one task, of which each job is told by itself, and which goes on until none of them wants it. A job goes on when its
 * caller went away.
 *
 * <p>What became of a job can be asked for as long as the settings say, by the next process too; a job of which all was cached, and
 * that nobody had to wait for or has a key for, is remembered in memory alone.
 *
 * <p>Any thread; nothing here blocks; futures complete on any thread.
 */
public final class Jobs {
    /** In front of a job's id: the address on the bus where it is told how far it is. */
    public static final String EVENTS = "varve.events.job.";

    private static final Logger LOG = LoggerFactory.getLogger(Jobs.class);

    /** How long a key means the same job. */
    public static final Duration KEYS = Duration.ofHours(24);

    private static final int MOST_RETRY_S = 60;

    /** They wait for the disk. */
    private static final int WORKERS = 8;

    /** They wait for the disk, and for the store; commits that come together are grouped. */
    private static final int WRITERS = 16;

    /** How much one job's time counts in the mean of all, as a divisor. */
    private static final int SMOOTHING = 8;

    /** Of all ended jobs that are kept in memory: a kilobyte each. */
    private static final int MOST_LAYERS = 20_000;

    private record Key(String caller, String key) {}

    private final Records records;
    private final Telling telling;
    private final JobLimits limits;
    private final JobListener listener;
    private final JobIds ids = new JobIds();
    private final Instant began = Instant.now();

    // Of recovering, which is done once.
    private volatile Future<Void> recovered = Future.succeededFuture();

    // All guarded by this.
    private final TreeMap<String, LiveJob> open = new TreeMap<>();
    private final LinkedHashMap<String, LiveJob> ended = new LinkedHashMap<>();
    // Of those that have ended.
    private int layers;
    private final Map<Key, LiveJob> keyed = new HashMap<>();
    private final Map<Key, Future<Admission>> looking = new HashMap<>();
    private final Map<Object, Task> tasks = new HashMap<>();
    private final Turns turns = new Turns();
    private int running;
    private long meanMillis;
    private boolean ending;
    // All jobs have ended; and nothing runs.
    private @Nullable Promise<Void> idle;
    private @Nullable Promise<Void> rest;

    private Jobs(Records records, Telling telling, JobLimits limits, JobListener listener) {
        this.records = records;
        this.telling = telling;
        this.limits = limits;
        this.listener = listener;
    }

    /**
     * @param store keeps what became of jobs
     * @param keep for so long
     * @param listener hears of each how it ended
     */
    public static Jobs of(Vertx vertx, Store store, JobLimits limits, Duration keep, JobListener listener) {
        WorkerExecutor workers = pool(vertx, "varve-jobs", WORKERS);
        WorkerExecutor writers = pool(vertx, "varve-records", WRITERS);
        return new Jobs(new Records(store, workers, writers, keep), new Telling(vertx, workers), limits, listener);
    }

    private static WorkerExecutor pool(Vertx vertx, String name, int threads) {
        return vertx.createSharedWorkerExecutor(name, threads, Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    }

    /**
     * What an earlier process left: its jobs that had not ended have failed, and old ones are forgotten. In the beginning; nobody has to
     * wait for it, and another process that holds the store makes it late or leaves it undone, which is logged.
     */
    public Future<Void> recover() {
        Future<Void> done = records.recover(began).onFailure(thrown -> {
            Failure failure = Failure.from(thrown);
            // Else the service has ended meanwhile.
            if (failure.category() != Category.CANCELLED) {
                LOG.warn("what an earlier process left of its jobs is as it was: {}", failure.getMessage());
            }
        });
        recovered = done;
        return done;
    }

    /**
     * Takes an order on, if there is room for it. What it is answered with is not durable before {@link #acknowledge}.
     *
     * @return never fails but with what the disk says, when the order has a key
     */
    public Future<Admission> submit(Order order) {
        String key = order.key();
        if (key == null) {
            return Future.succeededFuture(admit(order));
        }
        Key mine = new Key(order.caller(), key);
        Promise<Admission> found = Promise.promise();
        synchronized (this) {
            LiveJob known = keyed.get(mine);
            if (known != null && known.created().isAfter(Instant.now().minus(KEYS))) {
                return Future.succeededFuture(repeat(known, known.request(), order));
            }
            Future<Admission> others = looking.get(mine);
            if (others != null) {
                // Whoever was first has it by then; or there is no place for it, and so for none of them.
                return others.compose(first -> first instanceof Admission.Full || first instanceof Admission.Ending
                        ? Future.succeededFuture(first)
                        : submit(order));
            }
            looking.put(mine, found.future());
        }
        records.find(order.caller(), key, Instant.now().minus(KEYS))
                .map(kept -> kept.<Admission>map(job -> repeat(job, job.request(), order))
                        .orElseGet(() -> admit(order)))
                .onComplete(done -> {
                    synchronized (this) {
                        looking.remove(mine);
                    }
                    found.handle(done);
                });
        return found.future();
    }

    private static Admission repeat(Job job, String request, Order order) {
        return request.equals(order.request()) ? new Admission.Accepted(job, true) : new Admission.KeyTaken(job);
    }

    private Admission admit(Order order) {
        LiveJob job;
        Task task;
        Task shared;
        synchronized (this) {
            if (ending) {
                return Admission.Ending.ENDING;
            }
            shared = tasks.get(order.sameness());
            if (open.size() >= limits.openJobs() || (shared == null && isFull())) {
                return new Admission.Full(turns.size(), retrySeconds());
            }
            task = shared == null ? new Task(order) : shared;
            Instant now = Instant.now();
            job = new LiveJob(ids.next(now), order, task, now);
            task.join(job);
            open.put(job.id(), job);
            if (order.key() != null) {
                keyed.put(new Key(order.caller(), order.key()), job);
            }
            if (shared == null) {
                tasks.put(order.sameness(), task);
                turns.add(task);
            }
        }
        if (shared == null) {
            telling.follow(task, () -> jobs(task));
        } else {
            telling.joined(job);
        }
        runNext();
        return new Admission.Accepted(job, false);
    }

    private synchronized List<LiveJob> jobs(Task task) {
        return task.jobs();
    }

    private boolean isFull() {
        return running >= limits.jobsAtOnce() && turns.size() >= limits.queuedJobs();
    }

    private int retrySeconds() {
        long millis = meanMillis * (turns.size() + 1) / limits.jobsAtOnce();
        return Math.clamp(Math.ceilDiv(millis, 1000), 1, MOST_RETRY_S);
    }

    private void runNext() {
        while (true) {
            Task task;
            synchronized (this) {
                if (running >= limits.jobsAtOnce()) {
                    return;
                }
                Optional<Task> next = turns.next();
                if (next.isEmpty()) {
                    return;
                }
                task = next.get();
                running++;
            }
            long began = System.nanoTime();
            task.run().onComplete(done -> {
                List<LiveJob> jobs;
                Promise<Void> resting;
                synchronized (this) {
                    running--;
                    resting = running == 0 ? rest : null;
                    long millis = (System.nanoTime() - began) / 1_000_000;
                    meanMillis += (millis - meanMillis) / SMOOTHING;
                    // Whoever comes from now on begins anew.
                    tasks.remove(task.sameness(), task);
                    jobs = task.jobs();
                }
                Failure failure = done.failed() ? Failure.from(done.cause()) : null;
                if (failure != null && failure.category() == Category.INTERNAL) {
                    LOG.error(
                            "job {}",
                            jobs.isEmpty() ? "of nobody" : jobs.getFirst().id(),
                            done.cause());
                }
                jobs.forEach(job -> end(job, done.result(), failure));
                if (resting != null) {
                    resting.tryComplete();
                }
                runNext();
            });
        }
    }

    private void end(LiveJob job, @Nullable ObjectNode result, @Nullable Failure failure) {
        if (!job.end(result, failure)) {
            return;
        }
        tell(job, failure);
        // Who comes again with a key is to get it from the next process too.
        boolean durable =
                job.isRecorded() || job.key() != null || !job.task().facts().isCached();
        telling.made(job)
                .transform(made -> durable ? records.put(job::record) : Future.succeededFuture())
                .onFailure(thrown -> LOG.atWarn()
                        .addKeyValue("job", job.id())
                        .log(
                                "what became of it is in memory alone: {}",
                                Failure.from(thrown).getMessage()))
                .onComplete(done -> {
                    Promise<Void> nobody = close(job);
                    job.tell();
                    telling.ended(job).onComplete(told -> {
                        if (nobody != null) {
                            nobody.tryComplete();
                        }
                    });
                });
    }

    /** It is not open any more; what is to complete when it was the last one that somebody waits for, else null. */
    private synchronized @Nullable Promise<Void> close(LiveJob job) {
        open.remove(job.id());
        remember(job);
        return open.isEmpty() ? idle : null;
    }

    private void tell(LiveJob job, @Nullable Failure failure) {
        Instant now = Instant.now();
        Instant started = job.task().started();
        Instant turn = started == null || started.isBefore(job.created()) ? job.created() : started;
        Duration waited =
                started == null ? Duration.between(job.created(), now) : Duration.between(job.created(), turn);
        Duration took = started == null ? Duration.ZERO : Duration.between(turn, now);
        listener.ended(job.kind(), failure == null ? null : failure.category(), waited, took);
        LOG.atInfo()
                .addKeyValue("job", job.id())
                .log(
                        "{} {} in {} ms after {} ms in the queue: {}",
                        job.kind(),
                        job.subject(),
                        took.toMillis(),
                        waited.toMillis(),
                        failure == null ? "done" : failure.getMessage());
    }

    private void remember(LiveJob job) {
        ended.put(job.id(), job);
        layers += job.layers();
        while (ended.size() > limits.rememberedJobs() || layers > MOST_LAYERS) {
            forget(ended.pollFirstEntry().getValue());
        }
    }

    /** Those that are recorded are found there. */
    private void forget(LiveJob job) {
        layers -= job.layers();
        if (job.key() != null) {
            keyed.remove(new Key(job.caller(), job.key()), job);
        }
    }

    /**
     * From now on a process that is told the job's name knows what became of it, this or the next one. A job that has ended with all
     * of it cached needs none of this.
     *
     * @return completes when it is durable
     */
    public Future<Void> acknowledge(Job job) {
        return switch (job) {
            case KeptJob kept -> Future.succeededFuture();
            case LiveJob live -> {
                if (live.isRecorded() || live.isTold()) {
                    yield Future.succeededFuture();
                }
                live.recorded();
                yield records.put(live::record);
            }
        };
    }

    /** The job, if it is remembered. */
    public Future<Optional<Job>> find(String id) {
        synchronized (this) {
            LiveJob live = open.getOrDefault(id, ended.get(id));
            if (live != null) {
                return Future.succeededFuture(Optional.of(live));
            }
        }
        return JobIds.isOne(id)
                ? records.find(id).map(found -> found.map(job -> job))
                : Future.succeededFuture(Optional.empty());
    }

    /**
     * The latest jobs first.
     *
     * @param caller null for everybody's
     * @param state null for any
     * @param before an id: only jobs that came earlier; null for all
     */
    public Future<List<Job>> list(
            @Nullable String caller, Job.@Nullable State state, @Nullable String before, int limit) {
        List<Job> here;
        synchronized (this) {
            here = new ArrayList<>(Stream.concat(open.values().stream(), ended.values().stream())
                    .filter(job -> caller == null || job.caller().equals(caller))
                    .filter(job -> state == null || job.state() == state)
                    .filter(job -> before == null || job.id().compareTo(before) < 0)
                    .toList());
        }
        return records.list(caller, state, before, limit).map(kept -> {
            Map<String, Job> all = new TreeMap<>(Comparator.reverseOrder());
            kept.forEach(job -> all.put(job.id(), job));
            // What is known here is newer than what was recorded, whichever state was asked for.
            synchronized (this) {
                all.keySet().removeIf(open::containsKey);
            }
            here.forEach(job -> all.put(job.id(), job));
            return all.values().stream().limit(limit).toList();
        });
    }

    /** Nobody wants it any more; its task goes on for others who do. Whether it had not ended. */
    public boolean cancel(Job job) {
        return switch (job) {
            case KeptJob kept -> false;
            case LiveJob live -> cancel(live, Failure.of(Category.CANCELLED, "its caller cancelled it"));
        };
    }

    private boolean cancel(LiveJob job, Failure reason) {
        if (job.state().isLast()) {
            return false;
        }
        Task task = job.task();
        boolean unwanted;
        synchronized (this) {
            unwanted = task.leave(job);
            if (unwanted) {
                tasks.remove(task.sameness(), task);
                turns.remove(task);
            }
        }
        if (unwanted) {
            task.cancel(reason);
        }
        end(job, null, reason.during(job.subject()));
        return true;
    }

    /** Tasks that run, and those that wait for their turn. */
    public synchronized Load load() {
        return new Load(running, turns.size(), open.size());
    }

    /**
     * @param running tasks that run
     * @param queued tasks that wait for their turn
     * @param open jobs that have not ended
     */
    public record Load(int running, int queued, int open) {}

    /** Takes on nothing more. Completes when all jobs have ended. */
    public Future<Void> drain() {
        synchronized (this) {
            ending = true;
            if (open.isEmpty()) {
                return Future.succeededFuture();
            }
            if (idle == null) {
                idle = Promise.promise();
            }
            return idle.future();
        }
    }

    /** Takes on nothing more, and ends what there is: what it brought is kept for the next one. Completes when all have ended. */
    public Future<Void> stop() {
        Future<Void> drained = drain();
        List<LiveJob> left;
        synchronized (this) {
            left = List.copyOf(open.values());
        }
        Failure reason = Failure.of(
                Category.CANCELLED, "the service ended; ask again, and what was brought is not fetched again");
        left.forEach(job -> cancel(job, reason));
        return drained;
    }

    /** As {@link #stop}; when it completes, what was cancelled has come to its end too, and nothing of the store is in use. */
    public Future<Void> close() {
        return stop().compose(ended -> rested())
                .compose(rested -> records.close())
                .eventually(() -> recovered.otherwiseEmpty());
    }

    private synchronized Future<Void> rested() {
        if (running == 0) {
            return Future.succeededFuture();
        }
        if (rest == null) {
            rest = Promise.promise();
        }
        return rest.future();
    }
}
