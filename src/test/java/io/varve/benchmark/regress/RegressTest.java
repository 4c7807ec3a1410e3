package io.varve.benchmark.regress;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.benchmark.baseline.PlainPull;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegressTest {
    private static final OptionalDouble NEVER = OptionalDouble.empty();
    private static final OptionalDouble HALF = OptionalDouble.of(0.5);

    @TempDir
    Path directory;

    @Test
    void lessIsBetterOfTimeAndMoreOfImages() {
        assertThat(Measure.EXECUTION.advantage(2, 8)).isEqualTo(0.75);
        assertThat(Measure.THROUGHPUT.advantage(8, 2)).isEqualTo(3);
        assertThat(Measure.EXECUTION.shown(0.75)).isEqualTo("-75 %");
        assertThat(Measure.THROUGHPUT.shown(3)).isEqualTo("+300 %");
    }

    @Test
    void aFifthOfAnAdvantageMayBeLost() {
        assertThat(Verdict.strict(Measure.EXECUTION, 0.41, HALF)).isEqualTo(Verdict.KEPT);
        assertThat(Verdict.strict(Measure.EXECUTION, 0.39, HALF)).isEqualTo(Verdict.FAILED);
        assertThat(Verdict.strict(Measure.EXECUTION, 0.19, OptionalDouble.of(0.2)))
                .isEqualTo(Verdict.FAILED);
        assertThat(Verdict.strict(Measure.EXECUTION, 0.21, NEVER)).isEqualTo(Verdict.KEPT);
    }

    @Test
    void fewRoundsFailOnlyWhenAnAdvantageHasCollapsedInAllOfThem() {
        assertThat(lenient(HALF, 0.45)).isEqualTo(Verdict.KEPT);
        assertThat(lenient(HALF, 0.11)).isEqualTo(Verdict.SHRUNK);
        assertThat(lenient(HALF, 0.09)).isEqualTo(Verdict.FAILED);
        assertThat(lenient(HALF, -0.5, 0.11)).isEqualTo(Verdict.SHRUNK);
        assertThat(lenient(HALF, 0.09, -0.5)).isEqualTo(Verdict.FAILED);
        assertThat(lenient(OptionalDouble.of(0.1), 0.06)).isEqualTo(Verdict.SHRUNK);
        assertThat(lenient(NEVER, -0.5)).isEqualTo(Verdict.SHRUNK);
    }

    private static Verdict lenient(OptionalDouble recorded, double... advantages) {
        return Verdict.lenient(Measure.EXECUTION, advantages, recorded);
    }

    @Test
    void theAdvantageIsTheMedianOfThoseOfTheRounds() {
        assertThat(Report.median(new double[] {9, 1, 2})).isEqualTo(2);
        assertThat(Report.median(new double[] {4, 1, 2, 3})).isEqualTo(2.5);
    }

    @Test
    void figuresOfAnotherMachineDoNotCount() {
        Machine here = new Machine("a", 2, 8L << 30, "6.1", "25", "tmpfs");
        assertThat(here.isLike(Machine.of(here.json()))).isTrue();
        assertThat(here.isLike(new Machine("a", 2, 7L << 30, "6.2", "25.1", "tmpfs")))
                .isTrue();
        assertThat(here.isLike(new Machine("b", 2, 8L << 30, "6.1", "25", "tmpfs")))
                .isFalse();
        assertThat(here.isLike(new Machine("a", 4, 8L << 30, "6.1", "25", "tmpfs")))
                .isFalse();
        assertThat(here.isLike(new Machine("a", 2, 4L << 30, "6.1", "25", "tmpfs")))
                .isFalse();
        assertThat(here.isLike(new Machine("a", 2, 8L << 30, "6.1", "25", "ext4")))
                .isFalse();
        assertThat(here.isLike(Machine.of(Json.object()))).isFalse();
    }

    @Test
    void whatWasRecordedIsKeptByFormAndMachineAndReplaced() throws Exception {
        Path file = directory.resolve("regress.json");
        Machine one = new Machine("a", 2, 8L << 30, "6.1", "25", "tmpfs");
        Machine other = new Machine("b", 2, 8L << 30, "6.1", "25", "tmpfs");
        for (double varve : new double[] {5, 4}) {
            Recorded recorded = Recorded.in(file);
            recorded.keep(Form.SHORT, one, recordOf(Form.SHORT, one, varve));
            recorded.keep(Form.SHORT, other, recordOf(Form.SHORT, other, 2));
            recorded.write(file);
        }
        Recorded recorded = Recorded.in(file);
        assertThat(recorded.advantage(Form.SHORT, one, Measure.EXECUTION)).hasValue(0.6);
        assertThat(recorded.advantage(Form.SHORT, other, Measure.EXECUTION)).hasValue(0.8);
        assertThat(recorded.advantage(Form.SHORT, one, Measure.MEMORY)).isEmpty();
        assertThat(recorded.advantage(Form.LONG, one, Measure.EXECUTION)).isEmpty();
        assertThat(Json.read(Files.readAllBytes(file), Json.DEFAULT_LIMIT).path("records"))
                .hasSize(2);
    }

    private static ObjectNode recordOf(Form form, Machine machine, double varve) {
        Report report = new Report(form, List.of(), machine);
        report.add(Measure.EXECUTION, new double[] {varve}, new double[] {10}, NEVER);
        return report.record();
    }

    @Test
    void theBaselineShowsWhatVarveShows() throws Exception {
        Sample sample = new Sample(directory.resolve("sample"));
        sample.large("large", 1);
        try (SampleRegistry registry = SampleRegistry.serve(directory.resolve("sample"));
                Contender varve = new Optimised(registry.host(), directory.resolve("store"), 1 << 20)) {
            varve.pull(List.of("large"));
            Path rootfs = new PlainPull(registry.host(), directory.resolve("plain")).pull("large");

            assertThat(varve.describe("large").names()).isEqualTo(names(rootfs));
            for (String path : List.of(Sample.FIRST, "usr/share/d0/f0", "usr/share/d39/f39", "app/links/l2")) {
                assertThat(Digest.sha256(varve.read("large", path)))
                        .isEqualTo(Digest.sha256(Files.readAllBytes(rootfs.resolve(path))));
            }
            assertThat(rootfs.resolve("usr/lib/d0/f0")).doesNotExist();
            assertThat(Files.isSymbolicLink(rootfs.resolve("app/links/l1"))).isTrue();
        }
    }

    private static int names(Path rootfs) throws Exception {
        try (var all = Files.walk(rootfs)) {
            return (int) all.filter(path -> Files.exists(path, LinkOption.NOFOLLOW_LINKS))
                            .count()
                    - 1;
        }
    }
}
