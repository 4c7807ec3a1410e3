package io.varve.crash;

import static io.varve.os.Durability.FULL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.varve.image.Peers;
import io.varve.os.Durability;
import io.varve.os.Staging;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A store whose writer dies, at every step of its commits and at any other moment, or loses the power, keeps all that it
 * said to have done, shows nothing of what it had not, and can be written to and emptied by whoever comes next.
 *
 * <p>How often is {@code -Dvarve.crash.rounds}; {@code -Dvarve.crash.seed} repeats the choices of a failure, though not what
 * threads and disk made of them. Power is lost with the store on {@code -Dvarve.crash.filesystem}: ext4, xfs or btrfs.
 */
@Timeout(value = 4, unit = TimeUnit.HOURS)
class CrashIT {
    private static final int ROUNDS = Integer.getInteger("varve.crash.rounds", 8);
    private static final long SEED = Long.getLong("varve.crash.seed", System.nanoTime());

    private static final Disk.Kind FILESYSTEM = Disk.Kind.valueOf(
            System.getProperty("varve.crash.filesystem", "ext4").toUpperCase(Locale.ROOT));

    /** So many operations come by every step of a commit. */
    private static final int ENOUGH = 300;

    private static final int LATEST_PASS = 20;

    /** Lines that are said; a life is measured in what is done in it, whatever else the machine is busy with. */
    private static final int LONGEST_LIFE = 100;

    private static final long INSTANT_NANOS = 10_000_000;
    private static final long PATIENCE_MILLIS = 60_000;
    private static final int SNAPSHOTS = 10;

    /** With relaxed durability there are fewer rounds than with full, which is what most of the store rests on. */
    private static final int RELAXED_SHARE = 4;

    @TempDir
    static Path machine;

    private static Path layout;
    private static List<String> java;
    private static Map<String, Integer> steps;

    @TempDir
    Path directory;

    /** What was said to be done before a death, of all rounds that ended well. */
    private final AtomicLong acknowledged = new AtomicLong();

    private final List<AssertionError> failures = Collections.synchronizedList(new ArrayList<>());

    /** A life without a death: it shows which steps there are, and makes the next ones begin faster. */
    @BeforeAll
    static void prepare() throws IOException, InterruptedException {
        layout = SampleImages.write(machine.resolve("layout"));
        java = command();
        List<String> archiving = new ArrayList<>(java);
        archiving.add(1, "-XX:ArchiveClassesAtExit=" + machine.resolve("classes.jsa"));
        Facts facts = new Facts();
        Path store = machine.resolve("store");
        // A seed with several threads.
        try (Victim victim = start(archiving, store, FULL, 6, facts, "after", Integer.toString(ENOUGH))) {
            assertThat(victim.await()).as("%s", facts.trouble()).isZero();
        }
        assertThat(facts.trouble()).isEmpty();
        steps = facts.steps();
        java.add(1, "-XX:SharedArchiveFile=" + machine.resolve("classes.jsa"));
        new Aftermath(store, layout, Files.createDirectory(machine.resolve("scratch")), FULL)
                .examine(facts.meanings(facts.count(), facts.count()), true);
    }

    @Test
    void everyStepOfACommitIsTaken() throws IOException {
        Set<String> written = new TreeSet<>();
        Pattern step = Pattern.compile("Failpoint\\.reach\\(\"([a-z.]+)\"\\)");
        try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
            for (Path source :
                    sources.filter(each -> each.toString().endsWith(".java")).toList()) {
                Matcher matcher = step.matcher(Files.readString(source));
                while (matcher.find()) {
                    written.add(matcher.group(1));
                }
            }
        }

