package io.varve.bus;

import io.vertx.core.AsyncResult;

/**
 * What goes to a flow without being a question: each question has an address for its answer, and a timer, which belongs to an
 * event loop and wakes it up twice. That is too much for every slab.
 */
sealed interface Handed extends Local permits Parcel, Mark {
    /** The flow is done with this, with all that came before it, or will never be. On the flow's context; returns at once. */
    void over(AsyncResult<?> done);
}
