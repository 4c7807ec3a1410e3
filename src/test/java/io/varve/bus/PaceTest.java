package io.varve.bus;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {
    private static final long SECOND = 1_000_000_000L;

    private long now = 17 * SECOND;

    private Pace pace(long leastRate) {
        return new Pace(() -> now, Duration.ofSeconds(30), Duration.ofMinutes(1), leastRate, "a.leastRate");
    }

    private void pass(long seconds) {
        now += seconds * SECOND;
    }

    @Test
    void silenceCountsWhileBytesAreWanted() {
        Pace pace = pace(0);
        pass(100);
        assertThat(pace.verdict()).isEmpty();
        pace.wanted();
        pass(29);
        pace.wanted();
        assertThat(pace.verdict()).isEmpty();
        pass(1);
        assertThat(pace.verdict()).contains("no byte for 30 s");
        pace.received(1);
        pass(100);
        assertThat(pace.verdict()).isEmpty();
    }

    @Test
    void trickleIsToldFromAStream() {
        Pace pace = pace(1024);
        for (int i = 0; i < 5; i++) {
            pace.wanted();
            pass(10);
            assertThat(pace.verdict()).isEmpty();
            pace.received(1_000);
            // Whoever wants nothing for a while is not slow.
            pass(1_000);
        }
        pace.wanted();
        pass(10);
        assertThat(pace.verdict()).contains("rate: got 83 bytes a second, wanted 1024 or more (a.leastRate)");
    }

    @Test
    void everyMinuteIsJudgedByItself() {
        Pace pace = pace(1024);
        for (int i = 0; i < 30; i++) {
            pace.wanted();
            pass(20);
            assertThat(pace.verdict()).isEmpty();
            pace.received(50_000);
        }
        pace.wanted();
        for (int i = 0; i < 3; i++) {
            pass(20);
            pace.received(100);
            pace.wanted();
        }
        pass(20);
        assertThat(pace.verdict()).isPresent();
    }

    @Test
    void tenGigabytesInAMinuteAreNotSlow() {
        Pace pace = pace(1024);
        pace.wanted();
        pass(29);
        pace.received(5_000_000_000L);
        pace.wanted();
        pass(29);
        pace.received(5_000_000_000L);

        pace.wanted();
        pass(2);

        assertThat(pace.verdict()).isEmpty();
    }
}
