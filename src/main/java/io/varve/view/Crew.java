package io.varve.view;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A bounded number of threads that do one job together and are gone when it is done. The first failure stops them all,
 * and so does an interrupt of the thread that waits for them.
 */
final class Crew {
    private final int size;
    private final AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();

    Crew(int size) {
        this.size = Math.max(1, size);
    }

    /**
     * Lets every thread run a job of its own, and returns when all have ended.
     *
     * @throws Failure what failed first; Cancelled when the caller was interrupted, and still is
     */
    void run(Supplier<Runnable> jobs) {
        run(size, jobs);
    }

    /** Lets one thread run a job, as {@link #run} does. */
    void alone(Runnable job) {
        run(1, () -> job);
    }

    private void run(int count, Supplier<Runnable> jobs) {
        List<Thread> threads = new ArrayList<>(count);
        try {
            for (int i = 0; i < count; i++) {
                threads.add(start(i, jobs.get()));
            }
        } catch (Throwable thrown) {
            // Where the machine has no more threads to give, those that run are waited for all the same.
            failed.compareAndSet(null, thrown);
        }
        boolean interrupted = false;
        for (Thread thread : threads) {
            interrupted |= join(thread);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        Throwable thrown = failed.get();
        if (thrown != null) {
            throw Failure.from(thrown);
        }
    }

    private Thread start(int number, Runnable job) {
        return Thread.ofPlatform().name("varve-unpack-" + number).daemon().start(() -> {
            try {
                job.run();
            } catch (Throwable thrown) {
                failed.compareAndSet(null, thrown);
            }
        });
    }

    /** Called by the threads, often. */
    void checkGoingOn() {
        if (failed.get() != null) {
            throw Failure.of(Category.CANCELLED, "another thread failed");
        }
    }

    /** Waits until the thread has ended, whatever happens: it may still be writing. Whether the wait was interrupted. */
    private boolean join(Thread thread) {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                return interrupted;
            } catch (InterruptedException e) {
                interrupted = true;
                failed.compareAndSet(null, Failure.of(Category.CANCELLED, "interrupted", e));
            }
        }
    }
}
