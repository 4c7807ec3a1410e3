package io.varve.bus;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Optional;

/**
 * Where one producer's slabs go, in order, with a bound on how many of them are on their way:
 *
 * <pre>
 *   sink.hand(slab);
 *   sink.ready().onComplete(…the next one, or the end of it all…)
 * </pre>
 *
 * <p>Belongs to the producer's context: called there, and its futures complete there.
 */
public interface SlabSink {

    /** Takes the slab over, whatever becomes of it: who called does not touch it again. Only when {@link #ready}. */
    void hand(ByteBuf owned);

    /**
     * Completes when one more slab may be handed over, at once if there is room. Fails when the receiver wants no more: it
     * failed or was cancelled, and nothing that is handed over from now on is of use.
     */
    Future<Void> ready();

    /**
     * Fails when the receiver wants no more, for producers that wait for something else meanwhile; never succeeds. By default
     * only {@link #ready} says so.
     */
    default Future<Void> broken() {
        return Promise.<Void>promise().future();
    }

    /**
     * Memory for bytes that come before it is their turn to be handed over; it is given back once they were. By default, and whenever
     * there is none to spare, empty: then they are not to come before.
     */
    default Optional<Budget.Reservation> spare(long bytes) {
        return Optional.empty();
    }
}
