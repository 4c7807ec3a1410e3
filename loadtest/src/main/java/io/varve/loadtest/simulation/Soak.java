package io.varve.loadtest.simulation;

import static io.gatling.javaapi.core.CoreDsl.global;

import io.gatling.javaapi.core.Simulation;
import java.time.Duration;

/** Does anything grow that should not? The same mix for long, at a rate that leaves the machine some of its time. */
public final class Soak extends Simulation {
    private static final Duration THINK = Duration.ofMillis(200);

    public Soak() {
        Target target = Target.of(System.getProperties());
        setUp(Mix.of(target, THINK))
                .protocols(Calls.protocol(target))
                .assertions(global().failedRequests().count().is(0L));
    }
}
