package io.varve.loadtest;

import io.varve.loadtest.simulation.Saturation;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where a service is full.
 *
 * @param levels from the lowest to the highest
 * @param knee the last one before the first that was not taken easily; null if none was
 */
record Levels(List<Level> levels, @Nullable Level knee) {
    /** Reads may take that long at p95. */
    private static final int MILLIS = 250;

    /** Of each hundred that arrive so many have to be answered; the run may have ended before the others were. */
    private static final int ANSWERED = 95;

    /** @param rate how many arrived in a second; times are milliseconds, at p95 and p99 */
    record Level(
            int rate, long answered, long refused, long failed, int readP95, int readP99, int buildP95, int buildP99) {
        private static Level of(int rate, List<Figures> requests) {
            long refused = requests.stream()
                    .filter(each -> each.request().equals(Saturation.REFUSED))
                    .mapToLong(Figures::count)
                    .sum();
            List<Figures> asked = requests.stream()
                    .filter(each -> !each.request().equals(Saturation.REFUSED))
                    .toList();
            List<Figures> builds = asked.stream()
                    .filter(each -> each.request().equals("build"))
                    .toList();
            List<Figures> reads = asked.stream()
                    .filter(each -> !each.request().equals("build"))
                    .toList();
            return new Level(
                    rate,
                    asked.stream().mapToLong(Figures::count).sum() - refused,
                    refused,
                    asked.stream().mapToLong(Figures::failed).sum(),
                    reads.stream().mapToInt(Figures::p95).max().orElse(0),
                    reads.stream().mapToInt(Figures::p99).max().orElse(0),
                    builds.stream().mapToInt(Figures::p95).max().orElse(0),
                    builds.stream().mapToInt(Figures::p99).max().orElse(0));
        }

        private boolean easy() {
            long arrived = rate * Saturation.LEVEL.toSeconds();
            return readP95 <= MILLIS && refused == 0 && failed == 0 && answered * 100 >= arrived * ANSWERED;
        }
    }

    static Levels of(List<Figures> requests) {
        Map<String, List<Figures>> groups = requests.stream()
                .filter(each -> each.group().endsWith(Saturation.GROUP))
                .collect(Collectors.groupingBy(Figures::group, TreeMap::new, Collectors.toList()));
        List<Level> levels = groups.entrySet().stream()
                .map(group -> Level.of(
                        Integer.parseInt(
                                group.getKey().substring(0, group.getKey().indexOf(' '))),
                        group.getValue()))
                .toList();
        Level knee = null;
        for (Level level : levels) {
            if (!level.easy()) {
                break;
            }
            knee = level;
        }
        return new Levels(levels, knee);
    }
}
