package io.varve.benchmark.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class HitRatesTest {
    @Test
    void theTraceIsTheSameEveryTime() {
        assertThat(Arrays.hashCode(AccessTrace.of(1000, 20_000, 7))).isEqualTo(-1_182_797_496);
        assertThat(AccessTrace.of(1000, 20_000, 7)).isNotEqualTo(AccessTrace.of(1000, 20_000, 8));
    }

    @Test
    void aTenthOfItIsScans() {
        int[] trace = AccessTrace.of(1000, 20_000, 7);
        int steps = 0;
        for (int i = 1; i < trace.length; i++) {
            steps += trace[i] == trace[i - 1] + 1 ? 1 : 0;
        }
        assertThat(steps).isBetween(1900, 2100);
    }

    @Test
    void theCacheAnswersMoreThanOneOfEqualWeightThatForgetsTheLeastRecent() {
        HitRates rates = HitRates.measure(15_000);
        assertThat(rates.advantage()).isGreaterThan(0.1);
    }
}
