package io.varve.loadtest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.varve.loadtest.simulation.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One simulation, from nothing to its report. */
public final class Run {
    private static final int ENDING_S = 60;
    private static final int LOOK_MILLIS = 2_000;
    private static final int USAGE = 2;
    private static final int INTERRUPTED = 130;

    private final Options options;
    private final Places places;

    private Run(Options options, Places places) {
        this.options = options;
        this.places = places;
    }

    public static void main(String[] arguments) {
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> interrupt(main), "interrupt"));
        int code;
        try (Places places =
                Places.of(Path.of(System.getProperty("loadtest.root", ".")).toAbsolutePath())) {
            code = new Run(Options.of(arguments), places).run();
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            code = USAGE;
        } catch (InterruptedException e) {
            code = INTERRUPTED;
        } catch (IOException | GeneralSecurityException e) {
            System.err.println("loadtest: " + e.getMessage());
            code = 1;
        }
        // Halting skips the hook, which would wait for this very thread.
        Runtime.getRuntime().halt(code);
    }

    /** Whoever ends us has everything ended that we began. */
    private static void interrupt(Thread main) {
        main.interrupt();
        try {
            main.join(Duration.ofSeconds(ENDING_S));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** @return 0 if nothing failed but what the service is right to refuse, and what it keeps on its heap did not grow */
    private int run() throws IOException, InterruptedException, GeneralSecurityException {
        try (Images images = Images.start(places);
                Service service = Service.start(places, options)) {
            service.pull(images.base());
            Target target = new Target(
                    service.url(),
                    images.base(),
                    images.others(),
                    Duration.ofSeconds(options.seconds()),
                    options.users(),
                    places.work().resolve("notes.json"));
            System.out.println(options.load().title() + ": " + options.seconds() + " s, " + options.users()
                    + " users, service " + service.handle().pid() + " at " + service.url());
            Set<Path> reports = reports();
            Watch watch = new Watch(service, places);
            long before = watch.peak();
            int code;
            long early;
            try (Child gatling = gatling(target)) {
                early = watch(watch, gatling);
                code = gatling.await();
            }
            Path report = report(reports);
            Result result = result(watch, new GatlingLog(report), before, early, notes(target));
            Report.write(result, report);
            for (String log : List.of("serve.log", "gatling.log")) {
                Files.copy(places.logs().resolve(log), report.resolve(log));
            }
            return code == 0 && !result.leaks() ? 0 : 1;
        }
    }

    private Child gatling(Target target) throws IOException {
        String properties = target.properties().entrySet().stream()
                .map(each -> "-D" + each.getKey() + "=" + each.getValue())
                .collect(Collectors.joining(","));
        return Child.start(
                places.logs().resolve("gatling.log"),
                Map.of(),
                List.of(
                        "mvn",
                        "-B",
                        "-ntp",
                        "-f",
                        places.module().resolve("pom.xml").toString(),
                        "gatling:test",
                        "-Dgatling.simulationClass="
                                + options.load().simulation().getName(),
                        "-Dgatling.jvmArgs=" + properties));
    }

    /** Returns when Gatling has ended, with the heap that was alive after a third of a soak. */
    private long watch(Watch watch, Child gatling) throws IOException, InterruptedException {
        long early = 0;
        while (gatling.handle().isAlive()) {
            watch.look(() -> gatling.handle().descendants());
            if (options.load() == Load.SOAK && early == 0 && watch.seconds() > options.seconds() / 3.0) {
                early = watch.alive();
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        }
        return early;
    }

    private Set<Path> reports() throws IOException {
        try (Stream<Path> reports = Files.list(places.reports())) {
            return reports.filter(Files::isDirectory).collect(Collectors.toSet());
        }
    }

    /** @param before that there were already */
    private Path report(Set<Path> before) throws IOException {
        return reports().stream()
                .filter(each -> !before.contains(each))
                .findFirst()
                .orElseThrow(() -> new IOException(
                        "there is no report; see " + places.logs().resolve("gatling.log")));
    }

    private static @Nullable JsonNode notes(Target target) throws IOException {
        return Files.exists(target.notes())
                ? new ObjectMapper().readTree(target.notes().toFile())
                : null;
    }

    private Result result(Watch watch, GatlingLog log, long before, long early, @Nullable JsonNode notes)
            throws IOException, InterruptedException {
        List<Sample> samples = watch.samples();
        List<Figures> requests = log.requests();
        return new Result(
                options.load().title(),
                options.seconds(),
                options.users(),
                log.all(),
                requests,
                log.problems(),
                before,
                watch.peak(),
                early,
                watch.alive(),
                samples.getLast().cpu() - samples.getFirst().cpu(),
                samples.stream().mapToDouble(Sample::clientCpu).max().orElse(0),
                samples.stream().mapToDouble(Sample::lateness).max().orElse(0),
                options.load() == Load.SOAK ? growth(samples) : List.of(),
                options.load() == Load.SATURATION ? Levels.of(requests) : null,
                notes,
                samples);
    }

    private static List<Growth> growth(List<Sample> samples) {
        return List.of(
                Growth.of("memory", samples, Sample::memory, 32 << 20),
                Growth.of("direct buffers", samples, Sample::direct, 8 << 20),
                Growth.of("open files", samples, Sample::openFiles, 8),
                Growth.of("threads", samples, Sample::threads, 8),
                Growth.of("store", samples, Sample::store, 16 << 20),
                Growth.of("catalogue", samples, Sample::catalogue, 1 << 20));
    }
}
