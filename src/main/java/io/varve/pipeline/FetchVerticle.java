package io.varve.pipeline;

import io.varve.bus.Budget;
import io.varve.bus.Bus;
import io.varve.bus.Here;
import io.varve.bus.Local;
import io.varve.bus.Outlet;
import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.util.function.LongConsumer;

/** The stage that fetches: it lets bytes of a source into a flow, on an event loop. */
final class FetchVerticle extends VerticleBase {
    static final String ADDRESS = "varve.stage.fetch";

    /**
     * What to fetch.
     *
     * @param place where the bytes come from, as the budget has it
     * @param offset where in the flow's stream the first byte belongs
     * @param to the flow
     * @param fetched hears how far in the stream it is; returns at once
     * @param stop ends it when it fails
     */
    record Fetch(Feed feed, String place, long offset, String to, LongConsumer fetched, Future<Void> stop)
            implements Local {}

    private final Bus bus;
    private final Budget budget;

    /** @param budget of which feeds may have what nobody else wants */
    FetchVerticle(Bus bus, Budget budget) {
        this.bus = bus;
        this.budget = budget;
    }

    @Override
    public Future<?> start() {
        return bus.serve(ADDRESS, this::fetch).completion();
    }

    /** Completes when the flow has taken everything. */
    private Future<Void> fetch(Fetch fetch) {
        Outlet outlet = new Outlet(
                bus, fetch.to(), fetch.offset(), fetch.fetched(), bytes -> budget.spare(fetch.place(), bytes));
        Here.on(context, fetch.stop()).onFailure(reason -> outlet.fail(Failure.from(reason)));
        // A feed that fails in the middle has handed over what the next attempt is not to ask for again.
        return fetch.feed().into(outlet, context).transform((all, failed) -> {
            Future<Void> taken = outlet.taken();
            return failed == null ? taken : taken.transform((done, lost) -> Future.failedFuture(failed));
        });
    }
}
