package io.varve.cli;

import io.varve.manifest.LayerPlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.pipeline.LayerProgress;
import io.varve.pipeline.PullListener;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far a pull, a push or a build is, on stderr: a live bar for each layer on a terminal (how much of its blob came over the network or was
 * there already, how much tar was decoded and assembled, rate, time left), a line for each finished layer elsewhere,
 * nothing when asked to be quiet. What is no image is told by a line.
 *
 * <p>What the stages say is only noted; a thread of its own draws. Guarded by this object's lock.
 */
final class Progress implements PullListener, AutoCloseable {
    private static final long REDRAW_MILLIS = 100;
    private static final int BAR = 12;
    private static final int MOST_ROWS = 20;

    /** So many no terminal wraps. */
    private static final int COLUMNS = 79;

    private enum Style {
        QUIET,
        LINES,
        LIVE
    }

    /** A layer by its diffId, or a blob of an artifact. */
    private static final class Row {
        final Digest digest;
        final long size;
        final boolean assembles;
        long started = System.nanoTime();
        LayerProgress progress = new LayerProgress(0, 0, 0, 0);
        boolean done;
        long ended;

        /** @param size of the blob */
        Row(Digest digest, long size, boolean assembles) {
            this.digest = digest;
            this.size = size;
            this.assembles = assembles;
        }

        long read() {
            return progress.network() + progress.cached();
        }

        double seconds() {
            return Math.max(1e-9, ((done ? ended : System.nanoTime()) - started) / 1e9);
        }
    }

    /** A layer that is built, by what it is made of. */
    private static final class Made {
        final long started = System.nanoTime();
        long tar;
        long blob;
        // Null while it is not known.
        @Nullable
        String done;

        String told(String step) {
            double seconds = Math.max(1e-9, (System.nanoTime() - started) / 1e9);
            return String.format(
                    Locale.ROOT, "%s: %s > %s at %s/s", step, Sizes.bytes(tar), Sizes.bytes(blob), Sizes.bytes((long)
                            (tar / seconds)));
        }
    }

    private final PrintStream err;
    private final Style style;
    private final boolean pushes;
    private final Map<Digest, Row> rows = new LinkedHashMap<>();
    private final Map<String, Made> made = new LinkedHashMap<>();
    private final List<String> lines = new ArrayList<>();
    private final Thread drawer = new Thread(this::draw, "progress");
    private int skipped;
    private boolean closed;

    // The drawer's alone.
    private int drawn;

    private Progress(PrintStream err, Style style, boolean pushes) {
        this.err = err;
        this.style = style;
        this.pushes = pushes;
        drawer.setDaemon(true);
        if (style != Style.QUIET) {
            drawer.start();
        }
    }

    static Progress onStderr(boolean quiet) {
        return onStderr(quiet, false);
    }

    /** Of blobs that are sent, after layers that are read, if any. */
    static Progress ofPush(boolean quiet) {
        return onStderr(quiet, true);
    }

    private static Progress onStderr(boolean quiet, boolean pushes) {
        return new Progress(System.err, quiet ? Style.QUIET : Terminal.hasStderr() ? Style.LIVE : Style.LINES, pushes);
    }

    @Override
    public synchronized void waiting(LayerPlan layer) {
        rows.computeIfAbsent(
                layer.diffId(), diffId -> new Row(diffId, layer.blob().size(), true));
    }

    @Override
    public synchronized void skipped(String subject, Descriptor entry) {
        if (++skipped <= MOST_ROWS) {
            PullListener.super.skipped(subject, entry);
        }
    }

    @Override
    public synchronized void noted(String line) {
        lines.add(line);
        notifyAll();
    }

    @Override
    public synchronized void advanced(LayerPlan layer, LayerProgress progress) {
        Digest diffId = layer.diffId();
        note(rows.computeIfAbsent(diffId, first -> new Row(diffId, layer.blob().size(), true)), progress);
    }

    @Override
    public synchronized void advanced(Descriptor blob, long network, long cached) {
        Row row = rows.computeIfAbsent(blob.digest(), digest -> new Row(digest, blob.size(), false));
        note(row, new LayerProgress(network, cached, 0, 0));
    }

    @Override
    public synchronized void advanced(String step, long tar, long blob) {
        Made layer = made.computeIfAbsent(step, first -> new Made());
        layer.tar = tar;
        layer.blob = blob;
    }

    @Override
    public synchronized void made(String step, Descriptor blob) {
        Made layer = made.computeIfAbsent(step, first -> new Made());
        if (layer.done != null) {
            return;
        }
        layer.blob = blob.size();
        layer.done = "layer " + shortened(blob.digest()) + ": " + layer.told(step);
        if (style == Style.LINES) {
            noted(layer.done);
        }
    }

