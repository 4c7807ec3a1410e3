package io.varve.api;

import io.varve.auth.Action;
import io.varve.job.Order;
import io.vertx.core.Future;

/** Pushes over HTTP. */
final class PushFace {
    private final PushOrders orders;
    private final JobFace jobs;
    private final Sight sight;

    PushFace(PushOrders orders, JobFace jobs, Sight sight) {
        this.orders = orders;
        this.jobs = jobs;
        this.sight = sight;
    }

    /** Where it goes to, he has to be allowed to push; what goes there, he has to be allowed to see. */
    Future<Void> create(Exchange exchange) {
        Order order = orders.order(
                exchange.caller(), exchange.isLocal(), exchange.body(), exchange.header("Idempotency-Key"));
        exchange.require(Action.PUSH, PushOrders.destination(exchange.body()));
        return sight.require(exchange.scopes(), Action.READ, PushOrders.image(exchange.body()))
                .compose(seen -> jobs.order(exchange, order));
    }
}
