package io.varve.job;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;

/**
 * Tells everybody on the bus how a job goes on, at {@code varve.events.job.<id>}: what is news since the last time, ten times a second
 * at most, and its end.
 */
final class Telling {
    private static final long PERIOD_MILLIS = 100;

    private final Vertx vertx;

    Telling(Vertx vertx) {
        this.vertx = vertx;
    }

    void follow(Job job) {
        tell(job, 0);
    }

    private void tell(Job job, long known) {
        job.changed(known).onComplete(changed -> {
            Job.News news = job.news(known);
            vertx.eventBus().publish(Jobs.EVENTS + job.id(), JsonObject.mapFrom(news.told()));
            if (!news.last()) {
                vertx.setTimer(PERIOD_MILLIS, passed -> tell(job, news.number()));
            }
        });
    }
}
