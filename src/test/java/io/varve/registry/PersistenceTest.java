package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

class PersistenceTest {
    private static final int PATIENCE_S = 30;
    private static final int MANY = 50_000;

    /** No pause takes any time, and each ends on another thread. */
    private record Hurry(ExecutorService thread) implements Time {
        @Override
        public long nanos() {
            return 0;
        }

        @Override
        public Instant now() {
            return Instant.EPOCH;
        }

        @Override
        public Future<Void> pause(Duration duration, BooleanSupplier useless) {
            Promise<Void> over = Promise.promise();
            thread.execute(over::complete);
            return over.future();
        }
    }

    /** A line that is cut again and again, each time behind a little more. */
    private static final class Cut implements Question<Integer> {
        private int attempts;

        @Override
        public Future<Integer> ask(Endpoint endpoint) {
            attempts++;
            return attempts == MANY
                    ? Future.succeededFuture(attempts)
                    : Future.failedFuture(Setback.cut(Failure.of(Category.UNAVAILABLE, "cut")));
        }

        @Override
        public long position() {
            return attempts * 300L;
        }
    }

    @Test
    void asLongAsBytesComeThereMayBeAnyNumberOfAttempts() throws Exception {
        Endpoint endpoint = new Endpoint(
                URI.create("https://a.example"), "a.example", "", Access.DEFAULT, false, Endpoint.Role.LAST);
        try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
            Persistence persistence =
                    new Persistence(NetworkOptions.DEFAULTS, new Hurry(thread), new Random(1), () -> false);

            Future<Integer> answer = persistence.answer(new Cut(), List.of(endpoint));

            assertThat(answer.await(PATIENCE_S, TimeUnit.SECONDS)).isEqualTo(MANY);
        }
    }
}
