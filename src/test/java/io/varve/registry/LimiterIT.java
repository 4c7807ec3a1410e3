package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.guard.WatchedVertx;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LimiterIT {
    private final List<String> order = new CopyOnWriteArrayList<>();
    private Vertx vertx;

    @BeforeEach
    void start() throws Exception {
        vertx = WatchedVertx.create();
    }

    @AfterEach
    void stop() throws Exception {
        vertx.close().await();
    }

    private Future<Limiter.Permit> acquire(Limiter limiter, String caller, String name) {
        return limiter.acquire(caller).onSuccess(permit -> order.add(name));
    }

    @Test
    void linesTakeTurns() throws Exception {
        Limiter limiter = new Limiter(vertx, 1, () -> {});
        Promise<Void> done = Promise.promise();
        vertx.runOnContext(ignored -> {
            Future<Limiter.Permit> first = limiter.acquire("a");
            List<Future<Limiter.Permit>> all = new ArrayList<>();
            for (String each : List.of("a1", "a2", "a3", "b1", "b2", "c1")) {
                all.add(acquire(limiter, each.substring(0, 1), each).onSuccess(Limiter.Permit::close));
            }
            Future.all(all).<Void>mapEmpty().onComplete(done);
            first.result().close();
        });

        Setting.await(done.future());
        assertThat(order).containsExactly("a1", "b1", "c1", "a2", "b2", "a3");
    }

    @Test
    void noMoreThanThePermits() throws Exception {
        Limiter limiter = new Limiter(vertx, 2, () -> {});
        Limiter.Permit first = Setting.await(acquire(limiter, "a", "1"));
        Setting.await(acquire(limiter, "a", "2"));
        Future<Limiter.Permit> third = acquire(limiter, "a", "3");
        Future<Limiter.Permit> fourth = acquire(limiter, "a", "4");

        assertThat(third.isComplete()).isFalse();
        first.close();
        Setting.await(third);
        first.close();
        Setting.await(vertx.timer(20));
        assertThat(fourth.isComplete()).isFalse();
    }

    @Test
    void whoeverWaitsGoesWhenMoreTurnOutToBePossible() throws Exception {
        Limiter limiter = new Limiter(vertx, 1, () -> {});
        Limiter.Permit first = Setting.await(limiter.acquire("a"));
        Future<Limiter.Permit> second = limiter.acquire("a");
        Future<Limiter.Permit> third = limiter.acquire("b");

        first.raise(4);
        first.raise(2);

        Setting.await(Future.all(second, third));
        Setting.await(limiter.acquire("a"));
        assertThat(limiter.acquire("a").isComplete()).isFalse();
    }

    @Test
    void turnsComeWhereTheyWereWaitedFor() throws Exception {
        Limiter limiter = new Limiter(vertx, 1, () -> {});
        Limiter.Permit held = Setting.await(limiter.acquire("a"));
        Promise<Boolean> home = Promise.promise();
        Promise<Void> waiting = Promise.promise();
        vertx.runOnContext(ignored -> {
            Context context = vertx.getOrCreateContext();
            limiter.acquire("a").onSuccess(permit -> home.complete(Objects.equals(Vertx.currentContext(), context)));
            waiting.complete();
        });
        Setting.await(waiting.future());

        vertx.runOnContext(ignored -> held.close());
        assertThat(Setting.await(home.future())).isTrue();
    }

    @Test
    void hostsThatNobodyIsAtAreForgotten() throws Exception {
        Limiters limiters = new Limiters(vertx, origin -> 1);
        Origin origin = new Origin("https", "a.example", 443);
        Limiter.Permit first = Setting.await(limiters.acquire(origin, "a"));
        Future<Limiter.Permit> second = limiters.acquire(origin, "b");

        first.close();
        Setting.await(second).close();
        assertThat(limiters.size()).isZero();
    }
}
