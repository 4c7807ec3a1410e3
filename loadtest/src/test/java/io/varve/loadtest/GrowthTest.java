package io.varve.loadtest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class GrowthTest {
    private static Growth files(int count, LongUnaryOperator each) {
        List<Sample> samples = LongStream.range(0, count)
                .mapToObj(i -> new Sample(i, 0, each.applyAsLong(i), 0, 0, 0, 0, 0, 0, 0))
                .toList();
        return Growth.of("open files", samples, Sample::openFiles, 8);
    }

    @Test
    void whatRisesGrew() {
        assertThat(files(90, i -> 100 + i)).isEqualTo(new Growth("open files", 115, 175, true));
    }

    @Test
    void whatSwingsDidNotGrow() {
        assertThat(files(90, i -> 100 + 50 * (i % 2)).grew()).isFalse();
    }

    @Test
    void aFewMoreAreNoGrowth() {
        assertThat(files(90, i -> i < 45 ? 20 : 28).grew()).isFalse();
    }

    @Test
    void oneSampleDidNotGrow() {
        assertThat(files(1, i -> 100)).isEqualTo(new Growth("open files", 100, 100, false));
    }
}
