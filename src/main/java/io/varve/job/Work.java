package io.varve.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.pipeline.Cancellation;
import io.varve.pipeline.PullListener;
import io.vertx.core.Future;

/** What a task does when its turn has come. */
@FunctionalInterface
public interface Work {
    /**
     * Called once, on any thread; returns at once.
     *
     * @param wanted ends the work when it is cancelled
     * @param listener hears how far it is
     * @return what callers are told of the result; fails with a {@link io.varve.failure.Failure}
     */
    Future<ObjectNode> begin(Cancellation wanted, PullListener listener);
}
