package io.varve.bus;

import io.vertx.core.Future;

/**
 * One stream's way through one stage. Its messages come one at a time, on its own context: the next one when the future of
 * the one before has completed. After a failure there are no more.
 */
public interface Flow {

    /**
     * @param message a {@link Parcel}, whose slab the flow claims and then owns; {@link End}; or what the stage knows besides
     * @return for a parcel: there is room for another
     */
    Future<?> receive(Local message);

    /** It will be closed as soon as the message it is at is done: what that waits for is waited for no more. At once. */
    default void cancel() {}

    /** Gives back what it holds, whether it came to its end or not. Once, between two messages; may block. */
    void close();
}
