package io.varve.loadtest;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.loadtest.simulation.Saturation;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LevelsTest {
    private static Figures figures(int rate, String request, long count, int p95) {
        return new Figures("%06d".formatted(rate) + Saturation.GROUP, request, count, 0, 0, 1, p95, p95, p95);
    }

    @Test
    void kneeIsTheLevelBeforeReadsTakeLong() {
        Levels levels = Levels.of(List.of(
                figures(100, "image", 1000, 20), figures(200, "image", 2000, 30), figures(300, "image", 3000, 900)));

        assertThat(levels.levels()).extracting(Levels.Level::rate).containsExactly(100, 200, 300);
        assertThat(levels.knee()).isEqualTo(levels.levels().get(1));
    }

    @Test
    void aLevelThatRefusesIsFull() {
        Levels levels = Levels.of(Stream.of(
                        figures(100, "build", 1000, 20),
                        figures(200, "build", 2000, 20),
                        figures(200, Saturation.REFUSED, 1, 0))
                .toList());

        assertThat(levels.knee()).isEqualTo(levels.levels().getFirst());
        assertThat(levels.levels().getLast().refused()).isEqualTo(1);
        assertThat(levels.levels().getLast().answered()).isEqualTo(1999);
    }

    @Test
    void aLevelThatIsNotAnsweredIsFull() {
        assertThat(Levels.of(List.of(figures(100, "image", 800, 20))).knee()).isNull();
    }

    @Test
    void whatIsNoLevelIsLeftOut() {
        assertThat(Levels.of(List.of(new Figures("warm-up", "image", 10, 0, 1, 1, 1, 1, 1)))
                        .levels())
                .isEmpty();
    }
}
