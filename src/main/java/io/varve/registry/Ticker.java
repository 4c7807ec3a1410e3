package io.varve.registry;

import io.vertx.core.Vertx;

/**
 * Calls again and again until it is closed, always on the very context on which it was made; periodic timers of Vert.x make
 * contexts of their own. Owned by that context.
 */
final class Ticker implements AutoCloseable {
    private final Vertx vertx;
    private final long millis;
    private final Runnable tick;
    private long timer;
    private boolean closed;

    Ticker(Vertx vertx, long millis, Runnable tick) {
        this.vertx = vertx;
        this.millis = millis;
        this.tick = tick;
        arm();
    }

    private void arm() {
        timer = vertx.setTimer(millis, ignored -> {
            tick.run();
            if (!closed) {
                arm();
            }
        });
    }

    @Override
    public void close() {
        closed = true;
        vertx.cancelTimer(timer);
    }
}
