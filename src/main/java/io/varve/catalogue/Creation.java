package io.varve.catalogue;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.os.Durability;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;

/** Opens the database for its writer, and makes it if there is none. */
final class Creation {
    /** What a -wal is cut to when it was large once. */
    private static final long WAL_BYTES = 16L << 20;

    private Creation() {}

    static Session open(Path file, Durability durability) {
        if (Files.notExists(file)) {
            try {
                create(file);
            } catch (IOException e) {
                throw Failure.from(e).during(Refusals.name(file));
            }
        } else {
            // A reader looks without writing, so that what is refused stays as it is.
            Reader.open(file).close();
        }
        Session session = Connections.writing(file);
        try {
            if (!session.text("PRAGMA journal_mode = WAL").equals("wal")) {
                throw Failure.of(Category.UNAVAILABLE, "no write-ahead log here")
                        .during(Refusals.name(file));
            }
            session.execute("PRAGMA synchronous = " + synchronous(durability));
            session.number("PRAGMA journal_size_limit = " + WAL_BYTES);
            Schema.migrate(session);
            return session;
        } catch (Failure e) {
            session.close();
            throw e;
        }
    }

    /** With NORMAL the log is synced when it is taken in, so that a power loss costs its end and nothing else. */
    private static String synchronous(Durability durability) {
        return switch (durability) {
            case FULL -> "FULL";
            case RELAXED -> "NORMAL";
        };
    }

    /** Under another name first: nobody ever sees a catalogue without tables. */
    private static void create(Path file) throws IOException {
        Path directory = Objects.requireNonNull(file.toAbsolutePath().getParent());
        Path made = file.resolveSibling(file.getFileName() + ".new");
        clear(made);
        try (Session session = Connections.writing(made)) {
            session.execute("PRAGMA synchronous = FULL");
            Schema.migrate(session);
            session.text("PRAGMA journal_mode = WAL");
        }
        // A log of a file that is gone would be played into the new one.
        clear(file);
        Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel names = FileChannel.open(directory)) {
            names.force(true);
        }
    }

    private static void clear(Path file) throws IOException {
        for (String end : new String[] {"", "-wal", "-shm", "-journal"}) {
            Files.deleteIfExists(file.resolveSibling(file.getFileName() + end));
        }
    }
}
