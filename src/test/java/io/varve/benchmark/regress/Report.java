package io.varve.benchmark.regress;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.oci.Json;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/** What was measured, beside what was recorded: as a table, as JSON, and as a verdict. */
final class Report {
    private final Form form;
    private final Map<Measure, Compared> compared = new LinkedHashMap<>();

    /** Both in every round. */
    private record Compared(double[] varve, double[] baseline, OptionalDouble recorded) {
        double advantage(Measure measure) {
            return measure.advantage(median(varve), median(baseline));
        }
    }

    Report(Form form) {
        this.form = form;
    }

    /** @param recorded the advantage that there was */
    void add(Measure measure, double[] varve, double[] baseline, OptionalDouble recorded) {
        compared.put(measure, new Compared(varve.clone(), baseline.clone(), recorded));
    }

    private static double median(double[] all) {
        double[] sorted = all.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private Verdict verdict(Measure measure, Compared each) {
        return form.verdict(measure, each.advantage(measure), each.recorded());
    }

    private boolean failed() {
        return compared.entrySet().stream().anyMatch(each -> verdict(each.getKey(), each.getValue()) == Verdict.FAILED);
    }

    String table() {
        StringBuilder table = new StringBuilder(String.format(
                Locale.ROOT,
                "%-15s %-42s %14s %14s %8s %9s %7s%n",
                "",
                "median of rounds: " + form.rounds(),
                "varve",
                "baseline",
                "",
                "recorded",
                "least"));
        compared.forEach((measure, each) -> table.append(String.format(
                Locale.ROOT,
                "%-15s %-42s %14s %14s %8s %9s %7s %s%n",
                measure.goal(),
                measure.what(),
                number(median(each.varve())),
                number(median(each.baseline())),
                measure.shown(each.advantage(measure)),
                each.recorded().isPresent() ? measure.shown(each.recorded().getAsDouble()) : "-",
                measure.shown(measure.least()),
                verdict(measure, each).name().toLowerCase(Locale.ROOT))));
        return table.toString();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value < 100 ? "%.3f" : "%,.0f", value);
    }

    /** Everything, for whoever looks later. */
    ObjectNode json() throws IOException {
        ObjectNode json = head();
        json.put("failed", failed());
        ObjectNode measures = json.putObject("measures");
        compared.forEach((measure, each) -> {
            ObjectNode one = measures.putObject(measure.key()).put("what", measure.what());
            rounds(one.putObject("varve"), each.varve());
            rounds(one.putObject("baseline"), each.baseline());
            one.put("ratio", rounded(median(each.varve()) / median(each.baseline())));
            one.put("advantage", rounded(each.advantage(measure)));
            each.recorded().ifPresent(recorded -> one.put("recorded", recorded));
            one.put("least", measure.least());
            one.put("verdict", verdict(measure, each).name().toLowerCase(Locale.ROOT));
        });
        return json;
    }

    private static void rounds(ObjectNode node, double[] all) {
        node.put("median", rounded(median(all)));
        ArrayNode rounds = node.putArray("rounds");
        Arrays.stream(all).map(Report::rounded).forEach(rounds::add);
    }

    /** What later runs are compared with. */
    ObjectNode record() throws IOException {
        ObjectNode json = head();
        ObjectNode advantages = json.putObject("advantages");
        compared.forEach((measure, each) -> advantages.put(measure.key(), rounded(each.advantage(measure))));
        return json;
    }

    private ObjectNode head() throws IOException {
        ObjectNode json = Json.object();
        json.put("form", form.name());
        json.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        json.put("rounds", form.rounds());
        json.put("jdk", System.getProperty("java.vm.vendor") + " " + System.getProperty("java.runtime.version"));
        json.putObject("machine")
                .put("cpu", line("/proc/cpuinfo", "model name"))
                .put("cores", Runtime.getRuntime().availableProcessors())
                .put("memory", line("/proc/meminfo", "MemTotal"))
                .put("kernel", System.getProperty("os.version"));
        ArrayNode flags = json.putArray("flags");
        ManagementFactory.getRuntimeMXBean().getInputArguments().forEach(flags::add);
        return json;
    }

    private static String line(String file, String beginning) throws IOException {
        List<String> lines = Files.readAllLines(Path.of(file));
        return lines.stream()
                .filter(line -> line.startsWith(beginning))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("unknown");
    }

    private static double rounded(double value) {
        double scale = Math.abs(value) < 100 ? 1e4 : 10;
        return Math.round(value * scale) / scale;
    }

    static void write(Path file, ObjectNode json) throws IOException {
        Files.write(file, new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(json));
    }
}
