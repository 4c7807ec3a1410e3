package io.varve.crash;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.catalogue.Tag;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layout.LayoutReference;
import io.varve.layout.NamedImage;
import io.varve.layout.OciLayout;
import io.varve.oci.Descriptor;
import io.varve.oci.Json;
import io.varve.oci.Reference;
import io.varve.os.Durability;
import io.varve.os.Failpoints;
import io.varve.pipeline.Origin;
import io.varve.pipeline.Platforms;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Pulls;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A process that pulls, tags, untags and collects, with several threads and for ever, and says on its standard output what
 * it is about to do and what it has done: one of the lines of {@link Facts} before and after each call. It ends when its
 * standard input does, or when somebody ends it.
 *
 * <p>No two threads give a meaning to the same name, so that each name's lines are in the order of its meanings; images and
 * layers they share.
 */
final class Workload {
    /** A process that a step of a commit ended. */
    static final int HALTED = 99;

    /** After so many operations a step that a process is to end at was not reached, and will not be. */
    private static final long MOST_TO_A_STEP = 50_000;

    private static final int NAMES = 3;
    private static final long INTERRUPT_MICROS = 15_000;

    private final Parts parts;
    private final Path layoutPlace;
    private final OciLayout layout;
    private final List<NamedImage> images;
    private final PrintStream out;
    private final ScheduledExecutorService interrupter = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("interrupter").factory());
    private final AtomicLong operations;

    /** Of a hundred operations; the fewer, the more is taken away. */
    private int pulls;

    private Workload(Path store, Durability durability, Path layoutPlace, long operations, PrintStream out) {
        parts = Parts.of(store, Duration.ofDays(1), durability);
        this.layoutPlace = layoutPlace;
        layout = OciLayout.open(layoutPlace, Json.DEFAULT_LIMIT);
        images = layout.images();
        this.operations = new AtomicLong(operations);
        this.out = out;
    }

    /**
     * Arguments: the store, its durability, the layout of {@link SampleImages}, a seed, and how to end: {@code never}; {@code after N}
     * operations; {@code at STEP N}, the n-th time that this step of a commit is reached.
     */
    public static void main(String[] arguments) throws Exception {
        // One write for each line, whoever writes: a process that is killed leaves whole lines.
        PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false, UTF_8);
        Thread.ofPlatform().daemon().start(() -> mark(out));
        Map<String, Integer> seen = new ConcurrentHashMap<>();
        String end = arguments[4];
        if (end.equals("at")) {
            String step = arguments[5];
            AtomicInteger left = new AtomicInteger(Integer.parseInt(arguments[6]));
            Failpoints.listen(reached -> {
                if (reached.equals(step) && left.decrementAndGet() == 0) {
                    Runtime.getRuntime().halt(HALTED);
                }
            });
        } else if (end.equals("after")) {
            Failpoints.listen(step -> seen.merge(step, 1, Integer::sum));
        }
        long operations =
                switch (end) {
                    case "after" -> Long.parseLong(arguments[5]);
                    case "at" -> MOST_TO_A_STEP;
                    default -> Long.MAX_VALUE;
                };
        Workload workload = new Workload(
                Path.of(arguments[0]), Durability.valueOf(arguments[1]), Path.of(arguments[2]), operations, out);
        if (end.equals("after")) {
            workload.pullHalf();
        }
        workload.run(Long.parseLong(arguments[3]));
        new TreeMap<>(seen).forEach((step, count) -> say(out, "seen", step, count));
        // Class data can only be archived by a JVM that ends as it should.
        System.exit(0);
    }

    /** Answers marks: whatever was said before one was asked for stands before it. */
    private static void mark(PrintStream out) {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                say(out, line);
            }
        } catch (IOException e) {
            say(out, "trouble", e);
        }
        Runtime.getRuntime().halt(1);
    }

    private static void say(PrintStream out, Object... words) {
        StringBuilder line = new StringBuilder();
        for (Object word : words) {
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        byte[] bytes = line.append('\n').toString().getBytes(UTF_8);
        synchronized (out) {
            out.write(bytes, 0, bytes.length);
            out.flush();
        }
    }

    /**
     * Whoever wants to see every step does not wait for chance to cut a download that is long enough to go on with. Which layer of an image
     * is cut first is chance as well, so each image is tried.
     */
    private void pullHalf() {
        for (NamedImage image : images) {
            try {
                parts.pull()
                        .pull(
                                new UnreliableSource(layout, 0.5),
                                image.descriptor(),
                                null,
                                SampleImages.PLATFORM,
                                PullListener.NONE);
            } catch (Failure e) {
                if (e.category() != Category.UNAVAILABLE) {
                    throw e;
                }
            }
        }
    }

    private void run(long seed) throws Exception {
        Random random = new Random(seed);
        int threads = 1 + random.nextInt(6);
        boolean longSession = random.nextBoolean();
        pulls = 20 + random.nextInt(50);
        say(out, "begin", threads, longSession ? "long" : "short", pulls);
        if (longSession) {
            parts.store().write("workload", session -> work(random, threads));
        } else {
            work(random, threads);
        }
        parts.store().close();
    }

    private boolean work(Random random, int threads) {
        List<Long> seeds = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            seeds.add(random.nextLong());
        }
        try (var pool = Executors.newFixedThreadPool(threads)) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                int number = i;
                running.add(pool.submit(() -> new Worker(number, new Random(seeds.get(number))).run()));
            }
            for (Future<?> each : running) {
                each.get();
            }
        } catch (Exception e) {
            say(out, "trouble", e);
        }
        return true;
    }

    /** One of the threads. */
    private final class Worker {
        private final int number;
        private final Random random;
        private final List<String> names = new ArrayList<>();

        Worker(int number, Random random) {
            this.number = number;
            this.random = random;
            for (int i = 0; i < NAMES; i++) {
                names.add("registry.test/worker-" + number + "/name-" + i + ":latest");
            }
        }

        void run() {
            while (operations.getAndDecrement() > 0) {
                int die = random.nextInt(100);
                try {
                    if (die < pulls) {
                        pull();
                    } else if (die < pulls + 10 && number == 0) {
                        pullSeveral();
                    } else if (die < pulls + 20) {
                        retag();
                    } else if (die < 100 - (100 - pulls) / 4) {
                        untag();
                    } else {
                        collect();
                    }
                } catch (RuntimeException e) {
                    // Nothing else is allowed to fail, whatever the others do meanwhile.
                    say(out, "trouble", number, e);
                    Thread.interrupted();
                }
            }
        }

        private String name() {
            return names.get(random.nextInt(names.size()));
        }

        private NamedImage image() {
            // The last of the stacks is large, and would take most of the time.
            int drawn = random.nextInt(images.size() + 4);
            return images.get(drawn < images.size() ? drawn : 0);
        }

        private void pull() {
            Descriptor image = image().descriptor();
            String name = name();
            int die = random.nextInt(10);
            // Often: only a download that is cut is one to go on with, and most find everything there already.
            double share = die < 4 ? random.nextDouble() : 1;
            boolean interrupted = die == 4 || die == 5;
            say(out, "tagging", name, image.digest());
            Thread self = Thread.currentThread();
            ScheduledFuture<?> interrupt = null;
            if (interrupted) {
                interrupt =
                        interrupter.schedule(self::interrupt, random.nextLong(INTERRUPT_MICROS), TimeUnit.MICROSECONDS);
            }
            try {
                parts.pull()
                        .pull(
                                new UnreliableSource(layout, share),
                                image,
                                name,
                                SampleImages.PLATFORM,
                                PullListener.NONE);
                say(out, "tagged", name, image.digest());
            } catch (Failure e) {
                say(out, "refused", name);
                boolean cut = share < 1 && e.category() == Category.UNAVAILABLE;
                if (!cut && !(interrupted && e.category() == Category.CANCELLED)) {
                    throw e;
                }
            } finally {
                if (interrupt != null) {
                    settle(interrupt);
                }
            }
        }

        /** After this nobody interrupts this thread any more, and it is not interrupted. */
        private static void settle(ScheduledFuture<?> interrupt) {
            if (!interrupt.cancel(false)) {
                boolean ended = false;
                while (!ended) {
                    try {
                        interrupt.get();
                        ended = true;
                    } catch (Exception e) {
                        ended = interrupt.isDone();
                    }
                }
            }
            Thread.interrupted();
        }

        /** By the names that the layout has for them. */
        private void pullSeveral() {
            Map<String, NamedImage> chosen = new LinkedHashMap<>();
            for (int i = 1 + random.nextInt(4); i >= 0; i--) {
                NamedImage image = image();
                chosen.put(
                        Reference.normalized(String.valueOf(image.name()))
                                .withDefaultTag()
                                .toString(),
                        image);
            }
            List<Origin> origins = new ArrayList<>();
            chosen.forEach((name, image) -> {
                say(out, "tagging", name, image.descriptor().digest());
                origins.add(new Origin.Local(LayoutReference.directory(layoutPlace, image.name())));
            });
            List<Pulls.Outcome> outcomes =
                    parts.pulls().pull(origins, null, new Platforms.Nearest(SampleImages.PLATFORM), PullListener.NONE);
            int i = 0;
            for (String name : chosen.keySet()) {
                Pulls.Outcome outcome = outcomes.get(i++);
                if (outcome.image() != null) {
                    say(out, "tagged", name, outcome.image().digest());
                    if (!names.contains(name)) {
                        names.add(name);
                    }
                } else {
                    say(out, "trouble", String.valueOf(outcome.failure()));
                }
            }
        }

        private void retag() {
            String name = name();
            String other = name();
            parts.store().write("tag", session -> {
                Tag tag = session.catalogue().tag(name).orElse(null);
                if (tag != null) {
                    // Its name is this thread's own, so the image stays until it has the other name.
                    say(out, "tagging", other, tag.image().digest());
                    session.write(transaction -> {
                        transaction.tag(other, tag.image().digest(), Instant.now());
                        return true;
                    });
                    say(out, "tagged", other, tag.image().digest());
                }
                return true;
            });
        }

        private void untag() {
            String name = name();
            parts.store().write("untag", session -> {
                say(out, "untagging", name);
                session.write(transaction -> transaction.untag(name));
                say(out, "untagged", name);
                return true;
            });
        }

        private void collect() {
            parts.collector().collect(Instant.now());
            say(out, "collected");
        }
    }
}
