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
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BudgetTest {
    private static final Future<Void> NEVER = Promise.<Void>promise().future();

    private final Budget budget = new Budget(100);

    private Future<Budget.Reservation> reserve(String party, String place, long bytes) {
        return budget.reserve(party, place, bytes, NEVER);
    }

    /** All of it, of two places. */
    private Budget.Reservation all() {
        Budget.Reservation one = reserve("first", "disk", 50).result();
        Budget.Reservation other = reserve("first", "tape", 50).result();
        return () -> {
            one.close();
            other.close();
        };
    }

    @Test
    void admitsWhatThereIsRoomFor() {
        assertThat(reserve("pull", "host", 40).succeeded()).isTrue();
        assertThat(budget.held()).isEqualTo(40);
    }

    @Test
    void whatDoesNotFitWaitsUntilSomethingIsGivenBack() {
        Budget.Reservation all = all();
        Future<Budget.Reservation> second = reserve("b", "two", 40);
        assertThat(second.isComplete()).isFalse();

        all.close();

        assertThat(second.succeeded()).isTrue();
        assertThat(budget.held()).isEqualTo(40);
    }

    @Test
    void reservationIsGivenBackOnce() {
        Budget.Reservation first = reserve("a", "one", 40).result();
        first.close();
        first.close();

        assertThat(budget.held()).isZero();
    }

    @Test
    void moreThanHalfIsTakenForHalf() {
        assertThat(reserve("pull", "host", 1_000).succeeded()).isTrue();
        assertThat(budget.held()).isEqualTo(50);
        assertThat(new Budget(1).reserve("pull", "host", 1, NEVER).succeeded()).isTrue();
    }

    @Test
    void oneIsTakenForAllOfItWhereNobodyIsSlow() {
        Budget trees = new Budget(100, 100);
        assertThat(trees.reserve("pull", "tree", 1_000, NEVER).succeeded()).isTrue();
        assertThat(trees.held()).isEqualTo(100);
    }

    @Test
    void placeHasHalfAtTheMostHoweverMuchIsAskedForAtOnce() {
        assertThat(reserve("a", "slow", 10).succeeded()).isTrue();
        assertThat(reserve("b", "slow", 50).isComplete()).isFalse();
        assertThat(reserve("c", "slow", 40).succeeded()).isTrue();
    }

    /** Of the slow place nothing is ever given back; the others end after a while. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void slowPlaceHoldsUpNoOther(long seed) {
        Random random = new Random(seed);
        List<Future<Budget.Reservation>> others = new ArrayList<>();
        Deque<Budget.Reservation> underWay = new ArrayDeque<>();
        for (int i = 0; i < 2_000; i++) {
            String place = List.of("slow", "a", "b", "c").get(random.nextInt(4));
            Future<Budget.Reservation> asked = reserve(place + random.nextInt(9), place, 1 + random.nextInt(110));
            if (!place.equals("slow")) {
                others.add(asked.onSuccess(underWay::add));
            }
            if (random.nextBoolean() && !underWay.isEmpty()) {
                underWay.remove().close();
            }
        }
        while (!underWay.isEmpty()) {
            underWay.remove().close();
        }

        assertThat(others).allMatch(Future::succeeded);
    }

    @Test
    void whoNeedsMuchOfItsPlaceIsNotPassedOverForEver() {
        Deque<Budget.Reservation> small = new ArrayDeque<>();
        for (int i = 0; i < 5; i++) {
            small.add(reserve("small" + i, "host", 10).result());
        }
        Future<Budget.Reservation> large = reserve("large", "host", 40);

        for (int passing = 0; !large.isComplete(); passing++) {
            reserve("passing" + passing, "host", 10).onSuccess(small::add);
            small.remove().close();
            assertThat(reserve("other", "other", 5)
                            .onSuccess(Budget.Reservation::close)
                            .succeeded())
                    .as("another place has nothing to do with it")
                    .isTrue();
            assertThat(passing).isLessThan(100);
        }
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
        Budget.Reservation all = all();
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
        Future<Budget.Reservation> large = reserve("large", "b", 50);

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
        reserve("first", "a", 50);
        reserve("first", "b", 10);
        Promise<Void> cancelled = Promise.promise();
        budget.reserve("large", "d", 50, cancelled.future());
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
        Budget.Reservation all = all();
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
        Budget.Reservation all = all();
        Future<Budget.Reservation> second = reserve("b", "two", 30);
        assertThat(budget.spare("three", 0)).isEmpty();

        all.close();
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
        reserve("a", "three", 10);
        Future<Budget.Reservation> second = reserve("b", "two", 50);
        assertThat(second.isComplete()).isFalse();

        spared.close();
        assertThat(second.succeeded()).isTrue();
    }
}
