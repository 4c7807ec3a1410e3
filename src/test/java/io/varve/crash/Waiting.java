package io.varve.crash;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/** For processes, whose end does not take long, or which do something until then. */
final class Waiting {
    private static final long PATIENCE_SECONDS = 60;

    private Waiting() {}

    /** The exit code. */
    static int of(Process process) throws IOException {
        return of(process, () -> 0);
    }

    /**
     * The exit code.
     *
     * @param done how much the process has done; as long as that grows, it may take as long as it likes
     */
    static int of(Process process, IntSupplier done) throws IOException {
        try {
            int before = done.getAsInt();
            while (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                int now = done.getAsInt();
                if (now == before) {
                    throw new IOException(process.info().commandLine().orElse("a process") + " does not end");
                }
                before = now;
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }
}
