package io.varve.distribution;

import io.varve.bus.InTurn;
import io.varve.http.Incoming;
import io.varve.http.Reader;
import io.varve.http.Shared;
import io.vertx.core.Future;

/**
 * Manifests whose layers are decoded before they are put. A few bytes may decode to very many, so whoever brings them has a turn for each
 * layer and waits behind the others for the next one, and nothing is decoded for whoever has gone. Belongs to one event loop.
 */
final class Checks {
    /** Layers that are decoded, which takes cores and memory. */
    private static final int AT_ONCE = 2;

    /** Manifests that are at it. */
    private static final int MOST = 64;

    /** The part of the memory for bodies that those may hold, as a divisor: the rest is for whoever has nothing to be checked. */
    private static final int SHARE = 2;

    private final Publication publication;
    private final Incoming incoming;
    private final Shared turns;
    private int manifests;
    private long held;

    Checks(Publication publication, Incoming incoming) {
        this.publication = publication;
        this.incoming = incoming;
        turns = incoming.shared(AT_ONCE);
    }

    /**
     * Whether all that an image says of its layers is so.
     *
     * @param bytes of memory that are kept for it meanwhile
     */
    Future<Void> check(Publication.Offer offer, long bytes, Reader reader) {
        if (offer.claims().isEmpty()) {
            return Future.succeededFuture();
        }
        if (manifests == MOST || (manifests > 0 && held + bytes > incoming.memory() / SHARE)) {
            return Future.failedFuture(Refusal.manyChecks());
        }
        manifests++;
        held += bytes;
        return InTurn.each(
                        offer.claims().entrySet(),
                        claim -> turns.with(
                                1, reader, () -> publication.check(claim.getKey(), claim.getValue(), reader.gone())))
                .onComplete(done -> {
                    manifests--;
                    held -= bytes;
                });
    }
}
