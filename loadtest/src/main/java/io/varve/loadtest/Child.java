package io.varve.loadtest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A process that we started, and with {@link #close} end, with those that it has started itself. What it says goes to a file. */
final class Child implements AutoCloseable {
    private static final int PATIENCE_S = 60;
    private static final int ENDING_S = 25;
    private static final int LOOK_MILLIS = 20;

    private final Process process;
    private final Path log;

    private Child(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** @param environment beside ours */
    static Child start(Path log, Map<String, String> environment, List<String> command) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        return new Child(builder.start(), log);
    }

    /**
     * Runs a command to its end.
     *
     * @throws IOException with what it said, if it failed
     */
    static void run(Path log, Map<String, String> environment, List<String> command)
            throws IOException, InterruptedException {
        try (Child child = start(log, environment, command)) {
            int code = child.await();
            if (code != 0) {
                throw new IOException(command + " ended with " + code + ": " + child.said());
            }
        }
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    int await() throws InterruptedException {
        return process.waitFor();
    }

    String said() throws IOException {
        return Files.readString(log, StandardCharsets.UTF_8);
    }

    /** Waits until it says that. */
    String await(Pattern line) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
        while (System.nanoTime() < end) {
            Matcher found = line.matcher(said());
            if (found.find()) {
                return found.group(1);
            }
            if (!process.isAlive()) {
                break;
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        }
        throw new IOException("it does not say " + line + ": " + said());
    }

    @Override
    public void close() {
        List<ProcessHandle> descendants = process.descendants().toList();
        process.destroy();
        // Whoever interrupts us wants them to end, and not to be left.
        boolean interrupted = Thread.interrupted();
        try {
            if (!process.waitFor(ENDING_S, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            interrupted = true;
            process.destroyForcibly();
        }
        descendants.forEach(ProcessHandle::destroy);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
