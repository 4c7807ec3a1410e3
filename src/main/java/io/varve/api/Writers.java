package io.varve.api;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/**
 * Does what changes the store or what is mounted. That may have to wait until another process lets go of it, so nobody who only
 * reads waits behind it. Any thread.
 */
record Writers(WorkerExecutor workers) {
    private static final int WORKERS = 8;

    static Writers of(Vertx vertx) {
        return new Writers(
                vertx.createSharedWorkerExecutor("varve-writers", WORKERS, Long.MAX_VALUE, TimeUnit.NANOSECONDS));
    }

    <T> Future<T> write(Callable<T> blocking) {
        return workers.executeBlocking(blocking, false).map(Objects::requireNonNull);
    }
}
