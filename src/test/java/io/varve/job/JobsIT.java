package io.varve.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.catalogue.JobRecord;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.guard.Deadline;
import io.varve.guard.WatchedVertx;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import io.varve.oci.MediaType;
import io.varve.pipeline.Cancellation;
import io.varve.pipeline.PullListener;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobsIT {
    private static final int PATIENCE_S = 20;
    private static final Duration KEEP = Duration.ofDays(1);

    @TempDir
    Path directory;

    private Vertx vertx;
    private Store store;
    private Jobs jobs;
    /** What runs, as it began. */
    private final BlockingQueue<Run> runs = new LinkedBlockingQueue<>();

    private final List<String> heard = new CopyOnWriteArrayList<>();

    private void ended(String kind, @Nullable Category failed, Duration waited, Duration took) {
        heard.add(kind + " " + failed);
    }

    /** Work that goes on until the test says so. */
    private record Run(String subject, Cancellation wanted, PullListener listener, Promise<ObjectNode> end) {}

    @BeforeEach
    void open() throws Exception {
        vertx = WatchedVertx.create();
        store = new Store(directory.resolve("store"), StoreOptions.DEFAULTS);
        jobs = Jobs.of(vertx, store, new JobLimits(1, 3, 8, 2), KEEP, this::ended);
    }

    @AfterEach
    void close() throws TimeoutException {
        store.close();
        vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
    }

    private static <T> T done(Future<T> future) throws TimeoutException {
        return future.await(PATIENCE_S, TimeUnit.SECONDS);
    }

    private Order order(String caller, String subject, @Nullable String key) {
        return new Order(
                caller,
                "pull",
                subject,
                key,
                Digest.sha256(subject.getBytes(StandardCharsets.UTF_8)).toString(),
                subject,
                (wanted, listener) -> {
                    Run run = new Run(subject, wanted, listener, Promise.promise());
                    runs.add(run);
                    return run.end.future();
                });
    }

    private Job accepted(Order order) throws TimeoutException {
        Admission admission = done(jobs.submit(order));
        assertThat(admission).isInstanceOf(Admission.Accepted.class);
        return ((Admission.Accepted) admission).job();
    }

    private Run next() throws InterruptedException {
        Run run = runs.poll(PATIENCE_S, TimeUnit.SECONDS);
        assertThat(run).isNotNull();
        return run;
    }

    private static void fetched(Run run, long bytes) {
        Descriptor blob = Descriptor.of(MediaType.Known.OCI_LAYER, Digest.sha256(new byte[0]), 100);
        run.listener.advanced(blob, bytes, 0);
    }

    /** A process that comes later, on the same store. */
    private Jobs reopened() throws TimeoutException {
        Jobs later = Jobs.of(vertx, store, JobLimits.DEFAULTS, KEEP, JobListener.NONE);
        done(later.recover());
        return later;
    }

    @Test
    void jobGoesFromQueuedToDoneAndTellsItsResult() throws Exception {
        Job first = accepted(order("a", "one", null));
        Job second = accepted(order("a", "two", null));
        Run run = next();
        assertThat(first.state()).isEqualTo(Job.State.RUNNING);
        assertThat(second.state()).isEqualTo(Job.State.QUEUED);
        assertThat(runs).isEmpty();

        fetched(run, 40);
        assertThat(first.told().at("/progress/network").longValue()).isEqualTo(40);
        run.end.complete(Json.object().put("digest", "sha256:1"));
        done(first.ended());

        assertThat(first.state()).isEqualTo(Job.State.DONE);
        assertThat(first.told().at("/result/digest").textValue()).isEqualTo("sha256:1");
        assertThat(heard).containsExactly("pull null");
        assertThat(next().subject()).isEqualTo("two");
    }

    @Test
    void failureIsToldAsAProblem() throws Exception {
        Job job = accepted(order("a", "one", null));
        next().end.fail(Failure.notFound("got no such image").during("one"));
        done(job.ended());

        assertThat(job.state()).isEqualTo(Job.State.FAILED);
        assertThat(job.told().at("/problem/category").textValue()).isEqualTo("NotFound");
        assertThat(job.told().at("/problem/detail").textValue()).isEqualTo("one: got no such image");
        assertThat(heard).containsExactly("pull NotFound");
    }

    @Test
    void ordersThatAreTheSameShareTheWorkAndEachIsCancelledByItself() throws Exception {
        Job first = accepted(order("a", "same", null));
        Job second = accepted(order("b", "same", null));
        Run run = next();
        assertThat(runs).isEmpty();

        assertThat(jobs.cancel(first)).isTrue();
        assertThat(first.state()).isEqualTo(Job.State.FAILED);
        assertThat(first.told().at("/problem/category").textValue()).isEqualTo("Cancelled");
        assertThat(run.wanted.isCancelled()).isFalse();
        assertThat(jobs.cancel(first)).isFalse();

        assertThat(jobs.cancel(second)).isTrue();
        assertThat(run.wanted.isCancelled()).isTrue();
        run.end.fail(Failure.of(Category.CANCELLED, "interrupted"));
        done(second.ended());
    }

    @Test
    void whoComesAfterACancelledOneDoesNotShareItsEnd() throws Exception {
        Job first = accepted(order("a", "same", null));
        Run cancelled = next();
        jobs.cancel(first);
        Job second = accepted(order("a", "same", null));
        cancelled.end.fail(Failure.of(Category.CANCELLED, "interrupted"));

        next().end.complete(Json.object());
        done(second.ended());
        assertThat(second.state()).isEqualTo(Job.State.DONE);
    }

    @Test
    void queueThatIsFullIsToldWithItsLengthAndSameOrdersStillJoin() throws Exception {
        for (int i = 0; i < 4; i++) {
            accepted(order("a", "job" + i, null));
        }

        assertThat(done(jobs.submit(order("b", "more", null)))).isInstanceOfSatisfying(Admission.Full.class, full -> {
            assertThat(full.queued()).isEqualTo(3);
            assertThat(full.retrySeconds()).isBetween(1, 60);
        });
        accepted(order("b", "job3", null));
        for (int i = 0; i < 3; i++) {
            accepted(order("b", "job0", null));
        }
        assertThat(done(jobs.submit(order("b", "job0", null)))).isInstanceOf(Admission.Full.class);
    }

    @Test
    void jobThatIsCancelledInTheQueueGivesItsPlaceBack() throws Exception {
        List<Job> queued = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            queued.add(accepted(order("a", "job" + i, null)));
        }
        jobs.cancel(queued.get(1));
        accepted(order("a", "another", null));

        next().end.complete(Json.object());
        assertThat(next().subject()).isEqualTo("job2");
    }

    @Test
    void keyMeansTheSameJobAndNothingElse() throws Exception {
        Job first = accepted(order("a", "one", "key"));

        assertThat(done(jobs.submit(order("a", "one", "key")))).isEqualTo(new Admission.Accepted(first, true));
        assertThat(done(jobs.submit(order("a", "two", "key")))).isEqualTo(new Admission.KeyTaken(first));
        assertThat(accepted(order("b", "one", "key")).id()).isNotEqualTo(first.id());
    }

    @Test
    void concurrentRepeatsJoin() throws Exception {
        List<Future<Admission>> all = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            all.add(jobs.submit(order("a", "one", "key")));
        }

        List<String> ids = new ArrayList<>();
        for (Future<Admission> each : all) {
            ids.add(((Admission.Accepted) done(each)).job().id());
        }
        assertThat(ids).hasSize(50).containsOnly(ids.getFirst());
        assertThat(jobs.load().open()).isEqualTo(1);
    }

    /** In the catalogue, as a process that is gone has left it. */
    private String recorded(Instant created, @Nullable Instant finished, @Nullable String key) {
        String id = new JobIds().next(created);
        String state = finished == null ? "running" : "done";
        JobRecord record =
                new JobRecord(id, "a", "pull", state, created, finished, key, "request", "{\"id\": \"" + id + "\"}");
        store.write(
                "test",
                session -> session.write(transaction -> {
                    transaction.record(record);
                    return true;
                }));
        return id;
    }

    @Test
    void jobsAreKnownForSoLongAfterTheirEndHoweverLongTheyTook() throws Exception {
        Instant now = Instant.now();
        Instant longAgo = now.minus(KEEP.multipliedBy(3));
        String old = recorded(longAgo, now.minus(KEEP).minusSeconds(60), null);
        String slow = recorded(longAgo, now.minus(KEEP).plusSeconds(600), null);
        String unfinished = recorded(longAgo, null, null);

        Jobs later = reopened();

        assertThat(done(later.find(old))).isEmpty();
        assertThat(done(later.find(slow))).isPresent();
        assertThat(done(later.find(unfinished)))
                .hasValueSatisfying(kept -> assertThat(kept.state()).isEqualTo(Job.State.FAILED));

        // One that ends takes those with it that are old, and no others.
        Job job = accepted(order("a", "one", "key"));
        next().end.complete(Json.object());
        done(job.ended());
        assertThat(done(later.find(slow))).isPresent();
        assertThat(done(later.find(unfinished))).isPresent();
    }

    @Test
    void jobsWithAKeyAreKnownAsLongAsThatHolds() throws Exception {
        Instant now = Instant.now();
        Instant hoursAgo = now.minus(Duration.ofHours(3));
        String without = recorded(hoursAgo, hoursAgo, null);
        String with = recorded(hoursAgo, hoursAgo, "key");
        Instant before = now.minus(Jobs.KEYS).minusSeconds(60);
        String over = recorded(before, before, "other");

        Jobs later = Jobs.of(vertx, store, JobLimits.DEFAULTS, Duration.ofHours(1), JobListener.NONE);
        done(later.recover());

        assertThat(done(later.find(without))).isEmpty();
        assertThat(done(later.find(over))).isEmpty();
        assertThat(done(later.find(with))).isPresent();
        assertThat(done(later.submit(order("a", "one", "key")))).isInstanceOf(Admission.KeyTaken.class);
    }

    /** Says by whom it is written as JSON. */
    public static final class Traced {
        private final Queue<String> threads = new ConcurrentLinkedQueue<>();

        public String getThread() {
            threads.add(Thread.currentThread().getName());
            return "here";
        }
    }

    @Test
    void whatIsToldOfAnEndIsMadeByWorkers() throws Exception {
        Job job = accepted(order("a", "one", null));
        BlockingQueue<JsonObject> told = new LinkedBlockingQueue<>();
        done(vertx.eventBus()
                .<JsonObject>consumer(Jobs.EVENTS + job.id(), message -> told.add(message.body()))
                .completion());
        Run run = next();
        fetched(run, 40);
        Traced traced = new Traced();

        run.end.complete(Json.object().putPOJO("traced", traced));
        done(job.ended());

        JsonObject last = Deadline.await(
                "its end is told", () -> told.poll(), each -> each != null && each.containsKey("finished"));
        assertThat(last.getJsonObject("result").getJsonObject("traced").getString("thread"))
                .isEqualTo("here");
        assertThat(traced.threads).isNotEmpty().allMatch(thread -> thread.startsWith("varve-"));
    }

    @Test
    void whatBecameOfAJobIsKnownToTheNextProcessAndSoIsItsKey() throws Exception {
        Job job = accepted(order("a", "one", "key"));
        Run run = next();
        fetched(run, 100);
        run.end.complete(Json.object().put("digest", "sha256:1"));
        done(job.ended());

        Jobs later = reopened();
        Optional<Job> found = done(later.find(job.id()));
        assertThat(found).hasValueSatisfying(kept -> {
            assertThat(kept.state()).isEqualTo(Job.State.DONE);
            assertThat(kept.told()).hasToString(job.told().toString());
        });
        assertThat(done(later.submit(order("a", "one", "key"))))
                .isInstanceOfSatisfying(Admission.Accepted.class, again -> {
                    assertThat(again.repeated()).isTrue();
                    assertThat(again.job().id()).isEqualTo(job.id());
                });
        assertThat(done(later.submit(order("a", "two", "key")))).isInstanceOf(Admission.KeyTaken.class);
    }

    @Test
    void jobThatSomebodyWasToldOfHasFailedWhenItsProcessDied() throws Exception {
        Job job = accepted(order("a", "one", null));
        next();
        done(jobs.acknowledge(job));

        assertThat(done(reopened().find(job.id()))).hasValueSatisfying(kept -> {
            assertThat(kept.state()).isEqualTo(Job.State.FAILED);
            assertThat(kept.told().at("/problem/category").textValue()).isEqualTo("Cancelled");
        });
    }

    @Test
    void jobOfWhichAllWasCachedIsRememberedInMemoryAlone() throws Exception {
        List<Job> cached = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Job job = accepted(order("a", "job" + i, null));
            next().end.complete(Json.object());
            done(job.ended());
            cached.add(job);
        }

        assertThat(done(jobs.find(cached.get(0).id()))).isEmpty();
        assertThat(done(jobs.find(cached.get(2).id()))).contains(cached.get(2));
        assertThat(done(reopened().find(cached.get(2).id()))).isEmpty();
    }

    @Test
    void keyMeansTheSameJobToTheNextProcessAlsoWhenAllOfItWasCached() throws Exception {
        Job job = accepted(order("a", "one", "key"));
        next().end.complete(Json.object());
        done(job.ended());

        assertThat(done(reopened().submit(order("a", "two", "key")))).isInstanceOf(Admission.KeyTaken.class);
    }

    @Test
    void jobThatIsOlderThanTheyAreKeptIsForgottenWhenAnotherEnds() throws Exception {
        Jobs brief = Jobs.of(vertx, store, new JobLimits(1, 3, 8, 0), Duration.ofMillis(1), JobListener.NONE);
        List<Job> two = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Job job = ((Admission.Accepted) done(brief.submit(order("a", "job" + i, null)))).job();
            Run run = next();
            fetched(run, 1);
            done(brief.acknowledge(job));
            long later = System.currentTimeMillis() + 2;
            while (System.currentTimeMillis() < later) {
                Thread.onSpinWait();
            }
            run.end.complete(Json.object());
            done(job.ended());
            two.add(job);
        }

        assertThat(done(brief.find(two.get(0).id()))).isEmpty();
    }

    @Test
    void jobsAreListedTheLatestFirstWhereverTheyAre() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            Job job = accepted(order(i == 0 ? "b" : "a", "job" + i, null));
            Run run = next();
            fetched(run, 1);
            run.end.complete(Json.object());
            done(job.ended());
            ids.addFirst(job.id());
        }
        Job running = accepted(order("a", "running", null));
        done(jobs.acknowledge(running));
        ids.addFirst(running.id());

        assertThat(done(jobs.list(null, null, null, 100))).extracting(Job::id).isEqualTo(ids);
        assertThat(done(jobs.list("a", null, null, 2))).extracting(Job::id).isEqualTo(ids.subList(0, 2));
        assertThat(done(jobs.list("a", null, ids.get(1), 100)))
                .extracting(Job::id)
                .isEqualTo(ids.subList(2, 5));
        assertThat(done(jobs.list(null, Job.State.RUNNING, null, 100))).containsExactly(running);
        assertThat(done(jobs.list(null, Job.State.DONE, null, 100))).hasSize(5);
    }

    @Test
    void newsIsWhatChangedSince() throws Exception {
        Job job = accepted(order("a", "one", null));
        Run run = next();
        fetched(run, 10);
        Job.News first = job.news(0);
        assertThat(first.told().at("/layers/0/network").longValue()).isEqualTo(10);
        assertThat(job.news(first.number()).told().get("layers")).isEmpty();

        Future<Void> changed = job.changed(first.number());
        assertThat(changed.isComplete()).isFalse();
        fetched(run, 60);
        done(changed);
        assertThat(job.news(first.number()).told().at("/layers/0/network").longValue())
                .isEqualTo(60);

        run.end.complete(Json.object());
        done(job.ended());
        assertThat(job.news(first.number()).last()).isTrue();
    }

    @Test
    void whoLeavesIsForgottenAndHearsNothing() throws Exception {
        Job job = accepted(order("a", "one", null));
        Run run = next();
        int others = job.waiting();
        Future<Void> changed = job.changed(job.news(0).number());
        Future<Void> ended = job.ended();
        assertThat(job.waiting()).isEqualTo(others + 2);

        job.leave(changed);
        job.leave(ended);
        assertThat(job.waiting()).isEqualTo(others);

        run.end.complete(Json.object());
        done(job.ended());
        assertThat(changed.isComplete() || ended.isComplete()).isFalse();
        assertThat(job.waiting()).isZero();
    }

    @Test
    void everybodyOnTheBusHearsHowAJobEnds() throws Exception {
        Promise<String> heard = Promise.promise();
        Job job = accepted(order("a", "one", null));
        vertx.eventBus().<io.vertx.core.json.JsonObject>consumer("varve.events.job." + job.id(), message -> {
            if (message.body().getString("state").equals("done")) {
                heard.tryComplete(message.body().getJsonObject("result").getString("digest"));
            }
        });
        next().end.complete(Json.object().put("digest", "sha256:1"));

        assertThat(done(heard.future())).isEqualTo("sha256:1");
    }

    @Test
    void nothingMoreIsTakenOnWhenTheServiceEndsAndWhatIsLeftIsCancelled() throws Exception {
        Job job = accepted(order("a", "one", null));
        Run run = next();
        Future<Void> drained = jobs.drain();

        assertThat(done(jobs.submit(order("a", "two", null)))).isEqualTo(Admission.Ending.ENDING);
        assertThat(drained.isComplete()).isFalse();

        done(jobs.stop());
        done(drained);
        assertThat(run.wanted.isCancelled()).isTrue();
        assertThat(job.state()).isEqualTo(Job.State.FAILED);
        assertThat(job.told().at("/problem/detail").textValue()).contains("the service ended");
    }

    @Test
    void whereThereIsNoPlaceForOneWithAKeyThereIsNoneForAllWhoWaitedForIt() throws Exception {
        for (String subject : List.of("one", "two", "three", "four")) {
            accepted(order("a", subject, null));
        }

        List<Future<Admission>> same = IntStream.range(0, 10_000)
                .mapToObj(i -> jobs.submit(order("b", "same", "key")))
                .toList();

        for (Future<Admission> each : same) {
            assertThat(done(each)).isInstanceOf(Admission.Full.class);
        }
    }

    @Test
    void ofMoreLayersThanAreToldTheFirstAreTold() throws Exception {
        Job job = accepted(order("a", "one", null));
        Run run = next();
        done(jobs.acknowledge(job));
        for (int i = 0; i < 3000; i++) {
            byte[] name = Integer.toString(i).getBytes(StandardCharsets.UTF_8);
            run.listener.waiting(Descriptor.of(MediaType.Known.OCI_LAYER, Digest.sha256(name), 1));
        }
        run.end.complete(Json.object().put("digest", "sha256:1"));
        done(job.ended());

        assertThat(job.told().at("/layers")).hasSize(2000);
        Job kept = done(reopened().find(job.id())).orElseThrow();
        assertThat(kept.told().at("/layers")).hasSize(2000);
        assertThat(kept.told().at("/result/digest").textValue()).isEqualTo("sha256:1");
    }

    private static void layers(Run run, int count) {
        for (int i = 0; i < count; i++) {
            byte[] name = Integer.toString(i).getBytes(StandardCharsets.UTF_8);
            run.listener.waiting(Descriptor.of(MediaType.Known.OCI_LAYER, Digest.sha256(name), 1));
        }
    }

    @Test
    void thousandsOfJobsThatWaitForOneTaskWithManyLayersShareWhatIsKnownOfThem() throws Exception {
        Jobs many = Jobs.of(vertx, store, new JobLimits(1, 3, 2000, 2), KEEP, JobListener.NONE);
        List<Job> same = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            same.add(((Admission.Accepted) done(many.submit(order("a", "same", null)))).job());
        }
        Run run = next();
        layers(run, 1000);
        run.end.complete(Json.object());

        for (Job each : same) {
            done(each.ended());
        }
        assertThat(same.getFirst().told().get("layers")).hasSize(1000);
        assertThat(same.getLast().told().get("layers"))
                .isSameAs(same.getFirst().told().get("layers"));
    }

    @Test
    void jobsOfManyLayersAreRememberedUpToTheirLayers() throws Exception {
        Jobs many = Jobs.of(vertx, store, new JobLimits(1, 3, 8, 1000), KEEP, JobListener.NONE);
        List<Job> ended = new ArrayList<>();
        for (int i = 0; i < 11; i++) {
            Job job = ((Admission.Accepted) done(many.submit(order("a", "job" + i, null)))).job();
            Run run = next();
            layers(run, 2000);
            run.end.complete(Json.object());
            done(job.ended());
            ended.add(job);
        }

        assertThat(done(many.find(ended.getFirst().id()))).isEmpty();
        assertThat(done(many.find(ended.get(1).id()))).isPresent();
    }

    /** Who is told where to ask and the end of the task may come at once. */
    @Test
    void whatIsRecordedWhileAJobEndsIsOneOrTheOther() throws Exception {
        for (int i = 0; i < 10; i++) {
            Job job = accepted(order("a", "job" + i, null));
            Run run = next();
            layers(run, 2000);
            fetched(run, 1);
            Thread ending = Thread.ofPlatform().start(() -> run.end.complete(Json.object()));
            done(jobs.acknowledge(job));
            ending.join();
            done(job.ended());

            assertThat(done(reopened().find(job.id())))
                    .hasValueSatisfying(
                            kept -> assertThat(kept.told().get("state").textValue())
                                    .isEqualTo(kept.state().toString()));
        }
    }

    @Test
    void closingWaitsForTheEndOfWhatItCancelled() throws Exception {
        Job job = accepted(order("a", "one", null));
        Run run = next();

        Future<Void> closed = jobs.close();
        done(job.ended());
        assertThat(run.wanted.isCancelled()).isTrue();
        assertThat(closed.isComplete()).isFalse();

        run.end.fail(Failure.of(Category.CANCELLED, "stopped"));
        done(closed);
    }
}
