package io.varve.registry;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/**
 * Asks until there is an answer: one endpoint after failures that pass, with longer and longer pauses, and after it the next
 * one, if it is not the last.
 */
final class Persistence {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(20);
    private static final Duration REST = Duration.ofSeconds(30);

    private final NetworkOptions network;
    private final Time time;
    private final RandomGenerator random;
    private final BooleanSupplier closed;

    /** The mirrors that could not be reached, and when: to try each time would cost everybody the time to connect. */
    private final Map<URI, Long> resting = new ConcurrentHashMap<>();

    /** @param closed whether nothing is to be asked any more */
    Persistence(NetworkOptions network, Time time, RandomGenerator random, BooleanSupplier closed) {
        this.network = network;
        this.time = time;
        this.random = random;
        this.closed = closed;
    }

    /** @return fails with a {@link Failure} that names the question, the last endpoint's */
    <T> Future<T> answer(Question<T> question, List<Endpoint> endpoints) {
        return answer(question, endpoints, 0).recover(thrown -> Future.failedFuture(told(question, thrown)));
    }

    private Failure told(Question<?> question, Throwable thrown) {
        Failure failure = thrown instanceof Setback setback ? setback.failure() : Failure.from(thrown);
        if (closed.getAsBoolean() && failure.category() != Category.CANCELLED) {
            failure = Failure.of(Category.CANCELLED, "the registry client was closed", failure);
        }
        return failure.during(question.toString());
    }

    private <T> Future<T> answer(Question<T> question, List<Endpoint> endpoints, int at) {
        Endpoint endpoint = endpoints.get(at);
        if (rests(endpoint)) {
            return answer(question, endpoints, at + 1);
        }
        return new Attempts<>(question, endpoint).answer().recover(thrown -> {
            Setback setback = Setback.from(thrown);
            if (!endpoint.yields(setback) || closed.getAsBoolean()) {
                return Future.failedFuture(setback);
            }
            if (endpoint.role() == Endpoint.Role.MIRROR && setback.kind() == Setback.Kind.UNREACHED) {
                resting.put(endpoint.base(), time.nanos());
            }
            return answer(question, endpoints, at + 1).recover(later -> {
                Setback last = Setback.from(later);
                // Who gave up has told why, in a failure of their own.
                if (last.kind() != Setback.Kind.GIVEN_UP) {
                    last.failure().addSuppressed(setback.failure().during("asking " + endpoint));
                }
                return Future.failedFuture(last);
            });
        });
    }

    private boolean rests(Endpoint endpoint) {
        Long since = resting.get(endpoint.base());
        return since != null && endpoint.role() == Endpoint.Role.MIRROR && time.nanos() - since < REST.toNanos();
    }

    /** Those of one question at one endpoint. Owned by the context that asks. */
    private final class Attempts<T> {
        private final Question<T> question;
        private final Endpoint endpoint;
        private final Promise<T> answered = Promise.promise();

        // Since more came the last time.
        private int failed;
        private long position;

        // When the first of the failures came that patience is had with.
        private long since;
        private boolean impatient;

        Attempts(Question<T> question, Endpoint endpoint) {
            this.question = question;
            this.endpoint = endpoint;
            position = question.position();
        }

        /** Of the attempt that was answered; or what the last one met. */
        Future<T> answer() {
            next();
            return answered.future();
        }

        /** Not composed: as long as bytes come there is no end of attempts. */
        private void next() {
            Future<T> attempt;
            try {
                attempt = question.ask(endpoint);
            } catch (RuntimeException e) {
                attempt = Future.failedFuture(e);
            }
            attempt.onSuccess(answered::complete).onFailure(this::failed);
        }

        private void failed(Throwable thrown) {
            Future<Void> again;
            try {
                again = again(Setback.from(thrown));
            } catch (RuntimeException e) {
                again = Future.failedFuture(e);
            }
            again.onSuccess(now -> next()).onFailure(answered::fail);
        }

        /** Completes when it is time for another one; fails when there is to be none. */
        private Future<Void> again(Setback setback) {
            boolean advanced = advanced();
            if (!setback.retryable() || closed.getAsBoolean() || (!advanced && endpoint.yields(setback))) {
                return Future.failedFuture(setback);
            }
            failed++;
            Duration pause = pause(setback);
            Duration spent = Duration.ofNanos(time.nanos() - since).plus(pause);
            if (failed >= network.attempts() || spent.compareTo(network.patience()) > 0) {
                return Future.failedFuture(setback);
            }
            return time.pause(pause, () -> closed.getAsBoolean() || question.unwanted());
        }

        /** Any byte begins the count anew, but only as many as the least rate wants give new patience. */
        private boolean advanced() {
            long now = time.nanos();
            long came = question.position() - position;
            boolean enough = came * 1e9 >= (double) network.leastRate() * (now - since);
            if (!impatient || (came > 0 && enough)) {
                impatient = true;
                since = now;
            }
            if (came > 0) {
                failed = 0;
                position += came;
            }
            return came > 0;
        }

        private Duration pause(Setback setback) {
            Duration longest = FIRST_PAUSE.multipliedBy(1L << Math.min(failed - 1, 20));
            if (longest.compareTo(LONGEST_PAUSE) > 0) {
                longest = LONGEST_PAUSE;
            }
            // Between half of it and all of it, so that those who failed together do not come back together.
            Duration own = longest.dividedBy(2).plusNanos(random.nextLong(longest.toNanos() / 2 + 1));
            Duration asked = setback.retryAfter().orElse(Duration.ZERO);
            Duration capped = asked.compareTo(network.retryAfter()) > 0 ? network.retryAfter() : asked;
            return capped.compareTo(own) > 0 ? capped : own;
        }
    }
}
