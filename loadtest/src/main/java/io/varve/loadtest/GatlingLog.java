package io.varve.loadtest;

import io.gatling.charts.stats.GeneralStats;
import io.gatling.charts.stats.Group;
import io.gatling.charts.stats.LogFileData;
import io.gatling.charts.stats.LogFileReader;
import io.gatling.charts.stats.RequestStatsPath;
import io.gatling.commons.stats.KO$;
import io.gatling.core.config.GatlingConfiguration;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

/**
 * What Gatling has written of a run, read as its report reads it. Reports are for people: there is nothing in them for programs, and the
 * reader is no API of Gatling's, so that another version of it may want another one of this.
 */
final class GatlingLog {
    private final LogFileData data;

    /** @param report the directory of the run */
    GatlingLog(Path report) {
        data = LogFileReader.apply(report.getFileName().toString(), report.getParent(), GatlingConfiguration.load())
                .read();
    }

    Figures all() {
        return figures("", "all", Option.empty(), Option.empty());
    }

    List<Figures> requests() {
        return CollectionConverters.asJava(data.statsPaths()).stream()
                .flatMap(path -> path instanceof RequestStatsPath request ? Stream.of(request) : Stream.empty())
                .map(path -> figures(
                        path.group().isEmpty() ? "" : path.group().get().name(),
                        path.request(),
                        Option.apply(path.request()),
                        path.group()))
                .toList();
    }

    /** How often what went wrong, most often first. */
    List<String> problems() {
        return CollectionConverters.asJava(data.errors(Option.empty(), Option.empty())).stream()
                .map(error -> error.count() + " times " + error.message())
                .toList();
    }

    private Figures figures(String group, String title, Option<String> request, Option<Group> of) {
        Option<GeneralStats> all = data.requestGeneralStats(request, of, Option.empty());
        Option<GeneralStats> failed = data.requestGeneralStats(request, of, Option.apply(KO$.MODULE$));
        if (all.isEmpty()) {
            return new Figures(group, title, 0, 0, 0, 0, 0, 0, 0);
        }
        GeneralStats stats = all.get();
        return new Figures(
                group,
                title,
                stats.count(),
                failed.isEmpty() ? 0 : failed.get().count(),
                stats.meanRequestsPerSec(),
                percentile(stats, 50),
                percentile(stats, 95),
                percentile(stats, 99),
                stats.max());
    }

    private static int percentile(GeneralStats stats, double rank) {
        return ((Number) stats.percentile().apply(rank)).intValue();
    }
}
