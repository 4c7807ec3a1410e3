package io.varve.pipeline;

import io.varve.bus.Budget;
import io.varve.bus.Bus;
import io.varve.bus.Here;
import io.varve.bus.Slabs;
import io.varve.bus.Stage;
import io.varve.content.BlobFlow;
import io.varve.content.DepositFlow;
import io.varve.decode.DecodeFlow;
import io.varve.encode.EncodeFlow;
import io.varve.layerfs.AssembleFlow;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The stages of the pipeline, deployed, and what all work in a process shares: the bus they meet on, the budget of memory, the
 * threads that compute, as many as there are workers, and those that wait for the disk.
 *
 * <p>Safe for any thread, except as said.
 */
public final class Stages {
    static final String BLOB = "varve.stage.blob";
    static final String DECODE = "varve.stage.decode";
    static final String ASSEMBLE = "varve.stage.assemble";
    static final String CLAIM = "varve.stage.claim";
    static final String ENCODE = "varve.stage.encode";
    static final String DEPOSIT = "varve.stage.deposit";

    private static final String COMPUTE = "varve-compute";

    /** They wait for a disk, or for another process to let go of the store, and cost little while they do. */
    private static final int DISK_THREADS = 64;

    /** A service that pulls every now and then keeps the memory of slabs in between. */
    private static final long TRIM_MILLIS = TimeUnit.MINUTES.toMillis(1);

    private final Vertx vertx;
    private final Bus bus;
    private final Context context;
    private final WorkerExecutor disk;
    private final WorkerExecutor computing;
    private final int workers;
    private final Budget budget;
    private final Budget trees;
    private final Budget windows;
    private final Traffic traffic = new Traffic();
    private final long windowBytes;

    private Stages(
            Vertx vertx,
            Bus bus,
            WorkerExecutor disk,
            WorkerExecutor computing,
            int workers,
            Budget budget,
            long windowBytes) {
        this.vertx = vertx;
        this.bus = bus;
        this.disk = disk;
        this.computing = computing;
        this.workers = workers;
        this.windowBytes = windowBytes;
        this.budget = budget;
        // The largest tree is merged alone.
        trees = new Budget(budget.size(), budget.size());
        windows = new Budget(2 * windowBytes);
        context = vertx.getOrCreateContext();
    }

    /**
     * Deploys them. Once for each Vert.x, which ends them when it is closed.
     *
     * @param workers how many threads compute
     * @param budgetBytes of memory for layers on their way, and as many for the trees that are made of them
     * @param windowBytes of memory that a decoder may need beyond what most do
     */
    public static Future<Stages> deploy(Vertx vertx, int workers, long budgetBytes, long windowBytes) {
        Bus bus = Bus.of(vertx);
        Budget budget = new Budget(budgetBytes);
        WorkerExecutor disk =
                vertx.createSharedWorkerExecutor("varve-disk", DISK_THREADS, Long.MAX_VALUE, TimeUnit.NANOSECONDS);
        DeploymentOptions computing = new DeploymentOptions()
                .setThreadingModel(ThreadingModel.WORKER)
                .setWorkerPoolName(COMPUTE)
                .setWorkerPoolSize(workers);
        WorkerExecutor cores = vertx.createSharedWorkerExecutor(COMPUTE, workers);
        vertx.setPeriodic(TRIM_MILLIS, passed -> disk.executeBlocking(Stages::trim, false));
        return Future.all(List.of(
                        vertx.deployVerticle(new ManifestVerticle(bus)),
                        vertx.deployVerticle(new FetchVerticle(bus, budget)),
                        vertx.deployVerticle(new Stage<BlobFlow.Open>(
                                bus, BLOB, computing, (on, open) -> new BlobFlow(bus, disk, open))),
                        vertx.deployVerticle(new Stage<DecodeFlow.Open>(
                                bus, DECODE, computing, (on, open) -> new DecodeFlow(on, bus, open))),
                        vertx.deployVerticle(new Stage<AssembleFlow.Open>(
                                bus, ASSEMBLE, computing, (on, open) -> new AssembleFlow(bus, disk, open))),
                        vertx.deployVerticle(
                                new Stage<LayerClaim.Open>(bus, CLAIM, computing, (on, open) -> new LayerClaim(open))),
                        vertx.deployVerticle(new Stage<EncodeFlow.Open>(
                                bus, ENCODE, computing, (on, open) -> new EncodeFlow(on, bus, cores, open))),
                        vertx.deployVerticle(new Stage<DepositFlow.Open>(
                                bus, DEPOSIT, computing, (on, open) -> new DepositFlow(disk, open)))))
                .map(deployed -> new Stages(vertx, bus, disk, cores, workers, budget, windowBytes));
    }

    private static Void trim() {
        Slabs.trim();
        return null;
    }

    Vertx vertx() {
        return vertx;
    }

    Bus bus() {
        return bus;
    }

    /** What passed through. */
    public Traffic traffic() {
        return traffic;
    }

    /** For layers on their way. */
    public Budget budget() {
        return budget;
    }

    /** For trees, which wait for no registry: layers that are stuck on their way must not keep others from being merged. */
    public Budget trees() {
        return trees;
    }

    /**
     * Does something when there is memory for the trees that it takes, which is given back at its end. Called on the conducting context.
     *
     * @param bytes how much that is; blocks
     * @param party and the place, as the budget has them
     */
    public <T> Future<T> withTrees(
            Callable<Long> bytes, Object party, String place, Cancellation wanted, Supplier<Future<T>> work) {
        return disk(bytes)
                .compose(wants -> Here.on(context, trees.reserve(party, place, wants, wanted.cancelled())))
                .compose(room ->
                        Future.succeededFuture().compose(now -> work.get()).onComplete(done -> room.close()));
    }

    /**
     * For decoders that turn out to need more than most: what has begun must not wait for what waits for it to end. Two find
     * room, of different places.
     */
    public Budget windows() {
        return windows;
    }

    /** What each of them reserves. */
    long windowBytes() {
        return windowBytes;
    }

    /** How many threads compute. */
    int workers() {
        return workers;
    }

    /** The event loop that pulls and builds are conducted on: what they share belongs to it. */
    public Context context() {
        return context;
    }

    /** Does what waits for the disk; completes on the caller's context. */
    public <T> Future<T> disk(Callable<T> blocking) {
        return disk.executeBlocking(blocking, false).map(Objects::requireNonNull);
    }

    /**
     * Does what reads one document after the other, from wherever they are; completes on the caller's context.
     *
     * @param planning blocks until it is done or interrupted
     * @param stop ends it when it fails
     */
    public <T> Future<T> plan(Callable<T> planning, Future<Void> stop) {
        return bus.ask(ManifestVerticle.ADDRESS, new ManifestVerticle.Plan<>(planning, stop));
    }

    /** Does what takes a core; completes on the caller's context. */
    public <T> Future<T> compute(Callable<T> work) {
        return computing.executeBlocking(work, false).map(Objects::requireNonNull);
    }
}
