package io.varve.benchmark.regress;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class RegressIT {
    private static final int ATTEMPTS = 3;

    /** One small round, for a report in {@code target/regress.json}. What goes wrong every time is no noise. */
    @Test
    void noAdvantageHasCollapsed() throws Exception {
        boolean failed = true;
        for (int attempt = 0; failed && attempt < ATTEMPTS; attempt++) {
            failed = measure().failed();
        }
        assertThat(failed).isFalse();
    }

    private static Report measure() throws Exception {
        String flags = Objects.requireNonNull(System.getProperty("varve.flags"), "-Dvarve.flags");
        return Regress.measure(Form.SHORT, List.of(flags.strip().split("\\s+")), false, Regress.place());
    }
}
