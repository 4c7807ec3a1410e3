package io.varve.benchmark.regress;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.oci.Json;
import io.varve.os.Staging;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts each {@link Trial} in a process of its own. Varve is started with the flags of its launcher, which are part of it; the
 * baseline as Java starts by default, if nothing else is said.
 */
final class Trials {
    private final Path directory;
    private final String host;
    private final int questions;
    private final List<String> flags;
    private final boolean sameFlags;

    /**
     * @param host the registry
     * @param flags of the JVM that runs Varve
     * @param sameFlags whether the baseline is given them too
     */
    Trials(Path directory, String host, int questions, List<String> flags, boolean sameFlags) {
        this.flags = List.copyOf(flags);
        this.sameFlags = sameFlags;
        this.directory = directory;
        this.host = host;
        this.questions = questions;
    }

    ObjectNode run(String contender, String trial, List<String> repositories) throws IOException, InterruptedException {
        Path work = directory.resolve("work");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (contender.equals("varve") || sameFlags) {
            command.addAll(flags);
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Trial.class.getName()));
        command.addAll(List.of(contender, trial, host, work.toString(), Integer.toString(questions)));
        command.addAll(repositories);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.waitFor() != 0) {
            throw new IOException(contender + ", " + trial + ": got exit code " + process.exitValue());
        }
        Staging.delete(work);
        settle();
        return Json.read(
                told.substring(told.lastIndexOf('\n') + 1).getBytes(StandardCharsets.UTF_8), Json.DEFAULT_LIMIT);
    }

    /** On a disk, what one has left to be written the next one would wait for, since Varve syncs. */
    private void settle() throws IOException, InterruptedException {
        new ProcessBuilder("sync", "-f", directory.toString()).start().waitFor();
    }
}
