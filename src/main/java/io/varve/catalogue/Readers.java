package io.varve.catalogue;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The connections that a catalogue is read with: one for each that reads at the moment, a few kept for the next. */
final class Readers implements AutoCloseable {
    /** A read takes a moment; more of them at once than this wait for each other. */
    private static final int MOST = 8;

    private static final int ATTEMPTS = 100;

    private final Path file;
    private final Semaphore turns = new Semaphore(MOST);

    // Both guarded by this: those that nobody reads with, and whether there will be none any more.
    private final Deque<Reader> idle = new ArrayDeque<>();
    private boolean closed;

    /** @throws Failure as {@link Reader#open} */
    Readers(Path file) {
        this.file = file;
        idle.push(Reader.open(file));
    }

    /** @param reading may run more than once, when somebody began to write meanwhile */
    <T> T read(Function<Session, T> reading) {
        turns.acquireUninterruptibly();
        try {
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                Reader reader = take();
                boolean sound = false;
                try {
                    if (reader.current()) {
                        T result = reader.snapshot(reading);
                        sound = reader.current();
                        if (sound) {
                            return result;
                        }
                    }
                } catch (Failure e) {
                    // What changed while it was read may have looked like damage.
                    if (reader.current()) {
                        throw e;
                    }
                } finally {
                    give(reader, sound);
                }
            }
            throw Reader.restless(file);
        } finally {
            turns.release();
        }
    }

    private Reader take() {
        Reader kept = kept();
        return kept == null ? Reader.open(file) : kept;
    }

    private synchronized @Nullable Reader kept() {
        if (closed) {
            throw Failure.of(Category.UNAVAILABLE, "it is closed").during(Refusals.name(file));
        }
        return idle.poll();
    }

    private void give(Reader reader, boolean sound) {
        synchronized (this) {
            if (sound && !closed) {
                idle.push(reader);
                return;
            }
        }
        reader.close();
    }

    /** Those that are reading end what they read. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        turns.acquireUninterruptibly(MOST);
        try {
            idle.forEach(Reader::close);
            idle.clear();
        } finally {
            turns.release(MOST);
        }
    }
}
