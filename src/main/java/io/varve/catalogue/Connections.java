package io.varve.catalogue;

import io.varve.failure.Failure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import org.sqlite.SQLiteConfig;

/** Opens the database in the three ways there are. */
final class Connections {
    /** How long to wait for a lock that another process holds: only a stranger's can take longer than a moment. */
    private static final int PATIENCE_MILLIS = 10_000;

    private Connections() {}

    /** To read and write; makes the file if there is none. */
    static Session writing(Path file) {
        return open(file, "", new SQLiteConfig());
    }

    /** To read while somebody may write. Uses the -wal and -shm files beside it, and makes them where they are missing. */
    static Session reading(Path file) {
        SQLiteConfig config = new SQLiteConfig();
        config.setReadOnly(true);
        return open(file, "", config);
    }

    /** To read while nobody writes, which SQLite takes on trust. Needs and makes no other file. */
    static Session readingStill(Path file) {
        SQLiteConfig config = new SQLiteConfig();
        config.setReadOnly(true);
        return open(file, "?immutable=1", config);
    }

    /** @throws Failure as SQLite says: a file that is none of its own is noticed here at the latest */
    private static Session open(Path file, String parameters, SQLiteConfig config) {
        SqliteLibrary.load();
        config.setBusyTimeout(PATIENCE_MILLIS);
        Session session;
        try {
            session = new Session(file, config.createConnection("jdbc:sqlite:file:" + encoded(file) + parameters));
        } catch (SQLException e) {
            throw Refusals.of(file, e);
        }
        try {
            session.execute("PRAGMA foreign_keys = ON");
            // The file may be anybody's: nothing in its schema may call what has effects.
            session.execute("PRAGMA trusted_schema = OFF");
            session.execute("PRAGMA cell_size_check = ON");
            session.number("PRAGMA user_version");
            return session;
        } catch (Failure e) {
            session.close();
            throw e;
        }
    }

    /** As the path of a URI, so that no name looks like a parameter. */
    private static String encoded(Path file) {
        StringBuilder text = new StringBuilder();
        for (byte b : file.toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8)) {
            if ((b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || b == '/' || b == '.') {
                text.append((char) b);
            } else {
                text.append(String.format("%%%02X", b & 0xff));
            }
        }
        return text.toString();
    }
}
