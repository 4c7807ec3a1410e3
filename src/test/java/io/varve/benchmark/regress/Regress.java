package io.varve.benchmark.regress;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.benchmark.trace.HitRates;
import io.varve.os.Staging;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Whether Varve keeps its distance from a straightforward tool. Arguments: {@code --short} for one small round, which fails only when
 * an advantage has collapsed; {@code --record} to keep what was measured for later runs to be compared with; {@code --directory
 * DIR} for another place than memory; {@code --same-flags} for a baseline with the JVM flags of Varve's launcher. Ends with 1 when an
 * advantage has shrunk by more than a fifth, or is below what is wanted at the least.
 *
 * <pre>
 *   loadtest/regress.json    what was recorded, by form and machine
 *   target/regress.json      what was measured last
 *   DIR/varve-regress*       images, and what they are pulled into, until the end
 * </pre>
 */
public final class Regress {
    private static final Path RECORDED = Path.of("loadtest", "regress.json");
    private static final Path RESULT = Path.of("target", "regress.json");
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final long ROOM = 2L << 30;
    private static final String LARGE = "large";

    private final Form form;
    private final List<String> flags;
    private final boolean sameFlags;
    private final Map<Measure, double[]> varve = new EnumMap<>(Measure.class);
    private final Map<Measure, double[]> baseline = new EnumMap<>(Measure.class);

    private Regress(Form form, List<String> flags, boolean sameFlags) {
        this.form = form;
        this.flags = flags;
        this.sameFlags = sameFlags;
    }

    public static void main(String[] arguments) throws Exception {
        Form form = Form.LONG;
        boolean record = false;
        boolean sameFlags = false;
        Path place = place();
        for (Iterator<String> words = List.of(arguments).iterator(); words.hasNext(); ) {
            String word = words.next();
            switch (word) {
                case "--short" -> form = Form.SHORT;
                case "--record" -> record = true;
                case "--same-flags" -> sameFlags = true;
                case "--directory" -> place = Path.of(words.next());
                default -> throw new IllegalArgumentException("got " + word);
            }
        }
        Report report = measure(form, ManagementFactory.getRuntimeMXBean().getInputArguments(), sameFlags, place);
        if (record) {
            Recorded recorded = Recorded.in(RECORDED);
            recorded.keep(form, report.machine(), report.record());
            recorded.write(RECORDED);
        } else if (report.failed()) {
            System.exit(1);
        }
    }

    /** Memory, if there is room: what files cost on a disk depends on what it was busy with before. */
    static Path place() throws IOException {
        return Files.isWritable(MEMORY) && Files.getFileStore(MEMORY).getUsableSpace() > ROOM
                ? MEMORY
                : Files.createDirectories(RESULT.getParent());
    }

    /**
     * Prints the table, and leaves all of it in {@code target/regress.json}.
     *
     * @param flags of the JVM that runs Varve
     * @param sameFlags whether the baseline is given them too
     * @param place an existing directory
     */
    static Report measure(Form form, List<String> flags, boolean sameFlags, Path place) throws Exception {
        Report report = new Regress(form, flags, sameFlags).run(place);
        System.out.print(report.table());
        Report.write(RESULT, report.json());
        return report;
    }

    private Report run(Path place) throws Exception {
        Path directory = Files.createTempDirectory(place, "varve-regress").toAbsolutePath();
        Thread interrupted = new Thread(() -> delete(directory));
        Runtime.getRuntime().addShutdownHook(interrupted);
        Machine machine = Machine.here(directory);
        try {
            Sample sample = new Sample(directory.resolve("sample"));
            sample.large(LARGE, form.tenths());
            List<String> small = sample.small(form.small());
            sample.warming();
            try (SampleRegistry registry = SampleRegistry.serve(directory.resolve("sample"))) {
                Trials trials = new Trials(directory, registry.host(), form.questions(), flags, sameFlags);
                for (int round = 0; round < form.rounds(); round++) {
                    compare(trials, "cold", List.of(LARGE), round);
                    compare(trials, "many", small, round);
                }
            }
        } finally {
            delete(directory);
            Runtime.getRuntime().removeShutdownHook(interrupted);
        }
        // The same every time.
        HitRates rates = HitRates.measure(form.accesses());
        for (int round = 0; round < form.rounds(); round++) {
            note(varve, Measure.HIT_RATE, round, rates.ours());
            note(baseline, Measure.HIT_RATE, round, rates.lru());
        }
        return report(machine);
    }

    private static void delete(Path directory) {
        try {
            Staging.delete(directory);
        } catch (IOException e) {
            System.err.println(directory + " is left: " + e);
        }
    }

    /** In turns: whoever was first is second in the next round. */
    private void compare(Trials trials, String trial, List<String> repositories, int round)
            throws IOException, InterruptedException {
        List<String> order = round % 2 == 0 ? List.of("varve", "baseline") : List.of("baseline", "varve");
        List<Integer> names = new ArrayList<>();
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
            names.add(measured.get("names").intValue());
        }
        if (names.stream().distinct().count() != 1) {
            throw new IllegalStateException("they do not show the same: " + order + " got " + names + " names");
        }
    }

    private void note(Map<Measure, double[]> side, Measure measure, int round, double value) {
        side.computeIfAbsent(measure, first -> new double[form.rounds()])[round] = value;
    }

    @SuppressWarnings("NullAway") // Every measure was noted.
    private Report report(Machine machine) throws IOException {
        Recorded recorded = Recorded.in(RECORDED);
        Report report = new Report(form, flags, machine);
        for (Measure measure : Measure.values()) {
            report.add(measure, varve.get(measure), baseline.get(measure), recorded.advantage(form, machine, measure));
        }
        return report;
    }
}
