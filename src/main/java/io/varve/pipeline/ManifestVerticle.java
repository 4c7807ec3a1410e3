package io.varve.pipeline;

import io.varve.bus.Bus;
import io.varve.bus.Here;
import io.varve.bus.Local;
import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.util.concurrent.Callable;

/**
 * The stage that reads manifests: a plan is made by a virtual thread of its own, because each document has to be read before it
 * is known which is the next.
 */
final class ManifestVerticle extends VerticleBase {
    static final String ADDRESS = "varve.stage.manifest";

    /**
     * What to read.
     *
     * @param planning blocks until it is done or interrupted
     * @param stop ends it when it fails
     */
    record Plan<T>(Callable<T> planning, Future<Void> stop) implements Local {}

    private final Bus bus;

    ManifestVerticle(Bus bus) {
        this.bus = bus;
    }

    @Override
    public Future<?> start() {
        return bus.<Plan<Object>, Object>serve(ADDRESS, this::plan).completion();
    }

    private Future<Object> plan(Plan<Object> plan) {
        Promise<Object> made = Promise.promise();
        Thread planner = Thread.ofVirtual().name("plan").unstarted(() -> {
            try {
                made.complete(plan.planning().call());
            } catch (Throwable thrown) {
                made.fail(Failure.from(thrown));
            }
        });
        plan.stop().onFailure(reason -> planner.interrupt());
        planner.start();
        return Here.on(context, made.future());
    }
}
