package io.varve.cli;

import io.varve.view.UnpackProgress;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/** How far an unpack is: one line on a terminal, drawn by whichever worker comes by when it is old enough. */
final class UnpackMeter implements UnpackProgress, AutoCloseable {
    private static final long REDRAW_NANOS = 100_000_000;

    private final boolean live;
    private final long names;
    private final AtomicLong written = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong lastDrawn = new AtomicLong(System.nanoTime());

    /** @param names how many there are to write */
    UnpackMeter(long names, boolean quiet) {
        this.names = names;
        live = !quiet && Terminal.hasStderr();
    }

    @Override
    public void advanced(long moreEntries, long moreBytes) {
        long now = written.addAndGet(moreEntries);
        long size = bytes.addAndGet(moreBytes);
        long last = lastDrawn.get();
        if (live && System.nanoTime() - last > REDRAW_NANOS && lastDrawn.compareAndSet(last, System.nanoTime())) {
            System.err.printf(Locale.ROOT, "\r\033[Kunpacking: %,d of %,d names, %s", now, names, Sizes.bytes(size));
        }
    }

    /** Takes the line away. */
    @Override
    public void close() {
        if (live) {
            System.err.print("\r\033[K");
        }
    }
}
