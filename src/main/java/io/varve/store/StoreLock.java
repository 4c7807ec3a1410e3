package io.varve.store;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.os.Fd;
import io.varve.os.FilesAt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Held by the one process that writes to a store. The kernel lets go of it when its holder ends, however that ends, so a
 * lock that is held always has somebody alive behind it; the file only says who.
 */
final class StoreLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StoreLock.class);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    /** What a file says beyond this was not written by Varve. */
    private static final int MAX_SHOWN = 300;

    private final Fd file;

    private StoreLock(Fd file) {
        this.file = file;
    }

    /**
     * @param purpose what for, in words for whoever has to wait
     * @throws Failure Unavailable, saying who holds it, when the wait was in vain; Cancelled when interrupted meanwhile
     */
    static StoreLock take(Path path, String purpose, Duration wait) throws IOException {
        Fd file = FilesAt.openOrCreate(path, 0600);
        try {
            long start = System.nanoTime();
            while (!FilesAt.tryLock(file)) {
                if (System.nanoTime() - start >= wait.toNanos()) {
                    String holder = holder(path);
                    throw Failure.of(
                            Category.UNAVAILABLE,
                            "held by " + holder + "; waited " + wait.toSeconds() + " s (lockWait)",
                            new StoreHeld(holder));
                }
                LockSupport.parkNanos(LOOK_NANOS);
                if (Thread.currentThread().isInterrupted()) {
                    throw Failure.of(Category.CANCELLED, "interrupted while waiting for " + holder(path));
                }
            }
            say(
                    path,
                    "process " + ProcessHandle.current().pid() + " (" + purpose + ") since "
                            + Instant.now().truncatedTo(ChronoUnit.SECONDS));
            return new StoreLock(file);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** For people alone: without it the lock is held as well. */
    private static void say(Path path, String holder) {
        try {
            Files.writeString(path, holder + "\n");
        } catch (IOException e) {
            LOG.warn("{} does not say who holds it: {}", path, e.getMessage());
        }
    }

    private static String holder(Path path) {
        try {
            String said = Files.readString(path).strip();
            return said.isEmpty() ? "another process" : said.substring(0, Math.min(said.length(), MAX_SHOWN));
        } catch (IOException e) {
            return "another process";
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
