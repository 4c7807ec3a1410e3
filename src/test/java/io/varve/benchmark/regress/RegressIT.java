package io.varve.benchmark.regress;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class RegressIT {
    /** Few and small rounds, for a report in {@code target/regress.json}. What has gone wrong twice is no noise. */
    @Test
    void noAdvantageHasCollapsed() throws Exception {
        Report report = measure();
        assertThat((report.failed() ? measure() : report).failed()).isFalse();
    }

    private static Report measure() throws Exception {
        String flags = Objects.requireNonNull(System.getProperty("varve.flags"), "-Dvarve.flags");
        return Regress.measure(Form.SHORT, List.of(flags.strip().split("\\s+")), false, Regress.place());
    }
}
