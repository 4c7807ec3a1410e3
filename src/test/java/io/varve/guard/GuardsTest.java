package io.varve.guard;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.testkit.engine.EventConditions.container;
import static org.junit.platform.testkit.engine.EventConditions.event;
import static org.junit.platform.testkit.engine.EventConditions.finishedWithFailure;
import static org.junit.platform.testkit.engine.EventConditions.test;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.instanceOf;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.message;

import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.varve.guard.Overheard.Pause;
import io.vertx.core.Vertx;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.Condition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

/** Runs bad tests under the configuration of the real ones; none of them names the guards. */
@Isolated("what is overheard is of the whole process")
class GuardsTest {

    private static final long PATIENCE_S = 30;
    private static final String LEAK = "LEAK: ByteBuf.release() was not called";

    /** What the fixtures provoke is expected, and must not look like a report of this build. */
    @BeforeEach
    void keepReportsOutOfTheLog() {
        Overheard.LEAKS.setAdditive(false);
        Overheard.BLOCKED.setAdditive(false);
    }

    @AfterEach
    void letReportsIntoTheLog() {
        Overheard.LEAKS.setAdditive(true);
        Overheard.BLOCKED.setAdditive(true);
    }

    @Test
    void detectsLeaksParanoidly() {
        assertThat(ResourceLeakDetector.getLevel()).isEqualTo(ResourceLeakDetector.Level.PARANOID);
    }

    @Test
    void failsTheClassThatLeaksBuffer() {
        assertThat(run(Leaks.class).containerEvents().list())
                .haveExactly(1, event(container(Leaks.class), failedWith(LEAK)));
    }

    @Test
    void failsTheTestInWhichTheLeakIsReported() {
        assertThat(run(LeaksAndCollects.class).testEvents().list())
                .haveExactly(1, event(test("leaks"), failedWith(LEAK)));
    }

    @Test
    void failsTheEngineForBufferLeakedAfterTheLastClass() {
        assertThat(run(LeaksAtTheEnd.class).containerEvents().list())
                .haveExactly(1, event(container("junit-jupiter"), failedWith(LEAK)));
    }

    @Test
    void failsTheTestThatBlocksEventLoop() {
        assertThat(run(BlocksEventLoop.class).testEvents().list())
                .haveExactly(1, event(test("blocks"), failedWith("has been blocked for")));
    }

    @Test
    void passesTestThatReleasesItsBuffersAndDoesNotBlock() {
        EngineExecutionResults results = run(Behaves.class);
        assertThat(results.testEvents().succeeded().count()).isEqualTo(1);
        assertThat(results.allEvents().failed().count()).isZero();
    }

    @Test
    void complainsOncePerReport() {
        Overheard.LEAKS.error("provoked");
        assertThatCode(Overheard::requireSilence)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("provoked");
        assertThatCode(Overheard::requireSilence).doesNotThrowAnyException();
    }

    @Test
    void doesNotBlameTheLoopForThePauseOfTheCollector() {
        String line = "Thread vert.x-eventloop-thread-2 has been blocked for 107 ms, time limit is 100 ms";

        assertThat(Overheard.holds(line, 1000, List.of(new Pause(890, 900)))).isFalse();
        assertThat(Overheard.holds(line, 1000, List.of(new Pause(890, 899)))).isTrue();
        assertThat(Overheard.holds(line, 1000, List.of(new Pause(600, 892)))).isTrue();
        assertThat(Overheard.holds(line, 1000, List.of(new Pause(999, 1200)))).isTrue();
        assertThat(Overheard.holds(line, 1000, List.of(new Pause(910, 914), new Pause(990, 993))))
                .isFalse();
        assertThat(Overheard.holds("LEAK", 1000, List.of(new Pause(0, 1000)))).isTrue();
    }

    @Test
    void knowsTheLastPauseOfTheCollector() {
        long beforeMs = ManagementFactory.getRuntimeMXBean().getUptime();

        System.gc();

        long afterMs = ManagementFactory.getRuntimeMXBean().getUptime();
        assertThat(Overheard.lastPauses()).anyMatch(pause -> pause.endMs() > beforeMs && pause.startMs() < afterMs);
    }

    private static EngineExecutionResults run(Class<?> fixture) {
        return EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(fixture))
                .enableImplicitConfigurationParameters(true)
                .execute();
    }

    private static Condition<Event> failedWith(String part) {
        return finishedWithFailure(instanceOf(AssertionError.class), message(text -> text.contains(part)));
    }

    @SuppressWarnings("CheckReturnValue") // to lose the buffer is the point
    private static void leak() {
        ByteBufAllocator.DEFAULT.directBuffer(16);
    }

    static class Leaks {
        @Test
        void leaks() {
            leak();
        }
    }

    static class LeaksAndCollects {
        @Test
        void leaks() {
            leak();
            Overheard.requireSilenceAfterCollection();
        }
    }

    @ExtendWith(LeakAtTheEnd.class)
    static class LeaksAtTheEnd {
        @Test
        void passes() {}
    }

    /** Registered behind the guards, so that what it puts into the store is closed before theirs. */
    static final class LeakAtTheEnd implements BeforeAllCallback {
        @Override
        public void beforeAll(ExtensionContext context) {
            AutoCloseable leaking = GuardsTest::leak;
            context.getRoot().getStore(Namespace.create(LeakAtTheEnd.class)).put("leak", leaking);
        }
    }

    static class BlocksEventLoop {
        @Test
        void blocks() throws Exception {
            Vertx vertx = WatchedVertx.create();
            try {
                CountDownLatch unblocked = new CountDownLatch(1);
                vertx.runOnContext(ignored -> {
                    long deadline = System.nanoTime() + SECONDS.toNanos(PATIENCE_S);
                    while (Overheard.isSilent() && System.nanoTime() < deadline) {
                        Thread.onSpinWait();
                    }
                    unblocked.countDown();
                });
                assertThat(unblocked.await(2 * PATIENCE_S, SECONDS)).isTrue();
            } finally {
                vertx.close().await();
            }
        }
    }

    static class Behaves {
        @Test
        void behaves() throws Exception {
            Vertx vertx = WatchedVertx.create();
            ByteBufAllocator.DEFAULT.directBuffer(16).release();
            vertx.close().await();
        }
    }
}
