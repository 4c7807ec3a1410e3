package io.varve.api;

import io.varve.bus.Here;
import io.varve.http.Outgoing;
import io.varve.job.Job;
import io.varve.oci.Json;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;

/**
 * A job as server-sent events. What is told next is what changed since the last event that was written, so a reader who is slow is
 * told less often and holds nothing. Belongs to one event loop.
 */
final class EventStream {
    private static final long PERIOD_MILLIS = 100;

    /** Whoever is between us and the reader takes silence for the end. */
    private static final long SIGN_OF_LIFE_MILLIS = 15_000;

    private static final Buffer SIGN_OF_LIFE = Buffer.buffer(":\n\n");

    private final Context context;
    private final Outgoing outgoing;
    private final Exchange exchange;
    private final Job job;
    private final Promise<Void> sent = Promise.promise();
    // For the next change.
    private Future<Void> waiting = Future.succeededFuture();

    EventStream(Context context, Outgoing outgoing, Exchange exchange, Job job) {
        this.context = context;
        this.outgoing = outgoing;
        this.exchange = exchange;
        this.job = job;
    }

    /**
     * @param known the last event that the reader has
     * @return completes when the last one was written; fails when the reader has gone
     */
    Future<Void> from(long known) {
        response().putHeader("Content-Type", "text/event-stream").putHeader("Cache-Control", "no-store");
        if (exchange.isHead()) {
            return exchange.reader().takes(response().end());
        }
        response().setChunked(true);
        long signs = context.owner().setPeriodic(SIGN_OF_LIFE_MILLIS, passed -> {
            if (!exchange.reader().isBehind()) {
                exchange.reader().takes(response().write(SIGN_OF_LIFE));
            }
        });
        exchange.reader().gone().onFailure(sent::tryFail);
        tell(known);
        return sent.future().onComplete(done -> {
            context.owner().cancelTimer(signs);
            job.leave(waiting);
        });
    }

    private void tell(long known) {
        outgoing.disk(() -> Event.of(job.news(known)))
                .compose(event ->
                        exchange.reader().takes(response().write(event.text())).map(event))
                .onSuccess(this::written)
                .onFailure(sent::tryFail);
    }

    private void written(Event event) {
        if (event.last()) {
            exchange.reader().takes(response().end()).onComplete(sent::tryComplete, sent::tryFail);
        } else {
            context.owner().setTimer(PERIOD_MILLIS, passed -> await(event.number()));
        }
    }

    private void await(long known) {
        if (!sent.future().isComplete()) {
            waiting = job.changed(known);
            Here.on(context, waiting).onComplete(changed -> {
                if (!sent.future().isComplete()) {
                    tell(known);
                }
            });
        }
    }

    /** What is written of a change. */
    private record Event(long number, boolean last, Buffer text) {
        /** What there is to tell of many layers is large: a worker's work. */
        static Event of(Job.News news) {
            String name = news.last() ? news.state().toString() : "progress";
            Buffer text = Buffer.buffer()
                    .appendString("id: " + news.number() + "\nevent: " + name + "\ndata: ")
                    .appendBytes(Json.write(news.told()))
                    .appendString("\n\n");
            return new Event(news.number(), news.last(), text);
        }
    }

    private HttpServerResponse response() {
        return exchange.response();
    }
}