        assertThat(steps.keySet()).as("steps taken").containsExactlyInAnyOrderElementsOf(written);
    }

    @Test
    void processThatEndsAtAStepOfACommitLosesNothing() throws Exception {
        List<String> names = new ArrayList<>(new TreeSet<>(steps.keySet()));
        int rounds = Math.max(ROUNDS, names.size());
        Set<String> died = Collections.synchronizedSet(new TreeSet<>());
        rounds(rounds, "step", new Random(SEED), (round, random) -> {
            String step = names.get(round % names.size());
            int often = steps.getOrDefault(step, 1);
            int pass = 1 + random.nextInt(Math.clamp(often / 3, 1, LATEST_PASS));
            Path store = place(round).resolve("store");
            Facts facts = new Facts();
            long seed = random.nextLong();
            try (Victim victim = start(java, store, FULL, seed, facts, "at", step, Integer.toString(pass))) {
                assertThat(victim.await()).as("exit code").isEqualTo(Workload.HALTED);
            }
            died.add(step);
            examine(round, store, FULL, facts, random);
            Staging.delete(store);
        });
        conclude("steps", rounds);
        assertThat(died).as("steps that processes ended at").containsExactlyElementsOf(names);
    }

    @ParameterizedTest
    @EnumSource
    void processThatIsKilledLosesNothing(Durability durability) throws Exception {
        int rounds = durability == FULL ? ROUNDS : ROUNDS / RELAXED_SHARE;
        rounds(rounds, "kill", new Random(SEED), (round, random) -> {
            Path store = place(round).resolve("store");
            Facts facts = new Facts();
            // Whoever comes next may be killed as well, before all is as it was.
            for (int deaths = random.nextInt(5) == 0 ? 2 : 1; deaths > 0; deaths--) {
                try (Victim victim = start(java, store, durability, random.nextLong(), facts, "never")) {
                    victim.mark();
                    live(facts, random, LONGEST_LIFE);
                    victim.kill();
                    victim.await();
                }
            }
            examine(round, store, durability, facts, random);
            Staging.delete(store);
        });
        conclude("kills, " + durability, rounds);
    }

    /** Or, where durability is relaxed, what came last, and shows nothing that is not whole. */
    @ParameterizedTest
    @EnumSource
    void machineThatLosesItsPowerLosesNothing(Durability durability) throws Exception {
        Peers.needRoot();
        Peers.need("losetup", "mkfs.xfs", "mkfs." + FILESYSTEM);
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "needs loop devices");
        Random seeds = new Random(SEED);
        int rounds = durability == FULL ? ROUNDS : ROUNDS / RELAXED_SHARE;
        for (int done = 0; done < rounds; done += SNAPSHOTS) {
            losePower(done, Math.min(SNAPSHOTS, rounds - done), durability, seeds.nextLong());
        }
        conclude("power losses with " + FILESYSTEM + ", " + durability, rounds);
    }

    private record Moment(Path snapshot, int done, int begun) {}

    private void losePower(int number, int count, Durability durability, long seed) throws Exception {
        Random random = new Random(seed);
        Path place = place(number);
        Facts facts = new Facts();
        try (Disk disk = new Disk(place, FILESYSTEM)) {
            List<Moment> moments = new ArrayList<>();
            Path living = disk.directory().resolve("store");
            try (Victim victim = start(java, living, durability, random.nextLong(), facts, "never")) {
                victim.mark();
                for (int i = 0; i < count; i++) {
                    live(facts, random, LONGEST_LIFE / 4);
                    if (durability == Durability.RELAXED) {
                        writeSome(living, random);
                    }
                    int done = facts.count();
                    Path snapshot = disk.snapshot();
                    moments.add(new Moment(snapshot, done, victim.mark()));
                }
            }
            assertThat(facts.trouble()).as("what failed before the loss").isEmpty();
            rounds(count, FILESYSTEM + " " + number + " snapshot", random, (round, chance) -> {
                Moment moment = moments.get(round);
                Path at = place.resolve("revived-" + round);
                try (Disk.Revived revived = disk.revive(moment.snapshot(), at)) {
                    Path store = revived.directory().resolve("store");
                    if (durability == FULL) {
                        examine(number + round, store, facts.meanings(moment.done(), moment.begun()), FULL, chance);
                    } else {
                        restart(store);
                        examine(number + round, store, facts.everything(moment.begun()), durability, chance);
                    }
                    acknowledged.addAndGet(facts.acknowledged(moment.done()));
                }
                Files.delete(moment.snapshot());
            });
        }
    }

    /** As the kernel would, which writes some of what there is, when and in which order it likes. */
    private static void writeSome(Path store, Random random) throws IOException {
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(store, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                files.add(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                return FileVisitResult.CONTINUE;
            }
        });
        for (int i = 0; i < 3 && !files.isEmpty(); i++) {
            try (FileChannel file = FileChannel.open(files.get(random.nextInt(files.size())))) {
                file.force(true);
            } catch (NoSuchFileException e) {
                // It was taken away meanwhile.
            }
        }
    }

    /** The kernel that revives a disk here is the one that wrote it; after a loss of power it would be another. */
    private static void restart(Path store) throws IOException {
        Path note = store.resolve("unsynced");
        if (Files.exists(note)) {
            Files.writeString(note, "another life");
        }
    }

    private void examine(int round, Path store, Durability durability, Facts facts, Random random) throws IOException {
        assertThat(facts.trouble()).as("what failed before the death").isEmpty();
        examine(round, store, facts.meanings(facts.count(), facts.count()), durability, random);
        acknowledged.addAndGet(facts.acknowledged(facts.count()));
    }

    private void examine(int round, Path store, Map<String, Set<String>> meanings, Durability durability, Random random)
            throws IOException {
        Path scratch = Files.createDirectories(directory.resolve("scratch-" + round));
        new Aftermath(store, layout, scratch, durability).examine(meanings, random.nextBoolean());
        Staging.delete(scratch);
    }

    private interface Round {
        void run(int number, Random random) throws Exception;
    }

    /** As many at once as there are processors; what goes wrong in one does not stop the others. */
    private void rounds(int count, String kind, Random seeds, Round each) throws InterruptedException {
        List<Callable<Boolean>> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = i;
            long seed = seeds.nextLong();
            all.add(() -> {
                try {
                    each.run(number, new Random(seed));
                } catch (Exception | AssertionError e) {
                    failures.add(new AssertionError(
                            kind + " " + number + " (-Dvarve.crash.seed=" + SEED + "): " + e.getMessage(), e));
                }
                return true;
            });
        }
        try (ExecutorService pool =
                Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
            pool.invokeAll(all);
        }
    }

    private void conclude(String kind, int rounds) {
        System.out.printf(
                "crash: %s: %d rounds, %d acknowledged commits, %d failures%n",
                kind, rounds, acknowledged.get(), failures.size());
        if (!failures.isEmpty()) {
            // With the reason in it, of which a summary shows no more than this line.
            AssertionError first = new AssertionError(
                    failures.size() + " of " + rounds + ": "
                            + failures.getFirst().getMessage(),
                    failures.getFirst());
            failures.stream().skip(1).forEach(first::addSuppressed);
            throw first;
        }
    }

    private Path place(int round) throws IOException {
        return Files.createDirectories(directory.resolve("round-" + round));
    }

    /** Waits until so many more lines at most were said, and then for a moment more. */
    private static void live(Facts facts, Random random, int lines) throws InterruptedException {
        facts.await(facts.count() + random.nextInt(lines), PATIENCE_MILLIS);
        LockSupport.parkNanos(random.nextLong(INSTANT_NANOS));
    }

    private static Victim start(
            List<String> command, Path store, Durability durability, long seed, Facts facts, String... end)
            throws IOException {
        List<String> words = new ArrayList<>(command);
        words.addAll(List.of(store.toString(), durability.name(), layout.toString(), Long.toString(seed)));
        words.addAll(List.of(end));
        return new Victim(new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT), facts);
    }

    /** Class data can be archived of jars only, so the classes of this build become jars. */
    private static List<String> command() throws IOException {
        List<String> path = new ArrayList<>();
        for (String each : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path entry = Path.of(each);
            if (entry.getFileName().toString().startsWith("logback-")) {
                // Reading its configuration would take longer than many a life.
                continue;
            }
            path.add((Files.isDirectory(entry) ? jar(entry, machine.resolve(path.size() + ".jar")) : entry).toString());
        }
        return new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--add-opens=java.base/java.security=ALL-UNNAMED",
                "--add-opens=java.base/sun.security.provider=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:CompileThresholdScaling=10",
                "-XX:-UsePerfData",
                "-Xlog:disable",
                "-Dslf4j.internal.verbosity=ERROR",
                "-Xmx256m",
                "-Djava.io.tmpdir=" + machine,
                "-cp",
                String.join(File.pathSeparator, path),
                Workload.class.getName()));
    }

    private static Path jar(Path classes, Path jar) throws IOException {
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file);
                Stream<Path> all = Files.walk(classes)) {
            out.setLevel(0);
            for (Path each : all.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(new JarEntry(classes.relativize(each).toString()));
                Files.copy(each, out);
                out.closeEntry();
            }
        }
        return jar;
    }
}
