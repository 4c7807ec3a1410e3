package io.varve.loadtest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ExpositionTest {
    private final Exposition metrics = Exposition.parse("""
            # HELP held What is held
            # TYPE held gauge
            held{kind="blob",id="a b"} 1.5
            held{kind="layer"} 2.0E3
            held_total 7
            late NaN
            """);

    @Test
    void sumsTheSeriesOfAName() {
        assertThat(metrics.sum("held")).isEqualTo(2001.5);
        assertThat(metrics.sum("held_total")).isEqualTo(7);
        assertThat(metrics.sum("none")).isZero();
    }

    @Test
    void sumsThoseThatHaveALabel() {
        assertThat(metrics.sum("held", "kind=\"blob\"")).isEqualTo(1.5);
    }
}
