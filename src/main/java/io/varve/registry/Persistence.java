package io.varve.registry;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    /** Hosts that rest, the last that were found to be away: whose mirrors they are may be for an image to say. */
    private static final int RESTING = 256;

    /** Of the failures before the last one, the first ones are told. */
    private static final int MOST_TOLD = 8;

    private final NetworkOptions network;
    private final Time time;
    private final RandomGenerator random;
    private final BooleanSupplier closed;

    /**
     * Where mirrors could not be reached, and when: to try each time would cost everybody the time to connect. Guarded by
     * itself.
     */
    private final Map<Origin, Long> resting = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Origin, Long> eldest) {
            return size() > RESTING;
        }
    };

    /** @param closed whether nothing is to be asked any more */
    Persistence(NetworkOptions network, Time time, RandomGenerator random, BooleanSupplier closed) {
        this.network = network;
        this.time = time;
        this.random = random;
        this.closed = closed;
    }

    /** @return fails with a {@link Failure} that names the question, the last endpoint's */
    <T> Future<T> answer(Question<T> question, List<Endpoint> endpoints) {
        return new Round<>(question, endpoints).answer().recover(thrown -> Future.failedFuture(told(question, thrown)));
    }

    private Failure told(Question<?> question, Throwable thrown) {
        Failure failure = thrown instanceof Setback setback ? setback.failure() : Failure.from(thrown);
        if (closed.getAsBoolean() && failure.category() != Category.CANCELLED) {
            failure = Failure.of(Category.CANCELLED, "the registry client was closed", failure);
        }
        return failure.during(question.toString());
    }

    private boolean rests(Endpoint endpoint) {
        synchronized (resting) {
            Long since = resting.get(Origin.of(endpoint.base()));
            return since != null && endpoint.role() == Endpoint.Role.MIRROR && time.nanos() - since < REST.toNanos();
        }
    }

    private void rest(Endpoint endpoint) {
        synchronized (resting) {
            Origin origin = Origin.of(endpoint.base());
            resting.remove(origin);
            resting.put(origin, time.nanos());
        }
    }

    /** One question, which goes from one endpoint to the next. Owned by the context that asks. */
    private final class Round<T> {
        private final Question<T> question;
        private final Iterator<Endpoint> left;
        private final List<Failure> before = new ArrayList<>();
        private final Promise<T> answered = Promise.promise();

        Round(Question<T> question, List<Endpoint> endpoints) {
            this.question = question;
            left = endpoints.iterator();
        }

        Future<T> answer() {
            next();
            return answered.future();
        }

        /** Not composed: whoever says where else to ask may say so many places that the stack has no room for them. */
        private void next() {
            while (!answered.future().isComplete()) {
                Endpoint endpoint = left.next();
                if (!rests(endpoint)) {
                    Future<T> answer = new Attempts<>(question, endpoint).answer();
                    if (!answer.isComplete()) {
                        answer.onComplete(late -> {
                            take(endpoint, late);
                            next();
                        });
                        return;
                    }
                    take(endpoint, answer);
                }
            }
        }

        /** Unless it is the answer to it all, the next one is to be asked. */
        private void take(Endpoint endpoint, AsyncResult<T> answer) {
            if (answer.succeeded()) {
                answered.complete(answer.result());
                return;
            }
            Setback setback = Setback.from(answer.cause());
            if (!endpoint.yields(setback) || closed.getAsBoolean()) {
                fail(setback);
                return;
            }
            if (endpoint.role() == Endpoint.Role.MIRROR && setback.kind() == Setback.Kind.UNREACHED) {
                rest(endpoint);
            }
            if (before.size() < MOST_TOLD) {
                before.add(setback.failure().during("asking " + endpoint));
            }
        }

        private void fail(Setback last) {
            // Who gave up has told why, in a failure of their own.
            if (last.kind() != Setback.Kind.GIVEN_UP) {
                before.forEach(last.failure()::addSuppressed);
            }
            answered.fail(last);
        }
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
            } catch (Throwable thrown) {
                attempt = Future.failedFuture(thrown);
            }
            attempt.onSuccess(answered::complete).onFailure(this::failed);
        }

        private void failed(Throwable thrown) {
            Future<Void> again;
            try {
                again = again(Setback.from(thrown));
            } catch (Throwable worse) {
                again = Future.failedFuture(worse);
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
