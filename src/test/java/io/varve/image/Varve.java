package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The built command with a store of its own; each run is a process. */
final class Varve {
    /** Options for the JVM, by the launcher. */
    static final String JAVA_OPTIONS = "VARVE_JAVA_OPTIONS";

    /** A process that lives for seconds gains nothing from the compiler that takes its time. */
    static final String FAST_COMPILER = "-XX:TieredStopAtLevel=1";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path directory;
    private final Path store;

    /** @param directory where it runs, and which holds its store */
    Varve(Path directory) {
        this.directory = directory;
        store = directory.resolve("store");
    }

    Path store() {
        return store;
    }

    Program program(String... words) {
        return program(Peers.command(), List.of(), words);
    }

    /** @param before a program that runs the command, with its arguments */
    Program program(Path command, List<String> before, String... words) {
        List<String> all = new ArrayList<>(before);
        all.addAll(List.of(command.toString(), "--store", store.toString()));
        all.addAll(List.of(words));
        // A process that lives for a second gains little from the other compiler, too.
        return new Program(directory, all.toArray(String[]::new))
                .with(JAVA_OPTIONS, FAST_COMPILER + " -XX:CompileThresholdScaling=10");
    }

    Program.Ran run(String... words) throws IOException, InterruptedException {
        return program(words).run();
    }

    /** Runs it quietly: it succeeds and says nothing on stderr. What it wrote to stdout. */
    String quiet(String... words) throws IOException, InterruptedException {
        String[] all = new String[words.length + 1];
        all[0] = "-q";
        System.arraycopy(words, 0, all, 1, words.length);
        Program.Ran ran = run(all);
        assertThat(ran.err()).isEmpty();
        assertThat(ran.code()).isZero();
        return ran.out();
    }

    static JsonNode json(String text) throws IOException {
        return JSON.readTree(text);
    }

    /** What {@code images --json} lists. */
    JsonNode images() throws IOException, InterruptedException {
        return json(quiet("images", "--json"));
    }

    /** What the blobs, layers and indexes in the store take, each file once. */
    long bytesThere() throws IOException {
        Map<Object, Long> files = new HashMap<>();
        for (String shelf : List.of("blobs", "layers", "images")) {
            Path below = store.resolve(shelf);
            if (Files.isDirectory(below)) {
                try (Stream<Path> all = Files.walk(below)) {
                    for (Path each : all.filter(Files::isRegularFile).toList()) {
                        files.put(Files.getAttribute(each, "unix:ino"), Files.size(each));
                    }
                }
            }
        }
        return files.values().stream().mapToLong(size -> size).sum();
    }

    /** A failure is one line on stderr that begins with its category, and nothing on stdout. */
    static void assertFailed(Program.Ran ran, int code, String category, String... wrong) {
        assertThat(ran.err())
                .startsWith("varve: " + category + ": ")
                .endsWith("\n")
                .hasLineCount(1)
                .contains(wrong);
        assertThat(ran.bytes()).isEmpty();
        assertThat(ran.code()).isEqualTo(code);
    }

    /** Nothing half done is left: whole layers may be, and downloads that another attempt goes on with. */
    void assertStoreIsClean() {
        File[] left = store.resolve("ingest").toFile().listFiles((ingest, name) -> !name.startsWith("blob-"));
        if (left != null) {
            assertThat(left).isEmpty();
        }
    }
}
