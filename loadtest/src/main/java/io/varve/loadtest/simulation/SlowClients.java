package io.varve.loadtest.simulation;

import static io.gatling.javaapi.core.CoreDsl.dummy;
import static io.gatling.javaapi.core.CoreDsl.during;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.group;
import static io.gatling.javaapi.core.CoreDsl.nothingFor;
import static io.gatling.javaapi.core.CoreDsl.pause;
import static io.gatling.javaapi.core.CoreDsl.rampUsers;
import static io.gatling.javaapi.core.CoreDsl.repeat;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Simulation;
import java.time.Duration;

/**
 * Do those who are slow keep others waiting? Quick users read and build, for a third of the time alone, and for the rest beside slow
 * clients: {@link Target#users()} who read a large file and a quarter as many who push a blob, {@link Pace#BYTES} a second each. What the
 * quick ones wait is a group of the report for each of the two.
 */
public final class SlowClients extends Simulation {
    /** What the quick ones wait while nobody is slow. */
    public static final String ALONE = "alone";

    public static final String BESIDE = "beside slow clients";

    private static final int RANGE_KIB = 128;
    private static final Duration THINK = Duration.ofMillis(50);
    private static final Duration ARRIVAL = Duration.ofSeconds(2);
    private static final Duration SLOW_ARRIVAL = Duration.ofSeconds(5);
    private static final int QUICK = 8;

    private final Calls calls;
    private final SlowCrowd crowd;

    public SlowClients() {
        Target target = Target.of(System.getProperties());
        calls = new Calls(target);
        crowd = new SlowCrowd(target);
        Duration alone = target.time().dividedBy(3);
        Duration beside = target.time().minus(alone);
        setUp(
                        quick(ALONE, Duration.ZERO, alone.minus(ARRIVAL)),
                        quick(BESIDE, alone.plus(SLOW_ARRIVAL), beside.minus(SLOW_ARRIVAL)),
                        scenario("slow clients")
                                .exec(slow(beside))
                                .injectOpen(nothingFor(alone), rampUsers(1).during(1)))
                .protocols(Calls.protocol(target))
                .assertions(global().failedRequests().count().is(0L));
    }

    private PopulationBuilder quick(String name, Duration after, Duration time) {
        ChainBuilder all = exec(
                calls.image(),
                pause(THINK),
                calls.range(RANGE_KIB),
                pause(THINK),
                calls.smallFile(),
                pause(THINK),
                calls.directory(),
                pause(THINK),
                calls.build(),
                pause(THINK));
        return scenario(name)
                .exec(during(time).on(group(name).on(all)))
                .injectOpen(nothingFor(after), rampUsers(QUICK).during(ARRIVAL));
    }

    /** Gatling reads as fast as it can, so that they are no users of its own; it is told of those that failed. */
    private ChainBuilder slow(Duration time) {
        return exec(
                exec(session -> {
                    crowd.begin();
                    return session;
                }),
                pause(time),
                exec(session -> session.set("failed", crowd.end())),
                repeat("#{failed}")
                        .on(dummy("slow client", 0).withSuccess(false).withSessionUpdate(session -> session)));
    }
}
