package io.varve.loadtest.simulation;

import static io.gatling.javaapi.core.CoreDsl.during;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.listFeeder;
import static io.gatling.javaapi.core.CoreDsl.pause;
import static io.gatling.javaapi.core.CoreDsl.rampUsers;
import static io.gatling.javaapi.core.CoreDsl.scenario;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.PopulationBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Users who do the same again and again, each on a connection of his own, with a while between: a quarter pull (one user for each image at
 * most), a quarter build, and the others read.
 */
final class Mix {
    private static final int RANGE_KIB = 128;
    private static final Duration ARRIVAL = Duration.ofSeconds(5);

    private Mix() {}

    /** @param think between what a reader asks for; those who build take twice that, and those who pull ten times as long */
    static List<PopulationBuilder> of(Target target, Duration think) {
        Calls calls = new Calls(target);
        int pulling = Math.clamp(target.users() / 4, 1, target.images().size());
        int building = Math.max(1, target.users() / 4);
        int reading = Math.max(1, target.users() - pulling - building);
        List<Map<String, Object>> images = target.images().stream()
                .map(image -> Map.<String, Object>of("image", image, "path", Target.path(image)))
                .toList();
        ChainBuilder pull = exec(Calls.pullAnew(), pause(think.multipliedBy(10)));
        ChainBuilder build =
                exec(calls.build(), pause(think.multipliedBy(2)), calls.watchedBuild(), pause(think.multipliedBy(2)));
        ChainBuilder read = exec(
                calls.image(),
                pause(think),
                calls.range(RANGE_KIB),
                pause(think),
                calls.directory(),
                pause(think),
                calls.smallFile(),
                pause(think),
                calls.unchangedFile(),
                pause(think),
                calls.largeFile(),
                pause(think));
        return List.of(
                scenario("those who pull")
                        .feed(listFeeder(images))
                        .exec(during(target.time()).on(pull))
                        .injectOpen(rampUsers(pulling).during(ARRIVAL)),
                scenario("those who build")
                        .exec(during(target.time()).on(build))
                        .injectOpen(rampUsers(building).during(ARRIVAL)),
                scenario("those who read")
                        .exec(during(target.time()).on(read))
                        .injectOpen(rampUsers(reading).during(ARRIVAL)));
    }
}
