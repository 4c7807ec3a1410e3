package io.varve.benchmark.regress;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.benchmark.trace.HitRates;
import io.varve.oci.Json;
import io.varve.os.Staging;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * Whether Varve keeps its distance from a straightforward tool. Arguments: {@code --short} for one small round, which fails only
 * when an advantage has collapsed; {@code --record} to keep what was measured for later runs to be compared with. It has failed when an
 * advantage has shrunk by more than a fifth, or is below what is wanted at the least; the result says so.
 *
 * <pre>
 *   loadtest/regress.json    what was recorded, by form
 *   target/regress.json      what was measured last
 *   target/regress/          images, and what they are pulled into, until the end
 * </pre>
 */
public final class Regress {
    private static final Path RECORDED = Path.of("loadtest", "regress.json");
    private static final Path RESULT = Path.of("target", "regress.json");
    private static final Path DIRECTORY = Path.of("target", "regress");
    private static final String LARGE = "large";

    private final Form form;
    private final Map<Measure, double[]> varve = new EnumMap<>(Measure.class);
    private final Map<Measure, double[]> baseline = new EnumMap<>(Measure.class);

    private Regress(Form form) {
        this.form = form;
    }

    public static void main(String[] arguments) throws Exception {
        Set<String> options = Set.of(arguments);
        if (!Set.of("--short", "--record").containsAll(options)) {
            System.err.println("usage: loadtest/regress [--short] [--record]");
            System.exit(2);
        }
        Form form = options.contains("--short") ? Form.SHORT : Form.LONG;
        Report report = new Regress(form).run();
        System.out.print(report.table());
        Report.write(RESULT, report.json());
        if (options.contains("--record")) {
            ObjectNode recorded = recorded();
            recorded.set(form.name(), report.record());
            Report.write(RECORDED, recorded);
        }
    }

    private Report run() throws Exception {
        Files.createDirectories(DIRECTORY);
        try {
            Sample sample = new Sample(DIRECTORY.resolve("sample"));
            sample.large(LARGE, form.tenths());
            List<String> small = sample.small(form.small());
            sample.warming();
            try (SampleRegistry registry = SampleRegistry.serve(DIRECTORY.resolve("sample"))) {
                Trials trials = new Trials(DIRECTORY.toAbsolutePath(), registry.host(), form.questions());
                for (int round = 0; round < form.rounds(); round++) {
                    compare(trials, "cold", List.of(LARGE), round);
                    compare(trials, "many", small, round);
                }
            }
        } finally {
            Staging.delete(DIRECTORY);
        }
        HitRates rates = HitRates.measure(form.accesses());
        note(varve, Measure.HIT_RATE, 0, rates.ours());
        note(baseline, Measure.HIT_RATE, 0, rates.lru());
        return report();
    }

    /** In turns, the one first and then the other. */
    private void compare(Trials trials, String trial, List<String> repositories, int round)
            throws IOException, InterruptedException {
        List<String> order = round % 2 == 0 ? List.of("varve", "baseline") : List.of("baseline", "varve");
        int names = -1;
        for (String contender : order) {
            ObjectNode measured = trials.run(contender, trial, repositories);
            System.out.println("round " + round + ": " + contender + ", " + trial + ": " + measured);
            for (Measure measure : Measure.values()) {
                if (measure.trial().equals(trial)) {
                    note(
                            contender.equals("varve") ? varve : baseline,
                            measure,
                            round,
                            measured.get(measure.field()).doubleValue());
                }
            }
            int shown = measured.get("names").intValue();
            if (names != -1 && names != shown) {
                throw new IllegalStateException("got " + shown + " names, and " + names + " by the other");
            }
            names = shown;
        }
    }

    private void note(Map<Measure, double[]> side, Measure measure, int round, double value) {
        int rounds = measure.trial().isEmpty() ? 1 : form.rounds();
        side.computeIfAbsent(measure, first -> new double[rounds])[round] = value;
    }

    @SuppressWarnings("NullAway") // Every measure was noted.
    private Report report() throws IOException {
        JsonNode recorded = recorded().path(form.name()).path("advantages");
        Report report = new Report(form);
        for (Measure measure : Measure.values()) {
            JsonNode advantage = recorded.path(measure.key());
            report.add(
                    measure,
                    varve.get(measure),
                    baseline.get(measure),
                    advantage.isNumber() ? OptionalDouble.of(advantage.doubleValue()) : OptionalDouble.empty());
        }
        return report;
    }

    private static ObjectNode recorded() throws IOException {
        return Files.exists(RECORDED) ? Json.read(Files.readAllBytes(RECORDED), Json.DEFAULT_LIMIT) : Json.object();
    }
}
