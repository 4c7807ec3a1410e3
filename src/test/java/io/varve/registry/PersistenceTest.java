package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
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

    private static Endpoint endpoint(String base, Endpoint.Role role) {
        return new Endpoint(URI.create(base), "a.example", "", Access.DEFAULT, false, role);
    }

    private static Persistence persistence(ExecutorService thread) {
        return new Persistence(NetworkOptions.DEFAULTS, new Hurry(thread), new Random(1), () -> false);
    }

    @Test
    void asLongAsBytesComeThereMayBeAnyNumberOfAttempts() throws Exception {
        try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
            Future<Integer> answer =
                    persistence(thread).answer(new Cut(), List.of(endpoint("https://a.example", Endpoint.Role.LAST)));

            assertThat(answer.await(PATIENCE_S, TimeUnit.SECONDS)).isEqualTo(MANY);
        }
    }

    /** Told at once by every second one, and by another thread for the others. */
    @Test
    void thereMayBeAnyNumberOfPlacesAndOfTheirFailuresAFewAreTold() throws Exception {
        List<Endpoint> endpoints = new ArrayList<>();
        for (int i = 1; i < MANY; i++) {
            endpoints.add(endpoint("https://a.example/" + i, Endpoint.Role.MIRROR));
        }
        endpoints.add(endpoint("https://a.example/last", Endpoint.Role.LAST));
        try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
            Future<Integer> answer = persistence(thread).answer(new Lacking(thread), endpoints);

            assertThatThrownBy(() -> answer.await(PATIENCE_S, TimeUnit.SECONDS))
                    .hasMessageContaining("not at https://a.example/last")
                    .satisfies(failure -> assertThat(List.of(failure.getSuppressed()))
                            .hasSizeBetween(1, 16)
                            .first()
                            .asString()
                            .contains("not at https://a.example/1"));
        }
    }

    private record Lacking(ExecutorService thread) implements Question<Integer> {
        @Override
        public Future<Integer> ask(Endpoint endpoint) {
            Setback lacking =
                    Setback.of(Setback.Kind.LASTING, Failure.of(Category.NOT_FOUND, "not at " + endpoint.base()));
            if (endpoint.base().toString().endsWith("0")) {
                Promise<Integer> late = Promise.promise();
                thread.execute(() -> late.fail(lacking));
                return late.future();
            }
            return Future.failedFuture(lacking);
        }
    }

    @Test
    void ofHostsThatAreAwayTheLastOnesAreLeftAlone() throws Exception {
        List<String> asked = new ArrayList<>();
        Question<Integer> question = new Away(asked);
        try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
            Persistence persistence = persistence(thread);
            IntConsumer ask = each -> persistence
                    .answer(
                            question,
                            List.of(
                                    endpoint("https://m" + each + ".example/" + asked.size(), Endpoint.Role.MIRROR),
                                    endpoint("https://a.example", Endpoint.Role.LAST)))
                    .await();
            IntStream.range(0, 1000).forEach(ask);
            asked.clear();

            ask.accept(999);
            assertThat(asked).containsExactly("a.example");
            ask.accept(0);
            assertThat(asked).containsExactly("a.example", "m0.example", "a.example");
        }
    }

    /** Nobody is there but where everything is. */
    private record Away(List<String> asked) implements Question<Integer> {
        @Override
        public Future<Integer> ask(Endpoint endpoint) {
            asked.add(endpoint.base().getHost());
            return endpoint.role() == Endpoint.Role.LAST
                    ? Future.succeededFuture(1)
                    : Future.failedFuture(
                            Setback.of(Setback.Kind.UNREACHED, Failure.of(Category.UNAVAILABLE, "nobody is there")));
        }
    }
}
