package io.varve.cli;

import io.varve.verify.Finding;
import io.varve.verify.VerifyListener;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** How far a verification is: one line on a terminal, drawn by whichever worker comes by when it is old enough. */
final class VerifyMeter implements VerifyListener, AutoCloseable {
    private static final long REDRAW_NANOS = 100_000_000;

    private final boolean live;
    private final Consumer<Finding> findings;
    private final AtomicLong planned = new AtomicLong();
    private final AtomicLong read = new AtomicLong();
    private final AtomicLong lastDrawn = new AtomicLong(System.nanoTime());

    VerifyMeter(boolean quiet, Consumer<Finding> findings) {
        live = !quiet && Terminal.hasStderr();
        this.findings = findings;
    }

    @Override
    public void planned(long bytes) {
        planned.set(bytes);
    }

    @Override
    public void advanced(long bytes) {
        long now = read.addAndGet(bytes);
        long last = lastDrawn.get();
        if (live && System.nanoTime() - last > REDRAW_NANOS && lastDrawn.compareAndSet(last, System.nanoTime())) {
            long all = Math.max(now, planned.get());
            System.err.printf(
                    Locale.ROOT,
                    "\r\033[Kverifying: %s of %s, %d%%",
                    Sizes.bytes(now),
                    Sizes.bytes(all),
                    all == 0 ? 100 : (long) (100.0 * now / all));
        }
    }

    @Override
    public void found(Finding finding) {
        close();
        findings.accept(finding);
    }

    /** Takes the line away. */
    @Override
    public void close() {
        if (live) {
            System.err.print("\r\033[K");
        }
    }
}
