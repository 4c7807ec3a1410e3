package io.varve.catalogue;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The jobs that somebody was told of. */
final class JobRecords {
    private static final String COLUMNS = "id, caller, kind, state, created, finished, key, request, told";
    private static final String SELECT = "SELECT " + COLUMNS + " FROM record ";

    private JobRecords() {}

    static Optional<JobRecord> find(Session session, String id) {
        return session.first(SELECT + "WHERE id = ?", JobRecords::row, id);
    }

    static Optional<JobRecord> find(Session session, String caller, String key, Instant since) {
        return session.first(
                SELECT + "WHERE caller = ? AND key = ? AND created >= ? ORDER BY id DESC LIMIT 1",
                JobRecords::row,
                caller,
                key,
                Rows.millis(since));
    }

    static List<JobRecord> latest(
            Session session, @Nullable String caller, @Nullable String state, @Nullable String before, int limit) {
        return session.list(
                SELECT + "WHERE (?1 IS NULL OR caller = ?1) AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR id < ?3)"
                        + " ORDER BY id DESC LIMIT ?4",
                JobRecords::row,
                caller,
                state,
                before,
                limit);
    }

    static void put(Session session, JobRecord record) {
        Instant finished = record.finished();
        session.change(
                "INSERT INTO record (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                        + " ON CONFLICT DO UPDATE SET state = excluded.state, finished = excluded.finished, told = excluded.told"
                        // Whoever was late with the beginning does not undo the end.
                        + " WHERE finished IS NULL",
                record.id(),
                record.caller(),
                record.kind(),
                record.state(),
                Rows.millis(record.created()),
                finished == null ? null : Rows.millis(finished),
                record.key(),
                record.request(),
                record.told());
    }

    static List<JobRecord> unfinished(Session session) {
        return session.list(SELECT + "WHERE finished IS NULL ORDER BY id", JobRecords::row);
    }

    static int forget(Session session, Instant before, Instant keyedBefore) {
        return session.change(
                // What is finished was created before, by which it is found without looking at all that there are.
                "DELETE FROM record WHERE created < ?1 AND finished < ?1 AND (key IS NULL OR created < ?2)",
                Rows.millis(before),
                Rows.millis(keyedBefore));
    }

    private static JobRecord row(ResultSet row) throws SQLException {
        long finished = row.getLong("finished");
        Instant end = row.wasNull() ? null : Instant.ofEpochMilli(finished);
        return new JobRecord(
                row.getString("id"),
                row.getString("caller"),
                row.getString("kind"),
                row.getString("state"),
                Instant.ofEpochMilli(row.getLong("created")),
                end,
                row.getString("key"),
                row.getString("request"),
                row.getString("told"));
    }
}
