package io.varve.api;

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
        return jobs.order(
                exchange,
                orders.order(
                        exchange.caller(), exchange.isLocal(), exchange.body(), exchange.header("Idempotency-Key")));
    }
}
