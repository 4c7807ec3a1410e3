package io.varve.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** On one thread, which stands for the conducting context. */
class InFlightTest {
    private final InFlight<String, String> flights = new InFlight<>();
    private final List<Promise<String>> begun = new ArrayList<>();

    private Future<String> join(String key, Cancellation wanted) {
        return flights.join(key, wanted, () -> {
            Promise<String> work = Promise.promise();
            begun.add(work);
            return work.future();
        });
    }

    private Future<String> join(String key) {
        return join(key, new Cancellation());
    }

    @Test
    void whoComesWhileItIsDoneGetsWhatTheFirstMade() {
        Future<String> first = join("key");
        Future<String> second = join("key");

        begun.getFirst().complete("made");

        assertThat(first.result()).isEqualTo("made");
        assertThat(second.result()).isEqualTo("made");
        assertThat(begun).hasSize(1);
    }

    @Test
    void whatWasMadeIsNotRemembered() {
        Future<String> first = join("key");
        begun.getFirst().complete("first");

        Future<String> second = join("key");
        begun.getLast().complete("second");

        assertThat(first.result()).isEqualTo("first");
        assertThat(second.result()).isEqualTo("second");
    }

    @Test
    void otherWorkIsNotWaitedFor() {
        join("key");

        Future<String> other = join("other");
        begun.getLast().complete("at once");

        assertThat(other.result()).isEqualTo("at once");
    }

    @Test
    void failureIsOfWhoeverDidItAndTheNextOneDoesItThemselves() {
        Future<String> first = join("key");
        Future<String> second = join("key");
        Future<String> third = join("key");

        begun.getFirst().fail(Failure.notFound("mine alone"));
        begun.getLast().complete("theirs");

        assertThat(first.cause()).hasMessage("NotFound: mine alone");
        assertThat(second.result()).isEqualTo("theirs");
        assertThat(third.result()).isEqualTo("theirs");
        assertThat(begun).hasSize(2);
    }

    @Test
    void workThatThrowsDoesNotLeaveTheOthersWaiting() {
        Future<String> first = flights.join("key", new Cancellation(), () -> {
            Future<String> second = join("key");
            assertThat(second.isComplete()).isFalse();
            throw new StackOverflowError();
        });

        assertThat(first.cause()).isInstanceOf(StackOverflowError.class);
        assertThat(begun).as("the second does it now").hasSize(1);
    }

    @Test
    void whoIsCancelledWaitsNoLongerAndTheWorkGoesOn() {
        Cancellation wanted = new Cancellation();
        Future<String> first = join("key");
        Future<String> second = join("key", wanted);

        wanted.cancel();

        assertThat(second.cause())
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.category()).isEqualTo(Category.CANCELLED));
        begun.getFirst().complete("made");
        assertThat(first.result()).isEqualTo("made");
        assertThat(begun).hasSize(1);
    }
}
