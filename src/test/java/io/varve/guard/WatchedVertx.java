package io.varve.guard;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Where tests get their Vert.x: one that reports an event loop blocked for more than 100 ms, which then fails the test.
 * The caller closes it.
 */
public final class WatchedVertx {
    private static final int LIMIT_MS = 100;
    private static final int INTERVAL_MS = 50;
    private static final int PATIENCE_S = 30;

    private static boolean warm;

    private WatchedVertx() {}

    public static synchronized Vertx create() throws TimeoutException {
        if (!warm) {
            warmUp();
            warm = true;
        }
        return Vertx.vertx(new VertxOptions()
                .setMaxEventLoopExecuteTime(LIMIT_MS)
                .setMaxEventLoopExecuteTimeUnit(TimeUnit.MILLISECONDS)
                .setBlockedThreadCheckInterval(INTERVAL_MS)
                .setBlockedThreadCheckIntervalUnit(TimeUnit.MILLISECONDS));
    }

    /** Loading classes takes an event loop longer than the limit; it happens once, on a loop that is not watched so closely. */
    private static void warmUp() throws TimeoutException {
        Vertx vertx = Vertx.vertx();
        vertx.eventBus().<String>localConsumer("warm-up", message -> message.reply(message.body()));
        Future<Void> warmed = vertx.eventBus()
                .<String>request("warm-up", "")
                .compose(reply -> vertx.executeBlocking(reply::body, false))
                .compose(body -> vertx.timer(1))
                .mapEmpty();
        warmed.await(PATIENCE_S, TimeUnit.SECONDS);
        // Not composed: a loop cannot report its own end.
        vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
    }
}
