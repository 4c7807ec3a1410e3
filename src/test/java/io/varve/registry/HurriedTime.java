package io.varve.registry;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;

/** Time that passes faster, and in which pauses are only written down. */
final class HurriedTime implements Time {
    private final Vertx vertx;
    private final List<Duration> pauses = new CopyOnWriteArrayList<>();
    private final Promise<Void> waiting = Promise.promise();
    private volatile int speed = 1;
    private volatile boolean stopped;

    HurriedTime(Vertx vertx) {
        this.vertx = vertx;
    }

    /** From now on, that much faster. */
    void hurry(int times) {
        speed = times;
    }

    /** No pause ends any more before it is useless. Completes when somebody waits for one. */
    Future<Void> stop() {
        stopped = true;
        return waiting.future();
    }

    /** What was waited, in order, if it had been. */
    List<Duration> pauses() {
        return pauses;
    }

    @Override
    public long nanos() {
        return System.nanoTime() * speed;
    }

    @Override
    public Instant now() {
        return Instant.now();
    }

    @Override
    public Future<Void> pause(Duration duration, BooleanSupplier useless) {
        pauses.add(duration);
        if (!stopped) {
            return vertx.timer(1).mapEmpty();
        }
        waiting.tryComplete();
        return untilUseless(useless);
    }

    private Future<Void> untilUseless(BooleanSupplier useless) {
        return vertx.timer(1)
                .compose(ignored -> useless.getAsBoolean() ? Future.succeededFuture() : untilUseless(useless));
    }
}
