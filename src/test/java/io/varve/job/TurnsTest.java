package io.varve.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.oci.Json;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TurnsTest {
    private final Turns turns = new Turns();

    private static Task task(String caller, String subject) {
        return new Task(new Order(
                caller,
                "pull",
                subject,
                null,
                subject,
                subject,
                (wanted, listener) -> Future.succeededFuture(Json.object())));
    }

    private List<Object> all() {
        List<Object> all = new ArrayList<>();
        for (Optional<Task> next = turns.next(); next.isPresent(); next = turns.next()) {
            all.add(next.get().sameness());
        }
        return all;
    }

    @Test
    void callersTakeTurnsWhateverEachHasWaiting() {
        for (int i = 0; i < 1000; i++) {
            turns.add(task("many", "many" + i));
        }
        turns.add(task("one", "one0"));
        turns.add(task("two", "two0"));
        turns.add(task("two", "two1"));

        assertThat(all().subList(0, 6)).containsExactly("many0", "one0", "two0", "many1", "two1", "many2");
    }

    @Test
    void whoComesLateWaitsForOneTaskOfEachOther() {
        turns.add(task("a", "a0"));
        turns.add(task("a", "a1"));
        turns.add(task("a", "a2"));
        assertThat(turns.next()).map(Task::sameness).contains("a0");
        turns.add(task("b", "b0"));

        assertThat(all()).containsExactly("a1", "b0", "a2");
    }

    @Test
    void whatIsTakenAwayHasNoTurn() {
        Task gone = task("a", "a0");
        turns.add(gone);
        turns.add(task("a", "a1"));

        assertThat(turns.remove(gone)).isTrue();
        assertThat(turns.remove(gone)).isFalse();
        assertThat(turns.size()).isEqualTo(1);
        assertThat(all()).containsExactly("a1");
        assertThat(turns.next()).isEmpty();
    }
}
