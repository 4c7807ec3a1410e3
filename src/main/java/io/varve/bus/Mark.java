package io.varve.bus;

import io.vertx.core.AsyncResult;
import io.vertx.core.Handler;

/**
 * Says nothing to a flow; it is over when all that was sent before it is.
 *
 * @param over hears what became of it, on the flow's context
 */
record Mark(Handler<AsyncResult<?>> over) implements Handed {
    @Override
    public void over(AsyncResult<?> done) {
        over.handle(done);
    }
}
