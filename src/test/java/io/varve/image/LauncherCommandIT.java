package io.varve.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the launcher prepares makes commands faster, and is never what stops one. */
class LauncherCommandIT {
    private static final long PATIENCE_SECONDS = 300;

    @TempDir
    static Path shared;

    @TempDir
    Path directory;

    /** A start cache that several first runs at once have made: the build's, where it has one, or else these. */
    private static Path prepared;

    private static List<Program.Ran> firstRuns;

    @BeforeAll
    static void prepare() throws IOException, InterruptedException {
        Path command = Peers.command();
        prepared = cache();
        firstRuns = new ArrayList<>();
        try (WatchService watch = prepared.getFileSystem().newWatchService()) {
            prepared.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
            List<Program.Running> running = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                running.add(new Program(shared, command.toString(), "-v", "--version")
                        .with("VARVE_START_CACHE", prepared.toString())
                        .start());
            }
            for (Program.Running each : running) {
                firstRuns.add(each.end());
            }
            while (isMade(prepared) || entries(prepared).isEmpty()) {
                changes(watch, prepared);
            }
        }
    }

    private static boolean isMade(Path cache) throws IOException {
        return entries(cache).stream().anyMatch(name -> name.endsWith(".making"));
    }

    private static List<WatchEvent<?>> changes(WatchService watch, Path cache) throws InterruptedException {
        WatchKey key = watch.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(key).as("something new in " + cache).isNotNull();
        List<WatchEvent<?>> changes = key.pollEvents();
        key.reset();
        return changes;
    }

    /** That of all tests, which the build has had made in the same way, where they have one. */
    private static Path cache() throws IOException {
        String common = System.getenv("VARVE_START_CACHE");
        if (common == null) {
            return directory(shared.resolve("cache with blanks"), "rwx------");
        }
        return Files.createDirectories(
                Path.of(common), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    private static Path directory(Path path, String permissions) throws IOException {
        Files.createDirectory(path);
        return Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }

    private static List<String> entries(Path path) throws IOException {
        try (Stream<Path> found = Files.list(path)) {
            return found.map(each -> each.getFileName().toString()).toList();
        }
    }

    private Program varve(Path cache, String... words) {
        String[] command = Arrays.copyOf(new String[] {Peers.command().toString()}, 1 + words.length);
        System.arraycopy(words, 0, command, 1, words.length);
        return new Program(directory, command).with("VARVE_START_CACHE", cache.toString());
    }

    /** What only a JVM can tell: the version, and what gzip is inflated by. */
    private static void assertTellsItAll(Program.Ran ran) {
        assertThat(ran.err()).isEmpty();
        assertThat(ran.out()).matches("varve \\S+, JDK \\S+\\ngzip is inflated by .+\\n");
        assertThat(ran.code()).isZero();
    }

    private static void assertEndsWell(Program.Ran ran) {
        assertThat(ran.err()).isEmpty();
        assertThat(ran.code()).isZero();
    }

    /** The directory of what is prepared. */
    private static Path kit(Path cache) throws IOException {
        return cache.resolve(entries(cache).getFirst());
    }

    /** The prepared start cache, in a place where it may be damaged. */
    private Path copy() throws IOException {
        Path cache = directory(directory.resolve("cache"), "rwx------");
        Path from = kit(prepared);
        Path to = directory(cache.resolve(from.getFileName()), "rwx------");
        for (String name : entries(from)) {
            Files.copy(from.resolve(name), to.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
        }
        return cache;
    }

    private String classesOf(Path cache, String... words) throws IOException, InterruptedException {
        Path log = directory.resolve("classes");
        Program.Ran ran = varve(cache, words)
                .with(Varve.JAVA_OPTIONS, "-Xlog:class+load:file=" + log)
                .run();
        assertEndsWell(ran);
        return Files.readString(log);
    }

    @Test
    void manyFirstRunsPrepareOnce() throws IOException {
        assertThat(firstRuns).allSatisfy(LauncherCommandIT::assertTellsItAll);
        assertThat(entries(prepared)).singleElement().asString().startsWith("start-");
        assertThat(entries(kit(prepared))).containsExactlyInAnyOrder("classes.aot", "lookups.aot", "libsqlitejdbc.so");
        for (String name : entries(kit(prepared))) {
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(kit(prepared).resolve(name))))
                    .isEqualTo("rw-------");
        }
    }

    /** The launcher looks for what is left of others just before it begins. */
    @Test
    void whatSomebodyElseHasPreparedMeanwhileIsNotPreparedAgain() throws IOException, InterruptedException {
        Path cache = directory(directory.resolve("cache"), "rwx------");
        Path programs = program("find", "mkdir \"${1%.making}\" && echo other >\"${1%.making}/classes.aot\"");

        try (WatchService watch = cache.getFileSystem().newWatchService()) {
            cache.register(watch, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
            varve(cache, "images")
                    .with("VARVE_JAVA", jdk("exit 0").toString())
                    .with("PATH", programs + ":" + System.getenv("PATH"))
                    .succeed();
            // The other one's, and ours, which goes again.
            for (int seen = 0; seen < 3; ) {
                seen += changes(watch, cache).size();
            }
        }

        assertThat(entries(cache)).hasSize(1);
        assertThat(entries(kit(cache))).containsExactly("classes.aot");
    }

    /** Where something is mounted, that is in a mount namespace which ends with what is rehearsed. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nothingIsMountedWhereOthersSeeIt(boolean possible) throws IOException, InterruptedException {
        Path cache = directory(directory.resolve("cache"), "rwx------");
        Path programs = program("unshare", possible ? "[ \"$1\" = -m ] && shift && APART=yes exec \"$@\"" : "exit 1");
        Path runs = directory.resolve("runs");
        Path jdk = jdk("""
                echo "${APART:-no} $*" >>'%s'
                for word; do case $word in -XX:AOTCacheOutput=*) echo archive >"${word#*=}" ;; esac; done
                """.formatted(runs));

        try (WatchService watch = cache.getFileSystem().newWatchService()) {
            cache.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
            varve(cache, "images")
                    .with("VARVE_JAVA", jdk.toString())
                    .with("PATH", programs + ":" + System.getenv("PATH"))
                    .succeed();
            while (isMade(cache) || entries(cache).isEmpty()) {
                changes(watch, cache);
            }
        }

        assertThat(Files.readAllLines(runs))
                .filteredOn(run -> run.contains("-Dvarve.rehearsal.lookups=true"))
                .singleElement()
                .asString()
                .startsWith(possible ? "yes " : "no ")
                .contains("-Dvarve.rehearsal.mounts=" + (possible ? "true " : " "));
        assertThat(entries(kit(cache))).containsExactlyInAnyOrder("classes.aot", "lookups.aot");
    }

    /** A directory for PATH, with a program that stands in for one of the system's. */
    private Path program(String name, String script) throws IOException {
        Path programs = Files.createDirectory(directory.resolve("programs"));
        executable(programs.resolve(name), script);
        return programs;
    }

    @ParameterizedTest
    @CsvSource({"images, ImagesCommand", "gc, GcCommand", "verify, VerifyCommand"})
    void laterRunsUseWhatIsPrepared(String command, String loaded) throws IOException, InterruptedException {
        assertThat(classesOf(
                        prepared, "-q", "--store", directory.resolve("store").toString(), command))
                .contains("io.varve.cli." + loaded + " source: shared objects file");
        assertThat(entries(prepared)).hasSize(1);
    }

    /** To ask a service takes more classes than to do it. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsPreparedForLookupsServesForMoreWhereNoServiceIsAsked(boolean served)
            throws IOException, InterruptedException {
        Path store = directory.resolve("s");
        Path socket = Files.createDirectories(store.resolve("serve")).resolve("socket");
        Path log = directory.resolve("archive");
        try (ServerSocketChannel nobody = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            if (served) {
                nobody.bind(UnixDomainSocketAddress.of(socket));
            }
        }

        varve(prepared, "--store", store.toString(), "gc")
                .with(Varve.JAVA_OPTIONS, "-Xlog:aot:file=" + log)
                .succeed();

        assertThat(Files.readString(log)).contains(served ? "/classes.aot" : "/lookups.aot");
    }

    @Test
    void lookupsLoadWhatTheyNeedAndAllOfItIsPrepared() throws IOException, InterruptedException {
        assertNeedsWhatIsPreparedForLookups(classesOf(prepared, "--store", directory.toString(), "images"));
    }

    private static void assertNeedsWhatIsPreparedForLookups(String classes) {
        assertThat(classes).doesNotContain("io.vertx.core.http.impl.");
        // Netty's classes for OpenSSL cannot be linked where that is not.
        assertThat(classes.lines().filter(line -> line.contains(" source: file:")))
                .allMatch(line -> line.contains("OpenSsl"));
    }

    @Test
    void whatIsMadeOfAnImageInTheStoreNeedsNoMoreAndAllOfItIsPrepared() throws IOException, InterruptedException {
        Peers.needKernelMounts();
        String store = directory.resolve("store").toString();
        String layout = new WrittenImage(directory.resolve("layout"))
                .gzip(new Tarball().file("a", "a"))
                .tag();
        String place = directory.resolve("place").toString();
        varve(prepared, "-q", "--store", store, "pull", layout).succeed();

        for (String words : List.of(
                "mount it " + place,
                "umount " + place,
                "unpack it " + place,
                "export it --format rootfs -o " + place + ".tar")) {
            List<String> all = new ArrayList<>(List.of("-q", "--store", store));
            all.addAll(List.of(words.split(" ", -1)));
            assertNeedsWhatIsPreparedForLookups(classesOf(prepared, all.toArray(String[]::new)));
        }
    }

    @Test
    void nothingIsPreparedWhenThatIsNotWanted() throws IOException, InterruptedException {
        assertThat(classesOf(Path.of("off"), "-v", "--version"))
                .doesNotContain("ImagesCommand source: shared objects file");
    }

    @ParameterizedTest
    @ValueSource(strings = {"r-x------", "rwxrwx---", "rwx---rwx", "rwxr-xr-x"})
    void cacheThatIsNotOursAloneIsLeftAlone(String permissions) throws IOException, InterruptedException {
        Path cache = directory(directory.resolve("cache"), permissions);

        assertTellsItAll(varve(cache, "-v", "--version").run());

        assertThat(entries(cache)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/proc/none/varve", "/dev/null/varve", "relative/varve", "/", "/tmp/a:b/varve"})
    void cacheThatCannotBeMadeIsDoneWithout(String cache) throws IOException, InterruptedException {
        assertTellsItAll(varve(Path.of(cache), "-v", "--version").run());
    }

    @Test
    void worksWithoutAHome() throws IOException, InterruptedException {
        Program.Ran ran = new Program(
                        directory,
                        "env",
                        "-u",
                        "HOME",
                        "-u",
                        "XDG_CACHE_HOME",
                        "-u",
                        "VARVE_START_CACHE",
                        Peers.command().toString(),
                        "-v",
                        "--version")
                .run();

        assertTellsItAll(ran);
    }

    @ParameterizedTest
    @CsvSource({"lookups.aot, images", "classes.aot, verify"})
    void archiveThatIsNoneIsIgnored(String name, String command) throws IOException, InterruptedException {
        Path cache = copy();
        Path archive = kit(cache).resolve(name);
        Program varve = varve(cache, "-q", "--store", directory.resolve("store").toString(), command);
        byte[] whole = Files.readAllBytes(archive);
        List<byte[]> damaged = List.of(
                new byte[0],
                new byte[whole.length],
                "not an archive".repeat(1000).getBytes(UTF_8),
                Arrays.copyOf(whole, 4096),
                Arrays.copyOf(whole, whole.length - 1));
        for (byte[] bytes : damaged) {
            Files.write(archive, bytes, StandardOpenOption.TRUNCATE_EXISTING);
            assertEndsWell(varve.run());
        }
        Files.delete(archive);
        Files.createDirectory(archive);
        // Nobody is to prepare another one meanwhile.
        Files.createDirectory(cache.resolve(kit(cache).getFileName() + ".making"));
        assertEndsWell(varve.run());
    }

    @Test
    void libraryThatIsGoneIsDoneWithout() throws IOException, InterruptedException {
        Path cache = copy();
        Files.delete(kit(cache).resolve("libsqlitejdbc.so"));
        Path store = directory.resolve("store");

        Program.Ran ran = varve(cache, "--store", store.toString(), "gc").run();

        assertEndsWell(ran);
    }

    @Test
    void leavesNoLibraryBehind() throws IOException, InterruptedException {
        Path temporary = Files.createDirectory(directory.resolve("tmp"));
        Path store = directory.resolve("store");
        for (Path cache : List.of(Path.of("off"), prepared)) {
            Program.Ran ran = varve(cache, "--store", store.toString(), "gc")
                    .with(Varve.JAVA_OPTIONS, "-Djava.io.tmpdir=" + temporary)
                    .run();
            assertEndsWell(ran);
            assertThat(entries(temporary)).isEmpty();
        }
        assertThat(store.resolve("catalogue.db")).exists();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-showversion",
                "-showversion -XX:-UseCompactObjectHeaders -Xmx100m",
                "-showversion -Xshare:off",
                "-showversion -XX:TieredStopAtLevel=4"
            })
    void takesOptionsForTheJvm(String options) throws IOException, InterruptedException {
        for (Path cache : List.of(prepared, Path.of("off"))) {
            Program.Ran ran =
                    varve(cache, "--version").with(Varve.JAVA_OPTIONS, options).run();

            assertThat(ran.code()).isZero();
            // What was asked for, and nothing about archives.
            assertThat(ran.err().lines()).hasSize(3).first().asString().startsWith("openjdk version");
            assertThat(ran.out()).startsWith("varve ");
        }
    }

    /** One whose JVM does this instead. */
    private Path jdk(String script) throws IOException {
        Path jdk = directory.resolve("jdk");
        Files.createDirectories(jdk.resolve("bin"));
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25\"\n");
        executable(jdk.resolve("bin/java"), script);
        return jdk;
    }

    private static void executable(Path file, String script) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--version", "-V"})
    void tellsItsVersionAsAJvmWouldAndStartsNone(String asked) throws IOException, InterruptedException {
        String told = varve(Path.of("off"), "-v", asked).succeed();
        Path cache = directory(directory.resolve("cache"), "rwx------");

        Program.Ran ran = varve(cache, asked).run();

        assertThat(ran.out() + ran.err()).isEqualTo(told.lines().findFirst().orElseThrow() + "\n");
        assertThat(entries(cache)).isEmpty();
        String none = jdk("exit 1").toString();
        Files.writeString(Path.of(none, "release"), "JAVA_RUNTIME_VERSION=\"25.1+2\"\nJAVA_VERSION=\"25.1\"");
        assertThat(varve(cache, asked).with("VARVE_JAVA", none).succeed()).endsWith(", JDK 25.1+2\n");
    }

    /** What the JVM does not understand it says on stdout then, since its warning of the module is nobody's. */
    @Test
    void serviceThatCannotStartSaysSoOnceWhateverItsJvmWarnsOf() throws IOException, InterruptedException {
        Program.Ran refused =
                varve(Path.of("off"), "serve", "--listen", "nowhere").run();
        assertThat(refused.err().lines())
                .as(refused.err())
                .singleElement()
                .asString()
                .startsWith("varve: ");

        Program.Ran unknown = varve(Path.of("off"), "serve")
                .with(Varve.JAVA_OPTIONS, "-XX:+NoSuchOption")
                .run();
        assertThat(unknown.code()).isEqualTo(1);
        assertThat(unknown.out() + unknown.err()).contains("NoSuchOption");
    }

    @Test
    void servesWithVectorsWhereTheProcessorHasNoInstructionsForSha256() throws IOException, InterruptedException {
        List<String> processor = Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                .filter(line -> line.startsWith("flags"))
                .flatMap(line -> Stream.of(line.split(" ", -1)))
                .toList();
        String jdk = jdk("echo $*").toString();

        for (String command : List.of("serve", "pull")) {
            Program.Ran ran = varve(Path.of("off"), "--store", "serve", command)
                    .with("VARVE_JAVA", jdk)
                    .run();

            assertThat(ran.out().contains("jdk.incubator.vector"))
                    .as(ran.out())
                    .isEqualTo(command.equals("serve") && processor.contains("avx2") && !processor.contains("sha_ni"));
        }
    }

    @ParameterizedTest
    @CsvSource({"'', 131072", "65536, 65536"})
    void tellsTheCLibraryWhatIsLargeUnlessSomebodyDid(String said, String heard)
            throws IOException, InterruptedException {
        Program.Ran ran = varve(Path.of("off"), "-v", "--version")
                .with("VARVE_JAVA", jdk("echo $MALLOC_MMAP_THRESHOLD_").toString())
                .with("MALLOC_MMAP_THRESHOLD_", said)
                .run();

        assertThat(ran.out()).isEqualTo(heard + "\n");
    }

    @Test
    void runsThroughASymlinkAndFromAnywhere() throws IOException, InterruptedException {
        Path link = Files.createSymbolicLink(directory.resolve("v"), Peers.command());

        Program.Ran ran = new Program(directory, "./" + link.getFileName(), "-v", "--version")
                .with("VARVE_START_CACHE", prepared.toString())
                .run();

        assertTellsItAll(ran);
        assertThat(entries(prepared)).hasSize(1);
    }
}
