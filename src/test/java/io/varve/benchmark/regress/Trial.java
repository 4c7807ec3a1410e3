package io.varve.benchmark.regress;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import io.varve.oci.Json;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * One contender at work in a process of its own, warm from some pulls of other images. Arguments: {@code varve} or
 * {@code baseline}, {@code cold} or {@code many}, the registry, a directory that is not there, how many questions each thread asks,
 * and the repositories. What was measured is the last line on stdout, as JSON.
 */
final class Trial {
    /** Of memory for each image that there is: a third of what its metadata takes, so that questions are answered from the disk too. */
    private static final long CACHE_BYTES = 50_000;

    /** One part of the questions compiles what the others run. */
    private static final int WARM = 4;

    private Trial() {}

    public static void main(String[] arguments) throws Exception {
        List<String> all = List.of(arguments);
        int questions = Integer.parseInt(all.get(4));
        List<String> repositories = all.subList(5, all.size());
        ObjectNode measured = Json.object();
        try (Contender contender =
                contender(all.get(0), all.get(2), Path.of(all.get(3)), CACHE_BYTES * repositories.size())) {
            for (String other : Sample.WARMING) {
                contender.pull(List.of(other));
                contender.read(other, Sample.FIRST);
            }
            long start = System.nanoTime();
            contender.pull(repositories);
            measured.put("pullMillis", millisSince(start));
            if (all.get(1).equals("cold")) {
                byte[] first = contender.read(repositories.getFirst(), Sample.FIRST);
                if (!new String(first, StandardCharsets.UTF_8).startsWith("ID=")) {
                    throw new IllegalStateException("got another file");
                }
                measured.put("firstFileMillis", millisSince(start));
            } else {
                measured.put(
                        "imagesPerSecond",
                        repositories.size() / measured.get("pullMillis").doubleValue() * 1e3);
                measured.put("metadataP95Micros", questions(contender, repositories, questions));
            }
            resources(measured);
            // Both have to come to the same image.
            Contender.Described described = contender.describe(repositories.getFirst());
            measured.put("names", described.names());
        }
        System.out.println(Json.text(measured));
    }

    private static Contender contender(String which, String host, Path directory, long cacheBytes) throws Exception {
        return switch (which) {
            case "varve" -> new Optimised(host, directory, cacheBytes);
            case "baseline" -> new Baseline(host, Files.createDirectories(directory), cacheBytes);
            default -> throw new IllegalArgumentException(which);
        };
    }

    private static double millisSince(long start) {
        return (System.nanoTime() - start) / 1e6;
    }

    /** Several threads ask about the images, some of which are asked for more often than others; the 95th percentile. */
    private static double questions(Contender contender, List<String> repositories, int questions) throws Exception {
        int cores = Runtime.getRuntime().availableProcessors();
        try (ExecutorService threads = Executors.newFixedThreadPool(cores)) {
            List<Future<long[]>> asking = new ArrayList<>();
            for (int thread = 0; thread < cores; thread++) {
                Random random = new Random(thread);
                asking.add(threads.submit(() -> ask(contender, repositories, questions, random)));
            }
            long[] nanos = {};
            for (Future<long[]> each : asking) {
                long[] taken = each.get();
                int before = nanos.length;
                int measured = questions - questions / WARM;
                nanos = Arrays.copyOf(nanos, before + measured);
                System.arraycopy(taken, questions - measured, nanos, before, measured);
            }
            Arrays.sort(nanos);
            return nanos[nanos.length * 95 / 100] / 1e3;
        }
    }

    private static long[] ask(Contender contender, List<String> repositories, int questions, Random random)
            throws Exception {
        long[] nanos = new long[questions];
        for (int i = 0; i < questions; i++) {
            double chosen = random.nextDouble() * random.nextDouble();
            long start = System.nanoTime();
            contender.describe(repositories.get((int) (chosen * repositories.size())));
            nanos[i] = System.nanoTime() - start;
        }
        return nanos;
    }

    private static void resources(ObjectNode measured) throws Exception {
        long heap = ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .mapToLong(pool -> pool.getPeakUsage().getUsed())
                .sum();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        measured.put("peakHeapBytes", heap);
        measured.put("allocatedBytes", threads.getTotalThreadAllocatedBytes());
        measured.put("cpuMillis", TimeUnit.NANOSECONDS.toMillis(system.getProcessCpuTime()));
        measured.put("peakResidentBytes", peakResident());
    }

    private static long peakResident() throws Exception {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmHWM"))
                .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow();
    }
}
