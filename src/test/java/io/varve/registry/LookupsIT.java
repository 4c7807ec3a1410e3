package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Failure;
import io.varve.guard.WatchedVertx;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Names whose resolver takes as long as a test lets it. */
class LookupsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final CountDownLatch released = new CountDownLatch(1);
    private final CountDownLatch busy = new CountDownLatch(Lookups.THREADS);
    private final List<String> looked = new CopyOnWriteArrayList<>();
    private final AtomicLong now = new AtomicLong();
    private Vertx vertx;
    private Lookups lookups;

    @BeforeEach
    void start() throws Exception {
        vertx = WatchedVertx.create();
        lookups = new Lookups(vertx, this::resolve, PATIENCE, now::get);
    }

    @AfterEach
    void stop() throws Exception {
        released.countDown();
        lookups.close();
        vertx.close().await();
    }

    private InetAddress[] resolve(String host) throws UnknownHostException {
        looked.add(host);
        if (host.equals("nobody.example")) {
            throw new UnknownHostException(host);
        }
        busy.countDown();
        try {
            released.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return new InetAddress[] {InetAddress.ofLiteral("192.0.2.1")};
    }

    /** So many that there is no thread left. */
    private List<Future<?>> occupy() throws InterruptedException {
        List<Future<?>> waiting = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            waiting.add(lookups.resolve("slow" + i + ".example"));
        }
        busy.await();
        return waiting;
    }

    @Test
    void namesThatTakeLongKeepNoOtherWorkWaiting() throws Exception {
        List<Future<?>> waiting = occupy();

        assertThat(Setting.await(vertx.executeBlocking(() -> "done"))).isEqualTo("done");

        released.countDown();
        Setting.await(Future.all(waiting));
    }

    @Test
    void nameIsLookedUpOnceForAllWhoWantItMeanwhile() throws Exception {
        Future<List<InetAddress>> first = lookups.resolve("a.example");
        Future<List<InetAddress>> second = lookups.resolve("a.example");
        released.countDown();

        assertThat(Setting.await(second)).isEqualTo(Setting.await(first)).hasSize(1);
        assertThat(looked).containsExactly("a.example");

        Setting.await(lookups.resolve("a.example"));
        assertThat(looked).hasSize(2);
    }

    @Test
    void whatNobodyWaitsForAnyMoreIsNotBegun() throws Exception {
        occupy();
        Future<?> late = lookups.resolve("late.example");
        Future<?> begun = lookups.resolve("again.example");
        now.addAndGet(PATIENCE.toNanos() + 1);
        Future<?> again = lookups.resolve("again.example");
        released.countDown();

        assertThatThrownBy(() -> Setting.await(late)).isInstanceOf(TimeoutException.class);
        Setting.await(Future.all(begun, again));
        // And of those before, the ones that had a thread.
        assertThat(looked)
                .hasSize(Lookups.THREADS + 1)
                .containsOnlyOnce("again.example")
                .doesNotContain("late.example");
    }

    @Test
    void failureIsToldWhereItWasAskedForAndNotKept() throws Exception {
        Promise<Boolean> home = Promise.promise();
        vertx.runOnContext(ignored -> {
            Context context = vertx.getOrCreateContext();
            lookups.resolve("nobody.example")
                    .onFailure(unknown -> home.complete(unknown instanceof UnknownHostException
                            && Objects.equals(Vertx.currentContext(), context)));
        });

        assertThat(Setting.await(home.future())).isTrue();
        assertThatThrownBy(() -> Setting.await(lookups.resolve("nobody.example")))
                .hasMessageContaining("nobody.example");
        assertThat(looked).hasSize(2);
    }

    @Test
    void lookupThatTakesTooLongIsToldWhereItWasAskedFor() throws Exception {
        Promise<Boolean> home = Promise.promise();
        try (Lookups impatient = new Lookups(vertx, this::resolve, Duration.ofMillis(20), now::get)) {
            vertx.runOnContext(ignored -> {
                Context context = vertx.getOrCreateContext();
                impatient
                        .resolve("slow.example")
                        .onFailure(late -> home.complete(
                                late instanceof TimeoutException && Objects.equals(Vertx.currentContext(), context)));
            });

            assertThat(Setting.await(home.future())).isTrue();
        }
    }

    @Test
    void whoeverWaitsHearsThatItIsClosed() throws Exception {
        List<Future<?>> waiting = occupy();

        lookups.close();

        for (Future<?> each : List.of(waiting.getFirst(), waiting.getLast(), lookups.resolve("a.example"))) {
            assertThat(Setting.failure(each)).isInstanceOf(Failure.class).hasMessageContaining("was closed");
        }
    }
}