    /** The time before its turn came does not count. */
    private static void note(Row row, LayerProgress progress) {
        if (row.read() == 0) {
            row.started = System.nanoTime();
        }
        row.progress = progress;
    }

    @Override
    public synchronized void committed(LayerPlan layer) {
        committed(layer.diffId());
    }

    @Override
    public synchronized void committed(Descriptor blob) {
        committed(blob.digest());
    }

    private void committed(Digest digest) {
        Row row = rows.get(digest);
        if (row == null || row.done) {
            return;
        }
        row.done = true;
        row.ended = System.nanoTime();
        if (style == Style.LINES) {
            noted(told(row));
        }
    }

    private String told(Row row) {
        String cached = row.progress.cached() == 0 ? "" : ", " + Sizes.bytes(row.progress.cached()) + " there already";
        return String.format(
                Locale.ROOT,
                "%s %s: %s %s%s%s in %s",
                row.assembles ? "layer" : "blob",
                shortened(row.digest),
                Sizes.bytes(row.progress.network()),
                pushes && !row.assembles ? "sent" : "read",
                cached,
                row.assembles ? ", " + Sizes.bytes(row.progress.assembled()) + " assembled" : "",
                Sizes.duration((long) (row.seconds() * 1e9)));
    }

    /** Leaves the last drawing, and the cursor below it. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            if (skipped > MOST_ROWS) {
                lines.add("skipped " + (skipped - MOST_ROWS) + " more, which are no images");
            }
            notifyAll();
        }
        try {
            drawer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What a terminal or a pipe takes its time for keeps nobody but this thread. */
    private void draw() {
        boolean last = false;
        while (!last) {
            String text;
            synchronized (this) {
                if (!closed && (style == Style.LIVE || lines.isEmpty())) {
                    try {
                        wait(REDRAW_MILLIS);
                    } catch (InterruptedException e) {
                        return;
                    }
                }
                last = closed;
                // What is said for good comes below what is drawn over again.
                text = (style == Style.LIVE ? drawing() : "") + (style == Style.LINES || last ? drained() : "");
            }
            err.print(text);
            err.flush();
        }
    }

    private String drained() {
        StringBuilder all = new StringBuilder();
        lines.forEach(line -> all.append(line).append(System.lineSeparator()));
        lines.clear();
        return all.toString();
    }

    private String drawing() {
        if (rows.isEmpty() && made.isEmpty()) {
            return "";
        }
        StringBuilder out = new StringBuilder();
        if (drawn > 0) {
            // Fewer rows may come than were there.
            out.append("\033[").append(drawn).append("A\r\033[J");
        }
        List<Row> shown = shown();
        for (Row row : shown) {
            out.append("\r\033[K").append(line(row)).append('\n');
        }
        int built = 0;
        for (Map.Entry<String, Made> each : made.entrySet()) {
            if (++built > MOST_ROWS) {
                break;
            }
            String line = each.getValue().done == null ? each.getValue().told(each.getKey()) : each.getValue().done;
            out.append("\r\033[K")
                    .append(line, 0, Math.min(line.length(), COLUMNS))
                    .append('\n');
        }
        drawn = shown.size() + Math.min(made.size(), MOST_ROWS);
        return out.toString();
    }

    /** All layers while they fit on a screen; else only the ones that are on their way. */
    private List<Row> shown() {
        return rows.size() <= MOST_ROWS
                ? List.copyOf(rows.values())
                : rows.values().stream()
                        .filter(row -> !row.done)
                        .limit(MOST_ROWS)
                        .toList();
    }

    /** At most 79 columns, so that no terminal wraps it, and the cursor finds its way back up. */
    private String line(Row row) {
        long size = Math.max(1, row.size);
        double part = row.done ? 1 : Math.min(1, (double) row.read() / size);
        double rate = row.progress.network() / row.seconds();
        int filled = (int) (part * BAR);
        return String.format(
                Locale.ROOT,
                "%s [%s%s]%4.0f%% of %9s > %9s %9s/s %s",
                shortened(row.digest),
                "=".repeat(filled),
                " ".repeat(BAR - filled),
                100 * part,
                Sizes.bytes(row.size),
                row.assembles ? Sizes.bytes(row.progress.assembled()) : pushes ? "sent" : "kept",
                Sizes.bytes((long) rate),
                row.done ? "done" : left(size - row.read(), rate));
    }

    private static String left(long bytes, double rate) {
        return rate < 1 ? "" : String.format(Locale.ROOT, "%.0fs", Math.ceil(bytes / rate));
    }

    static String shortened(Digest digest) {
        return digest.hex().substring(0, 12);
    }
}
