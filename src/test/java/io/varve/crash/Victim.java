package io.varve.crash;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/** A {@link Workload} that runs, as a process of its own; what it says goes to the facts as it comes. */
final class Victim implements AutoCloseable {
    private static final long PATIENCE_MILLIS = 60_000;

    private final Process process;
    private final Facts facts;
    private final Thread listener;
    private int marks;

    Victim(ProcessBuilder builder, Facts facts) throws IOException {
        this.facts = facts;
        process = builder.start();
        listener = Thread.ofPlatform().daemon().start(this::listen);
    }

    private void listen() {
        try (BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                facts.add(line);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** After this, all that it had said before is among the facts; so many they are then. */
    int mark() throws IOException, InterruptedException {
        String mark = "mark " + process.pid() + " " + marks++;
        OutputStream in = process.getOutputStream();
        in.write((mark + "\n").getBytes(UTF_8));
        in.flush();
        int at = facts.await(mark, PATIENCE_MILLIS);
        if (at < 0) {
            throw new IOException("the workload does not answer");
        }
        return at;
    }

    /** What it said is still read: the process itself would close its pipes. */
    void kill() {
        process.toHandle().destroyForcibly();
    }

    /** Its exit code, when it ended and all that it said is among the facts. */
    int await() throws IOException {
        int code = Waiting.of(process, facts::count);
        while (listener.isAlive()) {
            // What it said before it ended is read in a moment.
            Thread.onSpinWait();
        }
        return code;
    }

    @Override
    public void close() throws IOException {
        kill();
        await();
    }
}
