package io.varve.registry;

import io.varve.bus.SlabSink;
import io.varve.oci.Descriptor;
import io.vertx.core.Future;

/** A blob that somebody has and a registry is to be given. Belongs to the context that uploads it. */
public interface Offer {
    Descriptor blob();

    /**
     * Hands the blob over from an offset on, as {@link Registry#blob} does. Begun again where a registry wants something once more;
     * the sink of the time before wants no more then.
     */
    Future<Void> from(long offset, SlabSink sink);

    /** So many bytes of it are on their way to the registry, or there; fewer than before when some have to be sent again. */
    void sent(long bytes);

    /** Fails when nobody wants it uploaded any more; never succeeds. */
    Future<Void> withdrawn();
}
