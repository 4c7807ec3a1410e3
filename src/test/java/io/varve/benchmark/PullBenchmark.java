package io.varve.benchmark;

import io.varve.bus.WorkLimits;
import io.varve.decode.DecodeLimits;
import io.varve.oci.Reference;
import io.varve.os.Durability;
import io.varve.os.Staging;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Origin;
import io.varve.pipeline.Platforms;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Pulls;
import io.varve.pipeline.Stages;
import io.varve.registry.Access;
import io.varve.registry.Registry;
import io.varve.registry.RegistryClient;
import io.varve.registry.RegistryOptions;
import io.varve.store.Store;
import io.varve.store.TestOptions;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How long a pull takes from a registry to an image that can be mounted, what memory it takes, and how long event loops let
 * others wait meanwhile. Each round pulls all images at once into a store of its own; the process is warm from the second on.
 *
 * <p>Arguments: a directory for the stores, the number of rounds, layers of an image at once, the images, by names of a registry, and
 * among them {@code full} and {@code relaxed} for how durable the stores are; with both, each round has one of either.
 */
public final class PullBenchmark {
    private static final int LOOPS = 2;

    private PullBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        int rounds = Integer.parseInt(arguments[1]);
        int atOnce = Integer.parseInt(arguments[2]);
        List<String> names = new ArrayList<>(List.of(arguments).subList(3, arguments.length));
        List<Durability> durabilities = new ArrayList<>();
        for (Durability each : Durability.values()) {
            if (names.remove(each.name().toLowerCase(Locale.ROOT))) {
                durabilities.add(each);
            }
        }
        if (durabilities.isEmpty()) {
            durabilities.add(Durability.FULL);
        }
        List<Origin> images = names.stream()
                .<Origin>map(name -> new Origin.Remote(Reference.normalized(name), Access.DEFAULT))
                .toList();
        int cores = Runtime.getRuntime().availableProcessors();
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(LOOPS));
        try (RegistryClient registry =
                RegistryClient.of(vertx, RegistryOptions.DEFAULTS, Map.of(), (host, repository) -> Optional.empty())) {
            Stages stages = Stages.deploy(
                            vertx,
                            cores,
                            WorkLimits.DEFAULTS.budgetBytes(),
                            1L << DecodeLimits.DEFAULTS.zstdWindowLog())
                    .await(1, TimeUnit.MINUTES);
            LoopDelay delay = LoopDelay.begin(vertx, LOOPS);
            long[][] wall = new long[durabilities.size()][rounds];
            long[][] cpu = new long[durabilities.size()][rounds];
            for (int i = 0; i < rounds * durabilities.size(); i++) {
                int which = i % durabilities.size();
                int round = i / durabilities.size();
                delay.forget();
                Path place = Files.createTempDirectory(directory, "pull-");
                long cpuBefore = cpuNanos();
                long start = System.nanoTime();
                pull(place, durabilities.get(which), images, atOnce, stages, registry);
                wall[which][round] = System.nanoTime() - start;
                cpu[which][round] = cpuNanos() - cpuBefore;
                System.out.printf(
                        Locale.ROOT,
                        "%s, round %d: %.2f s, %.2f CPU s, event loop delay p99.9 %.1f ms, worst %.1f ms, peak %d MB, %d segments%n",
                        durabilities.get(which),
                        round,
                        wall[which][round] / 1e9,
                        cpu[which][round] / 1e9,
                        delay.quantile(0.999) / 1e6,
                        delay.quantile(1) / 1e6,
                        peakMegabytes(),
                        registry.segments().fetched());
                Staging.delete(place);
            }
            delay.end();
            for (int which = 0; which < durabilities.size(); which++) {
                System.out.printf(
                        Locale.ROOT,
                        "%s, median of rounds 1 to %d: %.2f s, %.2f CPU s%n",
                        durabilities.get(which),
                        rounds - 1,
                        median(wall[which]) / 1e9,
                        median(cpu[which]) / 1e9);
            }
        } finally {
            vertx.close().await(1, TimeUnit.MINUTES);
        }
    }

    private static void pull(
            Path place, Durability durability, List<Origin> images, int atOnce, Stages stages, Registry registry) {
        try (Store store =
                new Store(place, TestOptions.usual().durability(durability).build())) {
            LayerPull layers = new LayerPull(store, DecodeLimits.DEFAULTS, atOnce, () -> stages);
            Pulls pulls = new Pulls(store, new Pull(store, layers), () -> stages, () -> registry);
            for (Pulls.Outcome outcome : pulls.pull(images, null, Platforms.HERE, PullListener.NONE)) {
                if (outcome.failure() != null) {
                    throw outcome.failure();
                }
            }
        }
    }

    private static long median(long[] all) {
        long[] warm = Arrays.copyOfRange(all, 1, all.length);
        Arrays.sort(warm);
        return warm[warm.length / 2];
    }

    private static long cpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    private static long peakMegabytes() throws Exception {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmHWM"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024)
                .findFirst()
                .orElse(-1);
    }

    /** Asks every event loop for its attention all the time, and notes how long it took to get it. */
    private static final class LoopDelay {
        private static final long PERIOD_NANOS = 1_000_000;

        private final List<Long> delays = new ArrayList<>();
        private volatile boolean ended;

        static LoopDelay begin(Vertx vertx, int loops) {
            LoopDelay delay = new LoopDelay();
            for (int i = 0; i < loops; i++) {
                Context context = vertx.getOrCreateContext();
                Thread.ofPlatform().daemon().name("probe-" + i).start(() -> delay.probe(context));
            }
            return delay;
        }

        private void probe(Context context) {
            while (!ended) {
                long asked = System.nanoTime();
                context.runOnContext(now -> note(System.nanoTime() - asked));
                LockSupport.parkNanos(PERIOD_NANOS);
            }
        }

        private synchronized void note(long nanos) {
            delays.add(nanos);
        }

        void end() {
            ended = true;
        }

        synchronized void forget() {
            delays.clear();
        }

        synchronized long quantile(double part) {
            List<Long> sorted = delays.stream().sorted().toList();
            return sorted.isEmpty() ? 0 : sorted.get((int) Math.min(sorted.size() - 1, sorted.size() * part));
        }
    }
}
