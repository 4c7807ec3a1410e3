package io.varve.registry;

import io.vertx.core.Future;

/** What one endpoint can be asked, as often as it takes. Its text says what is being done, for a failure. */
interface Question<T> {

    /** One attempt; fails with a {@link Setback}, or with a failure that will not pass. */
    Future<T> ask(Endpoint endpoint);

    /** Whether nobody waits for the answer any more. */
    default boolean unwanted() {
        return false;
    }

    /** How much came of it so far, over all attempts: a failure after more came is not counted with those before. */
    default long position() {
        return 0;
    }
}
