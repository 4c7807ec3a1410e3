package io.varve.crash;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;

/** For processes, whose end does not take long. */
final class Waiting {
    private static final long PATIENCE_SECONDS = 60;

    private Waiting() {}

    /** The exit code. */
    static int of(Process process) throws IOException {
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException(process.info().commandLine().orElse("a process") + " does not end");
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }
}
