package io.varve.benchmark.micro;

import io.netty.buffer.ByteBuf;
import io.varve.bus.Bus;
import io.varve.bus.Flow;
import io.varve.bus.Local;
import io.varve.bus.Outlet;
import io.varve.bus.Parcel;
import io.varve.bus.Slabs;
import io.varve.bus.Stage;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What it costs to hand one slab from an event loop over the bus to a flow on a worker that looks at nothing of it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class HandOverBenchmark {
    private static final int SLABS = 1000;
    private static final int PATIENCE_S = 60;
    private static final String ADDRESS = "benchmark.stage";

    private Vertx vertx;
    private Bus bus;
    private Context context;
    private String flow;

    private enum Open implements Local {
        OPEN
    }

    /** Takes slabs and gives them back to the pool. */
    private static final class Taker implements Flow {
        @Override
        public Future<?> receive(Local message) {
            if (message instanceof Parcel parcel) {
                ByteBuf slab = parcel.claim();
                if (slab != null) {
                    slab.release();
                }
            }
            return Future.succeededFuture();
        }

        @Override
        public void close() {}
    }

    @Setup
    public void open() throws Exception {
        vertx = Vertx.vertx();
        bus = Bus.of(vertx);
        context = vertx.getOrCreateContext();
        DeploymentOptions worker = new DeploymentOptions().setThreadingModel(ThreadingModel.WORKER);
        vertx.deployVerticle(new Stage<Open>(bus, ADDRESS, worker, (on, open) -> new Taker()))
                .await(PATIENCE_S, TimeUnit.SECONDS);
        flow = bus.<Stage.Opened>ask(ADDRESS, Open.OPEN)
                .await(PATIENCE_S, TimeUnit.SECONDS)
                .address();
    }

    @TearDown
    public void close() throws Exception {
        vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
    }

    @Benchmark
    @OperationsPerInvocation(SLABS)
    public void slab() throws Exception {
        Promise<Void> done = Promise.promise();
        context.runOnContext(now -> {
            Outlet outlet = new Outlet(bus, flow, 0);
            hand(outlet, SLABS).onComplete(done);
        });
        done.future().await(PATIENCE_S, TimeUnit.SECONDS);
    }

    private static Future<Void> hand(Outlet outlet, int left) {
        int rest = left;
        Future<Void> room = outlet.ready();
        while (rest > 0 && room.isComplete()) {
            outlet.hand(Slabs.allocate().writerIndex(1));
            rest--;
            room = outlet.ready();
        }
        int later = rest;
        return room.compose(now -> later == 0 ? outlet.taken() : hand(outlet, later));
    }
}
