package io.varve.bus;

import io.varve.guard.WatchedVertx;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A bus with stages whose flows are on worker threads, and a context of somebody who sends to them. */
public abstract class StageWorld {
    protected static final long PATIENCE_S = 30;
    protected static final DeploymentOptions WORKER = new DeploymentOptions().setThreadingModel(ThreadingModel.WORKER);

    protected Vertx vertx;
    protected Bus bus;
    protected Context context;

    @BeforeEach
    void start() throws TimeoutException {
        vertx = WatchedVertx.create();
        bus = Bus.of(vertx);
        context = vertx.getOrCreateContext();
    }

    @AfterEach
    void close() throws TimeoutException {
        await(vertx.close());
    }

    protected void deploy(Stage<?> stage) throws TimeoutException {
        await(vertx.deployVerticle(stage));
    }

    protected static <T> T await(Future<T> future) throws TimeoutException {
        return future.await(PATIENCE_S, TimeUnit.SECONDS);
    }

    protected <T> T on(Supplier<Future<T>> work) throws TimeoutException {
        Promise<T> done = Promise.promise();
        context.runOnContext(now -> work.get().onComplete(done));
        return await(done.future());
    }
}
