package io.varve.view;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.os.Fd;
import io.varve.os.FilesAt;
import io.varve.os.OsException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Held by whoever changes what is mounted, in this process or another; the kernel lets go of it when its holder dies. */
record ViewLock(Fd file) implements AutoCloseable {
    private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    /** @throws Failure Conflict after a minute of waiting for another; Cancelled when interrupted meanwhile */
    static ViewLock take(Path path) throws OsException {
        Fd file = FilesAt.openOrCreate(path, 0600);
        try {
            long start = System.nanoTime();
            while (!FilesAt.tryLock(file)) {
                if (System.nanoTime() - start > WAIT_NANOS) {
                    throw Failure.of(Category.CONFLICT, "another process has held " + path + " for a minute");
                }
                LockSupport.parkNanos(LOOK_NANOS);
                if (Thread.currentThread().isInterrupted()) {
                    throw Failure.of(Category.CANCELLED, "interrupted while waiting for " + path);
                }
            }
            return new ViewLock(file);
        } catch (OsException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
