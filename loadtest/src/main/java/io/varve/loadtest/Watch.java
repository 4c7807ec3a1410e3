package io.varve.loadtest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Looks at the service while it is loaded, from {@code /proc} and from its own metrics. By one thread. */
final class Watch {
    private static final int SHOWN_S = 30;

    private final Service service;
    private final Places places;
    private final List<Sample> samples = new ArrayList<>();
    private final long began = System.nanoTime();
    private int shown = SHOWN_S;

    Watch(Service service, Places places) {
        this.service = service;
        this.places = places;
    }

    /** So far, in their order. */
    List<Sample> samples() {
        return List.copyOf(samples);
    }

    double seconds() {
        return (System.nanoTime() - began) / 1e9;
    }

    /** @param clients the processes of those who ask */
    void look(Supplier<Stream<ProcessHandle>> clients) throws IOException, InterruptedException {
        Exposition metrics = service.metrics();
        Sample sample = new Sample(
                seconds(),
                status("VmRSS") << 10,
                openFiles(),
                status("Threads"),
                cpu(service.handle()),
                clients.get().mapToDouble(Watch::cpu).sum(),
                Places.bytes(places.store()),
                catalogue(),
                (long) metrics.sum("netty_allocator_memory_used", "memory_type=\"direct\""),
                metrics.sum("varve_loop_delay_seconds_max"));
        samples.add(sample);
        if (sample.seconds() >= shown) {
            shown += SHOWN_S;
            System.out.printf(
                    Locale.ROOT,
                    "%5.0f s: %d MB resident, %d files open, store of %d MB, %.0f s of CPU%n",
                    sample.seconds(),
                    sample.memory() >> 20,
                    sample.openFiles(),
                    sample.store() >> 20,
                    sample.cpu());
        }
    }

    /** Bytes resident at most since the service was started. */
    long peak() throws IOException {
        return status("VmHWM") << 10;
    }

    /** Bytes of heap that are alive: all others are collected for that, and everybody waits meanwhile. */
    long alive() throws IOException, InterruptedException {
        Child.run(
                places.logs().resolve("jcmd.log"),
                Map.of(),
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(service.handle().pid()),
                        "GC.run"));
        return (long) service.metrics().sum("jvm_memory_used_bytes", "area=\"heap\"");
    }

    private long status(String name) throws IOException {
        for (String line : Files.readAllLines(proc("status"))) {
            if (line.startsWith(name + ":")) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        throw new IOException("no " + name + " in " + proc("status"));
    }

    private long openFiles() throws IOException {
        try (Stream<Path> files = Files.list(proc("fd"))) {
            return files.count();
        }
    }

    private Path proc(String name) {
        return Path.of("/proc", Long.toString(service.handle().pid()), name);
    }

    private long catalogue() throws IOException {
        long bytes = 0;
        for (String name : List.of("catalogue.db", "catalogue.db-wal")) {
            Path file = places.store().resolve(name);
            bytes += Files.exists(file) ? Files.size(file) : 0;
        }
        return bytes;
    }

    private static double cpu(ProcessHandle process) {
        return process.info()
                .totalCpuDuration()
                .map(spent -> spent.toNanos() / (double) TimeUnit.SECONDS.toNanos(1))
                .orElse(0.0);
    }
}
