package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BreadthTest {
    private static final int MOST = 8;
    private static final long RATE = 1_000_000;

    private long now = Long.MAX_VALUE - 1_000_000_000L;
    private final Breadth breadth = new Breadth(MOST, () -> now);

    private void pass(Duration time) {
        now += time.toNanos();
    }

    /** An interval in which so much came a second, and as many requests are open as may be. */
    private void interval(long bytesPerSecond, boolean wanted) {
        if (breadth.open() == 0) {
            breadth.begin();
        }
        while (breadth.widen()) {
            // As many as there may be.
        }
        pass(Breadth.INTERVAL);
        breadth.came(bytesPerSecond / 2, wanted);
    }

    /** Of a host that gives each connection as much. */
    private void linear(int intervals) {
        for (int i = 0; i < intervals; i++) {
            if (breadth.open() == 0) {
                breadth.begin();
            }
            while (breadth.widen()) {
                // As many as there may be.
            }
            interval(RATE * breadth.open(), true);
        }
    }

    @Test
    void isOneUntilMoreIsWanted() {
        for (int i = 0; i < 10; i++) {
            interval(RATE, false);
        }
        assertThat(breadth.limit()).isEqualTo(1);
    }

    @Test
    void growsWhileEachConnectionGivesAsMuch() {
        linear(2);
        assertThat(breadth.limit()).isEqualTo(2);
        linear(2);
        assertThat(breadth.limit()).isEqualTo(4);
        linear(2);
        assertThat(breadth.limit()).isEqualTo(8);
        linear(10);
        assertThat(breadth.limit()).isEqualTo(MOST);
        assertThat(breadth.perConnection()).isEqualTo(RATE);
    }

    @Test
    void goesBackWhereNothingIsGained() {
        interval(RATE, true);
        interval(RATE, true);
        assertThat(breadth.limit()).isEqualTo(2);
        interval(RATE, true);
        interval(RATE + RATE / 10, true);
        assertThat(breadth.limit()).isEqualTo(1);
    }

    @Test
    void leavesItForAWhileWhenItHasGoneBack() {
        for (int i = 0; i < 4; i++) {
            interval(RATE, true);
        }
        breadth.end();
        for (int i = 0; i < 9; i++) {
            interval(RATE, true);
            assertThat(breadth.limit()).isEqualTo(1);
        }
        for (int i = 0; i < 2; i++) {
            interval(RATE, true);
        }
        assertThat(breadth.limit()).isEqualTo(2);
    }

    @Test
    void goesBackLaterToo() {
        for (int i = 0; i < 40; i++) {
            linear(1);
        }
        int least = breadth.limit();
        for (int i = 0; i < 60; i++) {
            while (breadth.open() > breadth.limit()) {
                breadth.end();
            }
            interval(8 * RATE, true);
            least = Math.min(least, breadth.limit());
        }
        assertThat(least).as("as fast as before, however few there are").isLessThanOrEqualTo(4);
    }

    @Test
    void staysWhereFewerAreWorse() {
        for (int i = 0; i < 60 && breadth.limit() < 8; i++) {
            linear(1);
        }
        for (int i = 0; i < 60 && breadth.limit() == 8; i++) {
            linear(1);
        }
        assertThat(breadth.limit()).as("fewer are tried").isEqualTo(4);
        for (int i = 0; i < 3; i++) {
            while (breadth.open() > breadth.limit()) {
                breadth.end();
            }
            linear(1);
        }
        assertThat(breadth.limit()).isEqualTo(8);
    }

    @Test
    void isNotTriedWhereOneConnectionGivesPlenty() {
        for (int i = 0; i < 10; i++) {
            interval(500_000_000, true);
        }
        assertThat(breadth.limit()).isEqualTo(1);
    }

    @Test
    void blobsThatComeAnywayCount() {
        breadth.begin();
        breadth.begin();
        breadth.begin();
        assertThat(breadth.widen()).isFalse();

        interval(3 * RATE, true);
        interval(3 * RATE, true);
        assertThat(breadth.limit()).isEqualTo(6);
        assertThat(breadth.open()).isEqualTo(3);
    }

    @Test
    void troubleHalvesItOncePerDisturbance() {
        linear(6);
        assertThat(breadth.limit()).isEqualTo(8);

        breadth.trouble();
        breadth.trouble();
        breadth.trouble();
        assertThat(breadth.limit()).isEqualTo(4);

        pass(Duration.ofSeconds(2));
        breadth.trouble();
        assertThat(breadth.limit()).isEqualTo(2);
    }

    @Test
    void serversWithoutRangesAreLeftAloneForLong() {
        linear(6);
        breadth.rangeless();
        assertThat(breadth.limit()).isEqualTo(1);

        pass(Duration.ofMinutes(1));
        breadth.trouble();
        pass(Duration.ofMinutes(3));
        for (int i = 0; i < 10; i++) {
            interval(RATE, true);
        }
        assertThat(breadth.limit()).isEqualTo(1);
    }

    @Test
    void whatWasNotTriedIsNotJudged() {
        interval(RATE, true);
        interval(RATE, true);
        assertThat(breadth.limit()).isEqualTo(2);
        breadth.end();
        breadth.end();
        breadth.begin();

        pass(Breadth.INTERVAL);
        breadth.came(RATE / 2, true);
        pass(Breadth.INTERVAL);
        breadth.came(RATE / 2, true);
        assertThat(breadth.limit()).as("one connection shows nothing of two").isEqualTo(2);
    }
}
