package io.varve.loadtest.simulation;

import static io.gatling.javaapi.core.CoreDsl.constantUsersPerSec;
import static io.gatling.javaapi.core.CoreDsl.doIf;
import static io.gatling.javaapi.core.CoreDsl.dummy;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.global;
import static io.gatling.javaapi.core.CoreDsl.group;
import static io.gatling.javaapi.core.CoreDsl.nothingFor;
import static io.gatling.javaapi.core.CoreDsl.percent;
import static io.gatling.javaapi.core.CoreDsl.randomSwitch;
import static io.gatling.javaapi.core.CoreDsl.scenario;
import static io.gatling.javaapi.core.CoreDsl.stopLoadGeneratorIf;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.PopulationBuilder;
import io.gatling.javaapi.core.Simulation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * When is it full? So many more ask each second from level to level ({@link Target#users()}), whether those before were answered or not:
 * 45 of 100 for an image, 45 for a range of a file and 10 for a build. It ends when those who wait are as many as arrive in two seconds.
 *
 * <p>Each level is a group of the report. What comes first, to warm the service up, is a group too.
 */
public final class Saturation extends Simulation {
    /** How long each level lasts. */
    public static final Duration LEVEL = Duration.ofSeconds(10);

    /** What the group of a level is called, behind the number of those who arrive in a second. */
    public static final String GROUP = " a second";

    /** What those are called whom the queue had no place for. */
    public static final String REFUSED = "refused (429)";

    private static final Duration WARM_UP = Duration.ofSeconds(20);
    private static final int SECONDS_WAITING = 2;

    // All streams of a connection share a window of 64 KiB here, which no setting of Gatling's raises: large answers
    // would wait for that.
    private static final int RANGE_KIB = 16;

    // Those who have come and have no answer yet. Gatling's users are on several threads.
    private final AtomicLong waiting = new AtomicLong();
    private final Calls calls;

    public Saturation() {
        Target target = Target.of(System.getProperties());
        calls = new Calls(target);
        int levels = Math.toIntExact(Math.max(1, target.time().dividedBy(LEVEL)));
        List<PopulationBuilder> populations = new ArrayList<>();
        populations.add(scenario("warm-up")
                .exec(visit("warm-up", Long.MAX_VALUE))
                .injectOpen(constantUsersPerSec(target.users()).during(WARM_UP)));
        for (int i = 0; i < levels; i++) {
            int rate = target.users() * (i + 1);
            String name = "%06d".formatted(rate) + GROUP;
            populations.add(scenario(name)
                    .exec(visit(name, (long) rate * SECONDS_WAITING))
                    .injectOpen(
                            nothingFor(WARM_UP.plus(LEVEL.multipliedBy(i))),
                            constantUsersPerSec(rate).during(LEVEL)));
        }
        setUp(populations)
                // Else each of them would have a handshake, and that is what would be measured.
                .protocols(Calls.protocol(target).shareConnections())
                .assertions(global().failedRequests().count().is(0L));
    }

    private ChainBuilder visit(String name, long most) {
        return exec(
                stopLoadGeneratorIf(
                        session -> "full: " + waiting.get() + " wait, with " + name, session -> waiting.get() > most),
                exec(session -> {
                    waiting.incrementAndGet();
                    return session;
                }),
                group(name).on(ask()),
                exec(session -> {
                    waiting.decrementAndGet();
                    return session;
                }));
    }

    private ChainBuilder ask() {
        return randomSwitch()
                .on(
                        percent(45).then(exec(calls.image())),
                        percent(45).then(exec(calls.range(RANGE_KIB))),
                        percent(10)
                                .then(exec(
                                        calls.buildOrRefusal(),
                                        doIf(session -> session.contains("refused") && session.getBoolean("refused"))
                                                .then(dummy(REFUSED, 0)))));
    }
}
