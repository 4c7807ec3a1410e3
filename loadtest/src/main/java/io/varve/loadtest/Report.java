package io.varve.loadtest;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;

/** What is said of a run at its end. */
final class Report {
    private static final String FIGURES = "figures.json";

    private final Result result;
    private final PrintStream out = System.out;

    private Report(Result result) {
        this.result = result;
    }

    /** @param report the directory of Gatling's, which gets the figures beside it */
    static void write(Result result, Path report) throws IOException {
        Path figures = report.resolve(FIGURES);
        new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(figures.toFile(), result);
        new Report(result).print();
        System.out.println("figures: " + figures);
        System.out.println("report: " + report.resolve("index.html").toUri());
    }

    private void print() {
        out.printf(
                Locale.ROOT,
                "%n%,d requests, %.0f a second; %d failed; p50 %d ms, p95 %d ms, p99 %d ms, slowest %d ms%n",
                result.all().count(),
                result.all().perSecond(),
                result.all().failed(),
                result.all().p50(),
                result.all().p95(),
                result.all().p99(),
                result.all().max());
        result.problems().forEach(problem -> out.printf(Locale.ROOT, "  failed: %s%n", problem));
        Levels levels = result.levels();
        if (levels == null) {
            requests();
        } else {
            levels(levels);
        }
        if (result.notes() != null) {
            out.printf(Locale.ROOT, "notes: %s%n", result.notes());
        }
        process();
    }

    private void requests() {
        out.printf(
                Locale.ROOT,
                "%-22s %-22s %9s %7s %8s %8s %8s %8s%n",
                "",
                "",
                "count",
                "failed",
                "p50 ms",
                "p95 ms",
                "p99 ms",
                "slowest");
        for (Figures each : result.requests()) {
            out.printf(
                    Locale.ROOT,
                    "%-22s %-22s %9d %7d %8d %8d %8d %8d%n",
                    each.group(),
                    each.request(),
                    each.count(),
                    each.failed(),
                    each.p50(),
                    each.p95(),
                    each.p99(),
                    each.max());
        }
    }

    private void levels(Levels levels) {
        out.printf(
                Locale.ROOT,
                "%9s %9s %8s %7s %12s %12s %12s %12s%n",
                "arrive/s",
                "answered",
                "refused",
                "failed",
                "reads p95",
                "reads p99",
                "builds p95",
                "builds p99");
        for (Levels.Level each : levels.levels()) {
            out.printf(
                    Locale.ROOT,
                    "%9d %9d %8d %7d %9d ms %9d ms %9d ms %9d ms%n",
                    each.rate(),
                    each.answered(),
                    each.refused(),
                    each.failed(),
                    each.readP95(),
                    each.readP99(),
                    each.buildP95(),
                    each.buildP99());
        }
        Levels.Level knee = levels.knee();
        if (knee == null) {
            out.printf(Locale.ROOT, "it is full at the lowest level%n");
        } else if (knee.equals(levels.levels().getLast())) {
            out.printf(Locale.ROOT, "it is not full at %d arrivals a second%n", knee.rate());
        } else {
            out.printf(Locale.ROOT, "it is full above %d arrivals a second%n", knee.rate());
        }
    }

    private void process() {
        out.printf(
                Locale.ROOT,
                "service: peak memory (VmHWM) %d MB before, %d MB after; %.0f s of CPU, its clients %.0f s; event loops late by %.0f ms at most%n",
                result.peakBefore() >> 20,
                result.peakAfter() >> 20,
                result.cpuSeconds(),
                result.clientCpuSeconds(),
                result.latenessSeconds() * 1000);
        if (result.aliveEarly() > 0) {
            out.printf(Locale.ROOT, "heap alive after a third of the time: %.1f MB%n", result.aliveEarly() / 1e6);
        }
        out.printf(
                Locale.ROOT,
                "heap alive at the end: %.1f MB%s%n",
                result.aliveAtEnd() / 1e6,
                result.leaks() ? ": GREW" : "");
        for (Growth each : result.growth()) {
            out.printf(
                    Locale.ROOT,
                    "%-14s first third %,15d, last third %,15d: %s%n",
                    each.what(),
                    each.first(),
                    each.last(),
                    each.grew() ? "GREW" : "did not grow");
        }
    }
}
