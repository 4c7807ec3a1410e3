package io.varve.verify;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * What is certain, and what only looks wrong while somebody may be writing: a file may be there a moment before the
 * catalogue says so, or the other way round. That is looked at again at the end. Safe for any thread.
 */
final class Ledger {
    /** How long something has to look wrong beside a writer: more than a transaction takes, and than index.json is behind. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private record Suspicion(Finding finding, BooleanSupplier still) {}

    private final Consumer<Finding> listener;
    private final BooleanSupplier quiet;

    // Guarded by this, as is calling the listener.
    private List<Suspicion> suspicions = new ArrayList<>();

    /** @param quiet whether nobody is in the middle of writing now */
    Ledger(BooleanSupplier quiet, Consumer<Finding> listener) {
        this.quiet = quiet;
        this.listener = listener;
    }

    /** Another one with the same patience. */
    Ledger of(Consumer<Finding> other) {
        return new Ledger(quiet, other);
    }

    synchronized void certain(Finding finding) {
        listener.accept(finding);
    }

    /** @param still whether it looks wrong now */
    synchronized void suspect(Finding finding, BooleanSupplier still) {
        suspicions.add(new Suspicion(finding, still));
    }

    /** Looks at every suspicion until it is none, or certain. */
    void settle() {
        long end = System.nanoTime() + PATIENCE_NANOS;
        List<Suspicion> left = taken();
        while (!left.isEmpty()) {
            boolean wasQuiet = quiet.getAsBoolean();
            left.removeIf(each -> !each.still().getAsBoolean());
            if ((wasQuiet && quiet.getAsBoolean()) || System.nanoTime() - end > 0) {
                left.forEach(each -> certain(each.finding()));
                return;
            }
            LockSupport.parkNanos(LOOK_NANOS);
            if (Thread.currentThread().isInterrupted()) {
                throw Failure.of(Category.CANCELLED, "interrupted");
            }
        }
    }

    private synchronized List<Suspicion> taken() {
        List<Suspicion> taken = suspicions;
        suspicions = new ArrayList<>();
        return taken;
    }
}
