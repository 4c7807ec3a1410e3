package io.varve.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** A program of this machine, with a working directory and an environment. Immutable; each run is a process of its own. */
public final class Program {
    private static final long PATIENCE_SECONDS = 120;

    private final Path directory;
    private final List<String> words;
    private final Map<String, String> environment;

    /** @param directory where it works, and where what it says is kept while it runs */
    public Program(Path directory, String... words) {
        this(directory, List.of(words), Map.of());
    }

    private Program(Path directory, List<String> words, Map<String, String> environment) {
        this.directory = directory;
        this.words = words;
        this.environment = environment;
    }

    /** A shell that stops at the first command that fails, and makes files as root would with the usual umask. */
    public static Program shell(Path directory, String script) {
        return new Program(directory, "bash", "-euc", "umask 022\n" + script);
    }

    Program with(String variable, String value) {
        Map<String, String> more = new TreeMap<>(environment);
        more.put(variable, value);
        return new Program(directory, words, more);
    }

    /** What a run came to. */
    public record Ran(int code, byte[] bytes, String err) {
        public String out() {
            return new String(bytes, UTF_8);
        }
    }

    /** A process that was started; it is waited for, or killed, by {@link #end}. */
    final class Running {
        private final Process process;
        private final Path out;
        private final Path err;

        private Running() throws IOException {
            out = Files.createTempFile(directory, "stdout-", "");
            err = Files.createTempFile(directory, "stderr-", "");
            ProcessBuilder builder = new ProcessBuilder(words)
                    .directory(directory.toFile())
                    .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().putAll(environment);
            process = builder.start();
        }

        Process process() {
            return process;
        }

        Ran end() throws IOException, InterruptedException {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException(String.join(" ", words) + " did not end");
            }
            Ran ran = new Ran(process.exitValue(), Files.readAllBytes(out), Files.readString(err));
            Files.delete(out);
            Files.delete(err);
            return ran;
        }
    }

    Running start() throws IOException {
        return new Running();
    }

    public Ran run() throws IOException, InterruptedException {
        return start().end();
    }

    /** Runs it, and it has to succeed. What it wrote to its output. */
    public String succeed() throws IOException, InterruptedException {
        Ran ran = run();
        assertThat(ran.code()).as("%s: %s", String.join(" ", words), ran.err()).isZero();
        return ran.out();
    }
}
