package io.varve.cli;

import io.varve.manifest.LayerPlan;
import io.varve.oci.Digest;
import io.varve.pipeline.PullListener;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How far a pull is, on stderr: a live bar for each layer on a terminal (part of its blob, bytes of tar so far, rate, time
 * left), a line for each finished layer elsewhere, nothing when asked to be quiet.
 *
 * <p>Drawn by whichever worker comes by when the last drawing is old enough; guarded by this object's lock.
 */
final class Progress implements PullListener, AutoCloseable {
    private static final long REDRAW_NANOS = 100_000_000;
    private static final int BAR = 16;

    private enum Style {
        QUIET,
        LINES,
        LIVE
    }

    private static final class Row {
        final LayerPlan layer;
        final long started = System.nanoTime();
        long read;
        long assembled;
        boolean done;
        long ended;

        Row(LayerPlan layer) {
            this.layer = layer;
        }
    }

    private final PrintStream err;
    private final Style style;
    private final List<Row> rows = new ArrayList<>();
    private int drawn;
    private long lastDrawn;

    private Progress(PrintStream err, Style style) {
        this.err = err;
        this.style = style;
    }

    static Progress onStderr(boolean quiet) {
        return new Progress(System.err, quiet ? Style.QUIET : Terminal.hasStderr() ? Style.LIVE : Style.LINES);
    }

    @Override
    public synchronized void advanced(LayerPlan layer, long read, long assembled) {
        Row row = row(layer.diffId());
        if (row == null) {
            row = new Row(layer);
            rows.add(row);
        }
        row.read = read;
        row.assembled = assembled;
        if (System.nanoTime() - lastDrawn > REDRAW_NANOS) {
            draw();
        }
    }

    @Override
    public synchronized void committed(LayerPlan layer) {
        Row row = row(layer.diffId());
        if (row == null) {
            return;
        }
        row.done = true;
        row.ended = System.nanoTime();
        switch (style) {
            case LIVE -> draw();
            case LINES ->
                err.printf(
                        "layer %s: %s read, %s assembled in %s%n",
                        shortened(layer.diffId()),
                        Sizes.bytes(row.read),
                        Sizes.bytes(row.assembled),
                        Sizes.duration(System.nanoTime() - row.started));
            case QUIET -> {}
        }
    }

    /** Leaves the last drawing, and the cursor below it. */
    @Override
    public synchronized void close() {
        draw();
        err.flush();
    }

    private @Nullable Row row(Digest diffId) {
        for (Row row : rows) {
            if (row.layer.diffId().equals(diffId)) {
                return row;
            }
        }
        return null;
    }

    private void draw() {
        if (style != Style.LIVE || rows.isEmpty()) {
            return;
        }
        StringBuilder out = new StringBuilder();
        if (drawn > 0) {
            out.append("\033[").append(drawn).append('A');
        }
        for (Row row : rows) {
            out.append("\r\033[K").append(line(row)).append('\n');
        }
        drawn = rows.size();
        lastDrawn = System.nanoTime();
        err.print(out);
        err.flush();
    }

    /** At most 79 columns, so that no terminal wraps it, and the cursor finds its way back up. */
    private static String line(Row row) {
        long size = Math.max(1, row.layer.blob().size());
        double part = row.done ? 1 : Math.min(1, (double) row.read / size);
        double seconds = Math.max(1e-9, ((row.done ? row.ended : System.nanoTime()) - row.started) / 1e9);
        double rate = row.read / seconds;
        int filled = (int) (part * BAR);
        return String.format(
                Locale.ROOT,
                "%s [%s%s] %3.0f%% of %9s > %9s %9s/s %s",
                shortened(row.layer.diffId()),
                "=".repeat(filled),
                " ".repeat(BAR - filled),
                100 * part,
                Sizes.bytes(row.layer.blob().size()),
                Sizes.bytes(row.assembled),
                Sizes.bytes((long) rate),
                row.done
                        ? "done"
                        : String.format(Locale.ROOT, "%.0fs", Math.ceil((size - row.read) / Math.max(1, rate))));
    }

    static String shortened(Digest digest) {
        return digest.hex().substring(0, 12);
    }
}
