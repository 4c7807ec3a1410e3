package io.varve.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Failure;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class CrewTest {
    private final Crew crew = new Crew(3);

    /** As when the machine has no more threads to give: what those that run work with must not be closed under them. */
    @Test
    void waitsForThoseThatRunWhenAnotherCannotBegin() {
        CountDownLatch running = new CountDownLatch(1);
        AtomicBoolean ended = new AtomicBoolean();
        AtomicInteger asked = new AtomicInteger();

        assertThatThrownBy(() -> crew.run(() -> {
                    if (asked.incrementAndGet() == 2) {
                        await(running);
                        throw new OutOfMemoryError("unable to create native thread");
                    }
                    return () -> {
                        running.countDown();
                        try {
                            goOnUntilStopped();
                        } finally {
                            ended.set(true);
                        }
                    };
                }))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("unable to create native thread");

        assertThat(ended).isTrue();
        assertThat(asked).hasValue(2);
    }

    private void goOnUntilStopped() {
        while (true) {
            crew.checkGoingOn();
            Thread.onSpinWait();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
