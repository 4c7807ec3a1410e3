package io.varve.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.catalogue.JobRecord;
import io.varve.failure.Failure;
import io.varve.failure.Problem;
import io.varve.oci.Json;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A job of this process. */
final class LiveJob implements Job {
    private final String id;
    private final String caller;
    private final String kind;
    private final String subject;
    private final @Nullable String key;
    private final String request;
    private final Task task;
    private final Instant created;

    // Guarded by this: how it ended, and what is told of that.
    private @Nullable Ending ending;
    private @Nullable ObjectNode end;
    private boolean recorded;
    // Whether its end is to be known, and who waits for that.
    private boolean told;
    private final Waiters waiters = new Waiters();

    private record Ending(
            State state,
            Instant finished,
            @Nullable ObjectNode result,
            @Nullable Failure failure) {}

    LiveJob(String id, Order order, Task task, Instant created) {
        this.id = id;
        caller = order.caller();
        kind = order.kind();
        subject = order.subject();
        key = order.key();
        request = order.request();
        this.task = task;
        this.created = created;
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public String caller() {
        return caller;
    }

    String kind() {
        return kind;
    }

    /** What it is about, for people. */
    String subject() {
        return subject;
    }

    /** With which the caller may ask again; null for none. */
    @Nullable
    String key() {
        return key;
    }

    /** The digest of what was asked. */
    String request() {
        return request;
    }

    Task task() {
        return task;
    }

    Instant created() {
        return created;
    }

    @Override
    public synchronized State state() {
        if (ending != null) {
            return ending.state();
        }
        return task.started() == null ? State.QUEUED : State.RUNNING;
    }

    /** Whether it is in the catalogue, or about to be. */
    synchronized boolean isRecorded() {
        return recorded;
    }

    synchronized void recorded() {
        recorded = true;
    }

    /** It has its result, or was refused it. Whether it is the first to say so; nobody is told before {@link #tell}. */
    synchronized boolean end(@Nullable ObjectNode result, @Nullable Failure failure) {
        if (ending != null) {
            return false;
        }
        ending = new Ending(failure == null ? State.DONE : State.FAILED, Instant.now(), result, failure);
        return true;
    }

    /** Its end is to be known. */
    void tell() {
        List<Promise<Void>> woken;
        synchronized (this) {
            told = true;
            woken = waiters.release();
        }
        woken.forEach(Promise::complete);
        task.pulse().beat();
    }

    /** Says something of it, unless its end is known; that is not said meanwhile. */
    synchronized void unlessTold(Runnable saying) {
        if (!told) {
            saying.run();
        }
    }

    /** Whether its end is known. */
    synchronized boolean isTold() {
        return told;
    }

    @Override
    public synchronized @Nullable Failure failure() {
        return ending == null ? null : ending.failure();
    }

    /** Takes long for many layers, the first time that it has ended. */
    @Override
    public ObjectNode told() {
        ObjectNode last = end();
        return last == null ? going(task.facts().since(0)) : last;
    }

    /** What is told of its end, and how far it was then, made by the first who asks; null while it has not ended. */
    private @Nullable ObjectNode end() {
        Ending how;
        synchronized (this) {
            how = ending;
            if (how == null || end != null) {
                return end;
            }
        }
        ObjectNode told = head(how.state(), how.finished());
        put(told, task.facts().since(0));
        if (how.failure() != null) {
            told.set("problem", Problem.of(how.failure()).toJson());
        } else if (how.result() != null) {
            told.set("result", how.result());
        }
        synchronized (this) {
            if (end == null) {
                end = told;
            }
            return end;
        }
    }

    /** While its end is not known. */
    ObjectNode going(Facts.Part part) {
        ObjectNode told = head(state() == State.QUEUED ? State.QUEUED : State.RUNNING, null);
        put(told, part);
        return told;
    }

    /** Of how many layers it tells, now that it has ended. */
    int layers() {
        return told().path("layers").size();
    }

    @Override
    public News news(long known) {
        // Before anything is read, so that what comes meanwhile is told again and never left out.
        long number = task.pulse().beats();
        ObjectNode last = isTold() ? end() : null;
        if (last != null) {
            return new News(number, state(), last, true);
        }
        ObjectNode told = going(task.facts().since(known));
        return new News(number, state() == State.QUEUED ? State.QUEUED : State.RUNNING, told, false);
    }

    @Override
    public Future<Void> changed(long known) {
        return isTold() ? Future.succeededFuture() : task.pulse().after(known);
    }

    @Override
    public synchronized Future<Void> ended() {
        return told ? Future.succeededFuture() : waiters.join();
    }

    @Override
    public void leave(Future<Void> waiter) {
        task.pulse().leave(waiter);
        synchronized (this) {
            waiters.leave(waiter);
        }
    }

    @Override
    public int waiting() {
        int changes = task.pulse().waiting();
        synchronized (this) {
            return changes + waiters.size();
        }
    }

    /** As it is now: going on, or ended. */
    JobRecord record() {
        ObjectNode last = end();
        String told = Json.text(last == null ? going(task.facts().since(0)) : last);
        State now = last == null ? State.QUEUED : state();
        Instant end = last == null ? null : finished();
        return new JobRecord(id, caller, kind, now.toString(), created, end, key, request, told);
    }

    private synchronized @Nullable Instant finished() {
        return ending == null ? null : ending.finished();
    }

    private ObjectNode head(State now, @Nullable Instant end) {
        ObjectNode told = Json.object()
                .put("id", id)
                .put("kind", kind)
                .put("subject", subject)
                .put("state", now.toString())
                .put("created", created.toString());
        Instant started = task.started();
        if (started != null) {
            told.put("started", started.toString());
        }
        if (end != null) {
            told.put("finished", end.toString());
        }
        return told;
    }

    private static void put(ObjectNode told, Facts.Part part) {
        if (!part.notes().isEmpty()) {
            part.notes().forEach(told.putArray("notes")::add);
        }
        told.set("progress", part.total());
        told.set("layers", part.layers());
    }
}
