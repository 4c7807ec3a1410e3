package io.varve.loadtest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class OptionsTest {
    @Test
    void aSimulationHasItsOwnTimeAndUsers() {
        assertThat(Options.of("soak")).isEqualTo(new Options(Load.SOAK, 900, 32, "512m"));
    }

    @Test
    void takesWhatIsSaid() {
        assertThat(Options.of("mixed", "--users", "5", "--seconds", "45", "--heap", "1g"))
                .isEqualTo(new Options(Load.MIXED, 45, 5, "1g"));
    }

    @Test
    void refusesTheRest() {
        assertThatThrownBy(() -> Options.of("mix")).hasMessageContaining("mixed|saturation|soak|slow-clients");
        assertThatThrownBy(Options::of).hasMessageStartingWith("usage");
        assertThatThrownBy(() -> Options.of("mixed", "--seconds")).hasMessageContaining("wants a value");
        assertThatThrownBy(() -> Options.of("mixed", "--seconds", "x")).hasMessageContaining("got x");
        assertThatThrownBy(() -> Options.of("mixed", "--fast", "1")).hasMessageContaining("unknown option --fast");
    }
}
