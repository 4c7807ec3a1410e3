package io.varve.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.bus.Here;
import io.varve.failure.Failure;
import io.varve.http.Outgoing;
import io.varve.job.Admission;
import io.varve.job.Job;
import io.varve.job.Jobs;
import io.varve.job.Order;
import io.varve.oci.Json;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Jobs over HTTP: ordered, listed, shown, cancelled. Belongs to one event loop. */
final class JobFace {
    private static final Pattern WAIT = Pattern.compile("(?:^|[,;\\s])wait=([0-9]{1,9})(?:$|[,;\\s])");
    private static final int LISTED = 100;
    private static final int LISTED_TOGETHER = 20;
    private static final int LISTED_LAYERS = 10_000;

    /** Longer than that nobody is kept waiting; the job goes on. */
    private static final long MOST_WAIT_S = 600;

    private final Context context;
    private final Jobs jobs;
    private final Outgoing outgoing;

    JobFace(Context context, Jobs jobs, Outgoing outgoing) {
        this.context = context;
        this.jobs = jobs;
        this.outgoing = outgoing;
    }

    /** Answers with the job: at once, or, when the caller prefers to wait, when it has ended or the time is over. */
    Future<Void> order(Exchange exchange, Order order) {
        return submitted(order).compose(accepted -> answered(exchange, accepted.job()));
    }

    /** The same of an order without a key and with an upload, which is read first, unless the job does not need it to its end. */
    Future<Void> order(Exchange exchange, Order order, Upload upload) {
        return submitted(order)
                .onFailure(refused -> upload.stop())
                .compose(accepted -> read(accepted, upload)
                        .onFailure(broken -> jobs.cancel(accepted.job()))
                        .compose(read -> {
                            if (!upload.whole().succeeded()) {
                                upload.stop();
                                exchange.reader().stopListening();
                            }
                            return answered(exchange, accepted.job());
                        }));
    }

    private Future<Void> read(Admission.Accepted accepted, Upload upload) {
        Promise<Void> first = Promise.promise();
        Future<Void> end = accepted.job().ended();
        Here.on(context, end).onComplete(ended -> first.tryComplete());
        upload.whole().onComplete(first::tryComplete, first::tryFail);
        return first.future().onComplete(read -> accepted.job().leave(end));
    }

    private Future<Admission.Accepted> submitted(Order order) {
        return Here.on(context, jobs.submit(order)).map(admission -> switch (admission) {
            case Admission.Accepted accepted -> accepted;
            case Admission.Full(int queued, int retrySeconds) -> throw Refused.full(queued, retrySeconds);
            case Admission.KeyTaken(Job job) -> throw Refused.keyTaken(job.id());
            case Admission.Ending ending -> throw Refused.ending();
        });
    }

    private Future<Void> answered(Exchange exchange, Job job) {
        return ended(exchange, job, wait(exchange.list("Prefer")))
                .compose(ended -> ended ? finished(exchange, job) : going(exchange, job));
    }

    private static long wait(String prefer) {
        Matcher wait = WAIT.matcher(prefer);
        return wait.find() ? Math.min(Long.parseLong(wait.group(1)), MOST_WAIT_S) : 0;
    }

    /** Whether it ended in that time; a job whose caller went away goes on. */
    private Future<Boolean> ended(Exchange exchange, Job job, long seconds) {
        if (seconds == 0) {
            return Future.succeededFuture(false);
        }
        exchange.response().putHeader("Preference-Applied", "wait=" + seconds);
        Promise<Boolean> first = Promise.promise();
        long timer = context.owner().setTimer(TimeUnit.SECONDS.toMillis(seconds), passed -> first.tryComplete(false));
        Future<Void> end = job.ended();
        Here.on(context, end).onComplete(done -> first.tryComplete(true));
        exchange.reader().gone().onFailure(first::tryFail);
        return first.future().onComplete(done -> {
            context.owner().cancelTimer(timer);
            job.leave(end);
        });
    }

    private Future<Void> finished(Exchange exchange, Job job) {
        exchange.response().putHeader("Location", location(job));
        return tell(exchange, 200, job);
    }

    /** Written by a worker: what is told of many layers is large, and is read again where the job is not remembered. */
    private Future<Void> tell(Exchange exchange, int status, Job job) {
        return outgoing.disk(() -> Json.write(job.told()))
                .compose(told -> exchange.answer(status, "application/json", told));
    }

    private Future<Void> going(Exchange exchange, Job job) {
        return Here.on(context, jobs.acknowledge(job))
                .recover(thrown -> {
                    // Nobody was promised it.
                    jobs.cancel(job);
                    return Future.failedFuture(thrown);
                })
                .compose(durable -> {
                    exchange.response().putHeader("Location", location(job));
                    return tell(exchange, 202, job);
                });
    }

    private static String location(Job job) {
        return "/v1/jobs/" + job.id();
    }

    /** As many as are asked for, or as have so many layers: what is told of one may be large. */
    Future<Void> list(Exchange exchange) {
        String state = exchange.query("state");
        Listing listing = new Listing(
                exchange.caller(),
                state == null ? null : Job.State.valueOf(state.toUpperCase(Locale.ROOT)),
                exchange.query("limit", LISTED));
        return listing.behind(exchange.query("after")).compose(page -> exchange.answer(200, "application/json", page));
    }

    /** A page on its way: some jobs at a time are had, so that no more of them are in memory. */
    private final class Listing {
        private final String caller;
        private final Job.@Nullable State state;
        private final int limit;
        private final ObjectNode page = Json.object();
        private final ArrayNode listed = page.putArray("jobs");
        private int layers;

        Listing(String caller, Job.@Nullable State state, int limit) {
            this.caller = caller;
            this.state = state;
            this.limit = limit;
        }

        Future<byte[]> behind(@Nullable String last) {
            return Here.on(context, jobs.list(caller, state, last, LISTED_TOGETHER))
                    .compose(found -> outgoing.disk(() -> isFull(found)))
                    .compose(full -> full
                            ? outgoing.disk(() -> Json.write(page))
                            : behind(listed.path(listed.size() - 1).path("id").textValue()));
        }

        /** Takes them onto the page; whether that has all that there are, or as many as it takes. */
        private boolean isFull(List<Job> found) {
            for (Job job : found) {
                if (listed.size() == limit || layers >= LISTED_LAYERS) {
                    page.put("next", listed.get(listed.size() - 1).get("id").textValue());
                    return true;
                }
                ObjectNode told = job.told();
                listed.add(told);
                layers += told.path("layers").size();
            }
            return found.size() < LISTED_TOGETHER;
        }
    }

    Future<Void> get(Exchange exchange) {
        return found(exchange).compose(job -> tell(exchange, 200, job));
    }

    Future<Void> cancel(Exchange exchange) {
        return found(exchange).compose(job -> {
            jobs.cancel(job);
            return Here.on(context, job.ended()).compose(ended -> tell(exchange, 200, job));
        });
    }

    Future<Void> events(Exchange exchange) {
        String last = exchange.header("Last-Event-ID");
        long known = last == null ? 0 : Long.parseLong(last);
        return found(exchange).compose(job -> new EventStream(context, outgoing, exchange, job).from(known));
    }

    /** Whoever's job it is not learns no more than that he has none. */
    private Future<Job> found(Exchange exchange) {
        String id = exchange.path("id");
        return Here.on(context, jobs.find(id))
                .map(found -> found.filter(job -> job.caller().equals(exchange.caller()))
                        .orElseThrow(() -> Failure.notFound("got no job " + id)));
    }
}
