package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HungerTest {
    private static final long TICK = 100;

    private final Hunger hunger = new Hunger(0);
    private long now;

    /** @param busy the part of each tick in which nothing more is taken */
    private void ticks(int count, long busy) {
        for (int i = 0; i < count; i++) {
            hunger.sated(now);
            hunger.open(now + busy);
            now += TICK;
            hunger.look(now);
        }
    }

    @Test
    void isNotAssumed() {
        assertThat(hunger.isStarving()).isFalse();
        hunger.assume(true);
        assertThat(hunger.isStarving()).isTrue();
    }

    @Test
    void whoeverTakesAllThatComesStarvesAfterAWhile() {
        ticks(1, 0);
        assertThat(hunger.isStarving()).isFalse();
        ticks(4, 0);
        assertThat(hunger.isStarving()).isTrue();
    }

    @Test
    void whoeverIsBusyDoesNot() {
        hunger.assume(true);
        ticks(10, 80);
        assertThat(hunger.isStarving()).isFalse();
    }

    @Test
    void whoeverIsStillBusyWhenLookedAtIsBusy() {
        hunger.assume(true);
        hunger.sated(0);
        for (int i = 0; i < 10; i++) {
            now += TICK;
            hunger.look(now);
        }
        assertThat(hunger.isStarving()).isFalse();
    }
}
