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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Held by the one process that writes to a store. The kernel lets go of it when its holder ends, however that ends, so a
 * lock that is held always has somebody alive behind it; the file only says who.
 */
final class StoreLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StoreLock.class);

    /** What a file says beyond this was not written by Varve. */
    private static final int MAX_SHOWN = 300;

    private final Fd file;

    private StoreLock(Fd file) {
        this.file = file;
    }

    /**
     * Does not wait.
     *
     * @param purpose what for, in words for whoever has to wait
     * @return null while another process holds it
     */
    static @Nullable StoreLock tryTake(Path path, String purpose) throws IOException {
        Fd file = FilesAt.openOrCreate(path, 0600);
        boolean taken = false;
        try {
            if (!FilesAt.tryLock(file)) {
                return null;
            }
            say(
                    path,
                    "process " + ProcessHandle.current().pid() + " (" + purpose + ") since "
                            + Instant.now().truncatedTo(ChronoUnit.SECONDS));
            taken = true;
            return new StoreLock(file);
        } finally {
            if (!taken) {
                file.close();
            }
        }
    }

    /** What whoever waited so long in vain fails with. */
    static Failure held(Path path, Duration waited) {
        String holder = holder(path);
        return Failure.of(
                Category.UNAVAILABLE,
                "held by " + holder + "; waited " + waited.toSeconds() + " s (lockWait)",
                new StoreHeld(holder));
    }

    /** What whoever was interrupted meanwhile fails with. */
    static Failure interrupted(Path path) {
        return Failure.of(Category.CANCELLED, "interrupted while waiting for " + holder(path));
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
