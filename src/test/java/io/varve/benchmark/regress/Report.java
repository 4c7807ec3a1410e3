package io.varve.benchmark.regress;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.oci.Json;
import java.io.IOException;
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
import java.util.stream.IntStream;

/** What was measured, beside what was recorded: as a table, as JSON, and as a verdict. */
final class Report {
    private final Form form;
    private final List<String> flags;
    private final Machine machine;
    private final Map<Measure, Compared> compared = new LinkedHashMap<>();

    /** Both in every round. */
    private record Compared(double[] varve, double[] baseline, OptionalDouble recorded) {
        /** The median of the rounds', since the machine changes from round to round. */
        double advantage(Measure measure) {
            return median(advantages(measure));
        }

        double[] advantages(Measure measure) {
            return IntStream.range(0, varve.length)
                    .mapToDouble(round -> measure.advantage(varve[round], baseline[round]))
                    .toArray();
        }
    }

    /** @param flags of the JVM that ran Varve */
    Report(Form form, List<String> flags, Machine machine) {
        this.form = form;
        this.flags = List.copyOf(flags);
        this.machine = machine;
    }

    Machine machine() {
        return machine;
    }

    /** @param recorded the advantage that there was on a machine like this */
    void add(Measure measure, double[] varve, double[] baseline, OptionalDouble recorded) {
        compared.put(measure, new Compared(varve.clone(), baseline.clone(), recorded));
    }

    static double median(double[] all) {
        double[] sorted = all.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    private Verdict verdict(Measure measure, Compared each) {
        return form.verdict(measure, each.advantages(measure), each.recorded());
    }

    boolean failed() {
        return compared.entrySet().stream().anyMatch(each -> verdict(each.getKey(), each.getValue()) == Verdict.FAILED);
    }

    String table() {
        StringBuilder table = new StringBuilder(String.format(
                Locale.ROOT,
                "%-15s %-42s %14s %14s %8s %9s %7s%n",
                "",
                form.rounds() + " rounds on " + machine.filesystem(),
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
    ObjectNode json() {
        ObjectNode json = head();
        json.put("failed", failed());
        ObjectNode measures = json.putObject("measures");
        compared.forEach((measure, each) -> {
            ObjectNode one = measures.putObject(measure.key()).put("what", measure.what());
            rounds(one.putObject("varve"), each.varve());
            rounds(one.putObject("baseline"), each.baseline());
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
    ObjectNode record() {
        ObjectNode json = head();
        ObjectNode advantages = json.putObject("advantages");
        compared.forEach((measure, each) -> advantages.put(measure.key(), rounded(each.advantage(measure))));
        return json;
    }

    private ObjectNode head() {
        ObjectNode json = Json.object();
        json.put("form", form.name());
        json.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        json.put("rounds", form.rounds());
        json.set("machine", machine.json());
        flags.forEach(json.putArray("flags")::add);
        return json;
    }

    private static double rounded(double value) {
        double scale = Math.abs(value) < 100 ? 1e4 : 10;
        return Math.round(value * scale) / scale;
    }

    static void write(Path file, ObjectNode json) throws IOException {
        Files.write(file, new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(json));
    }
}
