package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StragglersTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long MIB = 1 << 20;

    private final Stragglers stragglers = new Stragglers(80 * MIB);

    private void usual(long nanos) {
        stragglers.done(nanos);
        stragglers.done(nanos);
    }

    @Test
    void nothingIsSlowWhileNothingIsUsual() {
        stragglers.done(SECOND);

        assertThat(stragglers.gaveUp(MIB, 0, 100 * SECOND)).isFalse();
    }

    @Test
    void whatGivesNothingIsGivenUpOnceItIsLate() {
        usual(SECOND);

        assertThat(stragglers.gaveUp(MIB, 0, 2 * SECOND)).isFalse();
        assertThat(stragglers.gaveUp(MIB, 0, 4 * SECOND)).isTrue();
    }

    @Test
    void whatIsAboutToEndIsWaitedFor() {
        usual(SECOND);

        assertThat(stragglers.gaveUp(MIB, MIB, 100 * SECOND)).isFalse();
        assertThat(stragglers.gaveUp(MIB, MIB / 10.0, 100 * SECOND)).isTrue();
    }

    @Test
    void noMoreThanAnEighthIsAskedForAgain() {
        usual(SECOND);
        int times = 0;
        while (stragglers.gaveUp(4 * MIB, 0, 100 * SECOND)) {
            times++;
        }

        assertThat(times).isEqualTo(2);
        assertThat(stragglers.again()).isLessThanOrEqualTo(10 * MIB);
    }
}
