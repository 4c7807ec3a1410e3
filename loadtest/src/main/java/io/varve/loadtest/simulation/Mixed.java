package io.varve.loadtest.simulation;

import static io.gatling.javaapi.core.CoreDsl.global;

import io.gatling.javaapi.core.Simulation;
import java.time.Duration;

/** Does each get what he asked for while others pull, build and read? */
public final class Mixed extends Simulation {
    private static final Duration THINK = Duration.ofMillis(50);

    public Mixed() {
        Target target = Target.of(System.getProperties());
        setUp(Mix.of(target, THINK))
                .protocols(Calls.protocol(target))
                .assertions(global().failedRequests().count().is(0L));
    }
}
