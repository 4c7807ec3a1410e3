package io.varve.bus;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class InTurnTest {
    private static final List<Integer> MANY =
            IntStream.range(0, 100_000).boxed().toList();

    @Test
    void eachBeginsWhenTheOneBeforeHasEnded() {
        List<Promise<Void>> begun = new ArrayList<>();

        Future<Void> all = InTurn.each(List.of(1, 2), each -> {
            begun.add(Promise.promise());
            return begun.getLast().future();
        });

        assertThat(begun).hasSize(1);
        begun.getFirst().complete();
        assertThat(begun).hasSize(2);
        assertThat(all.isComplete()).isFalse();
        begun.getLast().complete();
        assertThat(all.succeeded()).isTrue();
    }

    @Test
    void noneIsBegunBehindAFailure() {
        AtomicInteger begun = new AtomicInteger();
        Promise<Void> first = Promise.promise();
        Future<Void> all = InTurn.each(MANY, each -> {
            begun.incrementAndGet();
            return first.future();
        });

        first.fail("wrong");

        assertThat(all.cause()).hasMessage("wrong");
        assertThat(begun).hasValue(1);
    }

    @Test
    void whatThrowsHasFailed() {
        Future<Void> all = InTurn.each(List.of(1), each -> {
            throw new IllegalStateException("wrong");
        });

        assertThat(all.cause()).hasMessage("wrong");
    }

    /** Whoever completes the one before would be told otherwise, and nobody else. */
    @Test
    void errorIsToldLikeAnyFailure() {
        Promise<Void> first = Promise.promise();
        Future<Void> all = InTurn.each(List.of(1, 2), each -> {
            if (each == 2) {
                throw new OutOfMemoryError("no more");
            }
            return first.future();
        });

        first.complete();

        assertThat(all.cause()).isInstanceOf(OutOfMemoryError.class);
    }

    @Test
    void thereMayBeAnyNumberOfThem() {
        Promise<Void> first = Promise.promise();
        Future<Void> all = InTurn.each(MANY, each -> each == 0 ? first.future() : Future.succeededFuture());

        first.complete();

        assertThat(all.succeeded()).isTrue();
    }
}
