package io.varve.catalogue;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One connection for reading, in one of two ways.
 *
 * <p><i>Live</i>: there is a {@code -wal} file, so somebody writes, or died writing. SQLite's own way, which needs the
 * {@code -shm} file too.
 *
 * <p><i>Still</i>: there is none, so everything is in the file and nobody writes. SQLite could not even open it then where it
 * may not make those two files: on a read-only disk, in somebody else's directory. So it is told that the file cannot
 * change, and whether it did is looked after here: a writer makes its {@code -wal} before anything else, and whatever reaches
 * the file changes its times.
 *
 * <p>Never opens the file by other means than SQLite: closing it would end the locks that SQLite holds in this process.
 */
final class Reader implements AutoCloseable {
    private static final int ATTEMPTS = 100;

    /** How far apart two changes of a file may be and have the same time: more than one tick of any kernel. */
    private static final long TICK_MILLIS = 20;

    /** What shows that the file is another one, or has been written to; {@code wal} is −1 when there is none. */
    private record Stamp(@Nullable Object key, long size, Instant modified, long wal) {}

    private final Path file;
    private final Stamp stamp;
    private final boolean live;
    private final Session session;

    private Reader(Path file, Stamp stamp, boolean live, Session session) {
        this.file = file;
        this.stamp = stamp;
        this.live = live;
        this.session = session;
    }

    /** @throws Failure NotFound without a file, Invalid for a damaged one, Unavailable for that of a newer Varve */
    static Reader open(Path file) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Stamp stamp = stamp(file);
            Reader reader = stamp.wal() < 0 ? still(file, stamp) : live(file, stamp);
            if (reader != null) {
                return reader;
            }
        }
        throw restless(file);
    }

    private static @Nullable Reader live(Path file, Stamp stamp) {
        Session session;
        try {
            session = Connections.reading(file);
        } catch (Failure e) {
            if (!stamp.equals(stamp(file))) {
                return null;
            }
            // What a reader left behind that came too late for the writer: there is nothing in it.
            if (e.category() == Category.UNAVAILABLE && stamp.wal() == 0) {
                return still(file, stamp);
            }
            if (e.category() == Category.UNAVAILABLE) {
                throw Failure.of(
                                Category.UNAVAILABLE,
                                "what was written last is in " + wal(file) + ", which cannot be used here: "
                                        + e.wrong(),
                                e)
                        .during(Refusals.name(file));
            }
            throw e;
        }
        return checked(new Reader(file, stamp, true, session));
    }

    /** Null when it did not stay still. */
    private static @Nullable Reader still(Path file, Stamp stamp) {
        waitForNextTick(stamp.modified());
        Session session;
        try {
            session = Connections.readingStill(file);
        } catch (Failure e) {
            if (!stamp.equals(stamp(file))) {
                return null;
            }
            throw e;
        }
        Reader reader = new Reader(file, stamp, false, session);
        if (!reader.current()) {
            reader.close();
            return null;
        }
        return checked(reader);
    }

    private static Reader checked(Reader reader) {
        try {
            Schema.refuseNewer(Schema.version(reader.session));
            return reader;
        } catch (Failure e) {
            reader.close();
            throw e.during(Refusals.name(reader.file));
        }
    }

    static Failure restless(Path file) {
        return Failure.of(Category.UNAVAILABLE, "it never stayed the same for long enough to be read")
                .during(Refusals.name(file));
    }

    /** Whether what is read now is what was committed last. */
    boolean current() {
        Stamp now = stamp(file);
        return live ? Objects.equals(stamp.key(), now.key()) : stamp.equals(now);
    }

    <T> T snapshot(Function<Session, T> reading) {
        return session.snapshot(reading);
    }

    private static Stamp stamp(Path file) {
        try {
            BasicFileAttributes is = Files.readAttributes(file, BasicFileAttributes.class);
            if (!is.isRegularFile()) {
                throw Failure.invalid("got something else, wanted a file").during(Refusals.name(file));
            }
            return new Stamp(is.fileKey(), is.size(), is.lastModifiedTime().toInstant(), walSize(file));
        } catch (NoSuchFileException e) {
            throw Failure.of(Category.NOT_FOUND, "no such file", e).during(Refusals.name(file));
        } catch (IOException e) {
            throw Failure.from(e).during(Refusals.name(file));
        }
    }

    private static Path wal(Path file) {
        return file.resolveSibling(file.getFileName() + "-wal");
    }

    private static long walSize(Path file) throws IOException {
        Path wal = wal(file);
        try {
            return Files.exists(wal) ? Files.size(wal) : -1;
        } catch (NoSuchFileException e) {
            return -1;
        }
    }

    /** Another change at the time of the last one would not be seen. */
    private static void waitForNextTick(Instant modified) {
        long wait = TICK_MILLIS;
        while (wait > 0 && wait <= TICK_MILLIS) {
            wait = TICK_MILLIS - (System.currentTimeMillis() - modified.toEpochMilli());
            if (wait > 0 && wait <= TICK_MILLIS) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(wait));
            }
        }
    }

    @Override
    public void close() {
        session.close();
    }
}
