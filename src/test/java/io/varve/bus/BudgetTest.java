package io.varve.bus;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class BudgetTest {
    private static final Future<Void> NEVER = Promise.<Void>promise().future();

    private final Budget budget = new Budget(100);

    private Future<Budget.Reservation> reserve(String party, String place, long bytes) {
        return budget.reserve(party, place, bytes, NEVER);
    }

    @Test
    void admitsWhatThereIsRoomFor() {
        assertThat(reserve("pull", "host", 40).succeeded()).isTrue();
        assertThat(budget.held()).isEqualTo(40);
    }

    @Test
    void whatDoesNotFitWaitsUntilSomethingIsGivenBack() {
        Budget.Reservation first = reserve("a", "one", 60).result();
        Future<Budget.Reservation> second = reserve("b", "two", 60);
        assertThat(second.isComplete()).isFalse();

        first.close();

        assertThat(second.succeeded()).isTrue();
        assertThat(budget.held()).isEqualTo(60);
    }

    @Test
    void reservationIsGivenBackOnce() {
        Budget.Reservation first = reserve("a", "one", 60).result();
        first.close();
        first.close();

        assertThat(budget.held()).isZero();
    }

    @Test
    void moreThanThereIsMeansAllOfIt() {
        assertThat(reserve("pull", "host", 1_000).succeeded()).isTrue();
        assertThat(budget.held()).isEqualTo(100);
    }

    @Test
    void placeGetsNoMoreThanIsStillFreeBehindIt() {
        List<Future<Budget.Reservation>> slow = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            slow.add(reserve("slow" + i, "slow", 10));
        }
        assertThat(slow.stream().filter(Future::succeeded)).hasSize(5);

        assertThat(reserve("other", "other", 10).succeeded())
                .as("another place finds room however many of the first wait")
                .isTrue();
    }

    @Test
    void partiesTakeTurns() {
        Budget.Reservation all = reserve("first", "disk", 100).result();
        List<String> order = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            reserve("greedy", "a", 30).onSuccess(room -> order.add("greedy"));
        }
        reserve("modest", "b", 30).onSuccess(room -> order.add("modest"));

        all.close();

        assertThat(order).startsWith("greedy", "modest");
    }

    @Test
    void whoNeedsMuchIsNotPassedOverForEver() {
        Deque<Budget.Reservation> small = new ArrayDeque<>();
        for (int i = 0; i < 3; i++) {
            small.add(reserve("small", "a" + i, 30).result());
        }
        Future<Budget.Reservation> large = reserve("large", "b", 60);

        int passing = 0;
        while (!large.isComplete()) {
            Future<Budget.Reservation> next = reserve("small" + passing, "c" + passing, 30);
            passing++;
            small.remove().close();
            next.onSuccess(small::add);
            assertThat(passing).isLessThan(100);
        }

        assertThat(passing).isGreaterThan(10);
        large.result().close();
        assertThat(reserve("later", "d", 10).succeeded()).isTrue();
    }

    @Test
    void whoGivesUpHoldsNobodyBack() {
        reserve("first", "a", 60);
        Promise<Void> cancelled = Promise.promise();
        budget.reserve("large", "b", 60, cancelled.future());
        Future<Budget.Reservation> last = Future.succeededFuture();
        for (int i = 0; i < 100 && last.isComplete(); i++) {
            last = reserve("small", "c" + i, 10);
            last.onSuccess(Budget.Reservation::close);
        }
        assertThat(last.isComplete()).isFalse();

        cancelled.fail("not wanted");

        assertThat(last.succeeded()).isTrue();
    }

    @Test
    void whoIsCancelledWhileWaitingHoldsNothing() {
        Budget.Reservation all = reserve("first", "disk", 100).result();
        Promise<Void> cancelled = Promise.promise();
        Future<Budget.Reservation> waiting = budget.reserve("second", "host", 10, cancelled.future());

        cancelled.fail("not wanted");

        assertThat(waiting.cause())
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.category()).isEqualTo(Category.CANCELLED));
        all.close();
        assertThat(budget.held()).isZero();
    }

    @Test
    void whatNobodyWantsIsSpared() {
        Budget.Reservation spared = budget.spare("host", 40).orElseThrow();
        assertThat(budget.held()).isEqualTo(40);

        spared.close();
        assertThat(budget.held()).isZero();
    }

    @Test
    void nothingIsSparedWhileSomebodyWaits() {
        Budget.Reservation first = reserve("a", "one", 80).result();
        Future<Budget.Reservation> second = reserve("b", "two", 30);
        assertThat(budget.spare("three", 10)).isEmpty();

        first.close();
        assertThat(second.succeeded()).isTrue();
        assertThat(budget.spare("three", 10)).isPresent();
    }

    @Test
    void noPlaceIsSparedMoreThanIsFreeBehindIt() {
        assertThat(reserve("a", "slow", 30).succeeded()).isTrue();

        assertThat(budget.spare("slow", 21)).isEmpty();
        assertThat(budget.spare("slow", 20)).isPresent();
        assertThat(budget.spare("other", 26)).isEmpty();
        assertThat(budget.spare("other", 25)).isPresent();
    }

    @Test
    void whoeverWaitsIsLetInByWhatWasSpared() {
        Budget.Reservation spared = budget.spare("one", 50).orElseThrow();
        Future<Budget.Reservation> second = reserve("b", "two", 60);
        assertThat(second.isComplete()).isFalse();

        spared.close();
        assertThat(second.succeeded()).isTrue();
    }
}
