package io.varve.pipeline;

import io.varve.bus.SlabSink;
import io.vertx.core.Context;
import io.vertx.core.Future;

/** Bytes that come from somewhere, slab by slab. */
@FunctionalInterface
public interface Feed {

    /**
     * Hands them over, as fast as the sink takes them and never beyond the announced size.
     *
     * @param context an event loop's, which this is called on and where the sink belongs
     * @return completes when the last slab was handed over, of a blob that ended early too; fails when they cannot be had,
     *     or the sink wants no more, and then nothing is done any more
     */
    Future<Void> into(SlabSink sink, Context context);
}
