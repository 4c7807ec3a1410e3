package io.varve.bus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.guard.WatchedVertx;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A stage, its flows and whoever hands slabs to them, on a real bus. */
class StageIT extends StageWorld {
    private static final String ADDRESS = "test.stage";

    /** What a flow is opened with. */
    private enum Open implements Local {
        OPEN
    }

    /** Notes what comes, and answers each parcel when the test says so. */
    private static final class Recorder implements Flow {
        final List<String> heard = Collections.synchronizedList(new ArrayList<>());
        final List<Promise<Void>> answers = Collections.synchronizedList(new ArrayList<>());
        volatile boolean answering = true;

        @Override
        public Future<?> receive(Local message) {
            if (message instanceof Parcel parcel) {
                ByteBuf slab = parcel.claim();
                if (slab == null) {
                    return Future.succeededFuture();
                }
                String text = slab.toString(UTF_8);
                slab.release();
                heard.add(parcel.offset() + " " + text);
                if (text.equals("bad")) {
                    throw Failure.invalid("got bad");
                }
                if (!answering) {
                    Promise<Void> answer = Promise.promise();
                    answers.add(answer);
                    return answer.future();
                }
            } else {
                heard.add(message.toString());
            }
            return Future.succeededFuture();
        }

        @Override
        public void cancel() {
            answers.forEach(answer -> answer.tryFail("cancelled"));
        }

        @Override
        public void close() {
            heard.add("closed");
        }
    }

    private final Recorder recorder = new Recorder();
    private Stage.Opened flow;

    @BeforeEach
    void open() throws Exception {
        deploy(new Stage<Open>(bus, ADDRESS, WORKER, (on, open) -> recorder));
        flow = on(() -> bus.ask(ADDRESS, Open.OPEN));
    }

    private static ByteBuf slab(String text) {
        ByteBuf slab = Slabs.allocate();
        slab.writeCharSequence(text, UTF_8);
        return slab;
    }

    @Test
    void flowGetsSlabsInOrderWithTheirPlaces() throws Exception {
        Outlet outlet = new Outlet(bus, flow.address(), 7);

        on(() -> {
            outlet.hand(slab("one"));
            outlet.hand(slab("three"));
            return outlet.end();
        });

        assertThat(recorder.heard).containsExactly("7 one", "10 three", "END");
    }

    @Test
    void windowIsFullUntilTheFlowAnswers() throws Exception {
        recorder.answering = false;
        Outlet outlet = new Outlet(bus, flow.address(), 0);
        Future<Void> room = on(() -> {
            for (int i = 0; i < Outlet.WINDOW; i++) {
                outlet.hand(slab("x"));
            }
            return Future.succeededFuture(outlet.ready());
        });
        while (recorder.answers.isEmpty()) {
            Thread.onSpinWait();
        }
        assertThat(room.isComplete()).isFalse();

        assertThat(recorder.heard).as("one message at a time").hasSize(1);

        while (!room.isComplete()) {
            List.copyOf(recorder.answers).forEach(Promise::tryComplete);
            Thread.onSpinWait();
        }

        await(room);
        on(() -> vertx.undeploy(flow.deployment()));
    }

    @Test
    void failureOfTheFlowReachesWhoeverHandsSlabsToItAsItIs() throws Exception {
        Outlet outlet = new Outlet(bus, flow.address(), 0);

        assertThatThrownBy(() -> on(() -> {
                    outlet.hand(slab("bad"));
                    outlet.hand(slab("late"));
                    return outlet.taken();
                }))
                .isInstanceOfSatisfying(Failure.class, failure -> {
                    assertThat(failure.category()).isEqualTo(Category.INVALID);
                    assertThat(failure).hasMessage("Invalid: got bad");
                });

        assertThat(outlet.ready().failed()).isTrue();
        assertThat(outlet.broken().failed()).isTrue();
        assertThat(recorder.heard).containsExactly("0 bad");
    }

    @Test
    void flowThatEndsAnswersEverybodyAndTheirSlabsAreReleased() throws Exception {
        recorder.answering = false;
        Outlet outlet = new Outlet(bus, flow.address(), 0);
        on(() -> {
            outlet.hand(slab("one"));
            outlet.hand(slab("two"));
            return Future.succeededFuture();
        });

        on(() -> vertx.undeploy(flow.deployment()));

        assertThatThrownBy(() -> on(outlet::taken))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.category()).isEqualTo(Category.CANCELLED));
        assertThat(recorder.heard).last().isEqualTo("closed");
        assertThat(recorder.heard).doesNotContain("3 two");
    }

    @Test
    void slabForAFlowThatIsGoneIsReleased() throws Exception {
        on(() -> vertx.undeploy(flow.deployment()));
        Outlet outlet = new Outlet(bus, flow.address(), 0);

        assertThatThrownBy(() -> on(() -> {
                    outlet.hand(slab("late"));
                    return outlet.taken();
                }))
                .hasMessageContaining("has ended");
    }

    @Test
    void allIsTakenOnlyWhenTheFlowIsDoneWithTheLastSlab() throws Exception {
        recorder.answering = false;
        Outlet outlet = new Outlet(bus, flow.address(), 0);
        Future<Void> taken = on(() -> {
            outlet.hand(slab("alone"));
            return Future.succeededFuture(outlet.taken());
        });
        while (recorder.answers.isEmpty()) {
            Thread.onSpinWait();
        }
        assertThat(taken.isComplete()).isFalse();

        recorder.answers.getFirst().complete();

        await(taken);
    }

    /** Hands what it hears of to the recorder's flow. */
    private static final class Sender implements Flow {
        private final Outlet outlet;

        Sender(Bus bus, String to, Consumer<Outlet> made) {
            outlet = new Outlet(bus, to, 0);
            made.accept(outlet);
        }

        @Override
        public Future<?> receive(Local message) {
            outlet.hand(slab("x"));
            return outlet.taken();
        }

        @Override
        public void close() {}
    }

    @Test
    void nothingIsKeptOfFlowsThatHaveEndedTheSenderFirst() throws Exception {
        List<WeakReference<Outlet>> outlets = Collections.synchronizedList(new ArrayList<>());
        await(vertx.deployVerticle(new Stage<Open>(
                bus,
                "test.sender",
                WORKER,
                (on, open) -> new Sender(bus, flow.address(), outlet -> outlets.add(new WeakReference<>(outlet))))));
        for (int i = 0; i < 20; i++) {
            Stage.Opened sender = on(() -> bus.ask("test.sender", Open.OPEN));
            on(() -> bus.ask(sender.address(), Open.OPEN));
            on(() -> vertx.undeploy(sender.deployment()));
        }

        on(() -> vertx.undeploy(flow.deployment()));

        WatchedVertx.awaitIdle();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
        while (outlets.stream().anyMatch(outlet -> outlet.get() != null) && System.nanoTime() < end) {
            System.gc();
        }
        assertThat(outlets).hasSize(20).allMatch(outlet -> outlet.get() == null, "was collected");
    }

    @Test
    void undeployingTheStageEndsItsFlows() throws Exception {
        on(() -> Future.all(vertx.deploymentIDs().stream()
                .filter(id -> !id.equals(flow.deployment()))
                .map(vertx::undeploy)
                .toList()));

        assertThat(recorder.heard).containsExactly("closed");
    }
}
