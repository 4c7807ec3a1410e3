package io.varve.api;

import io.varve.auth.Action;
import io.varve.job.Order;
import io.varve.oci.Reference;
import io.vertx.core.Future;

/** Pulls over HTTP. */
final class PullFace {
    private final PullOrders orders;
    private final JobFace jobs;

    PullFace(PullOrders orders, JobFace jobs) {
        this.orders = orders;
        this.jobs = jobs;
    }

    Future<Void> create(Exchange exchange) {
        Order order = orders.order(
                exchange.caller(), exchange.isLocal(), exchange.body(), exchange.header("Idempotency-Key"));
        // By the socket everything may be pulled, layouts too, which are no reference.
        if (!exchange.isLocal()) {
            exchange.require(
                    Action.PULL,
                    Reference.normalized(exchange.body().get("image").textValue()));
        }
        return jobs.order(exchange, order);
    }
}
