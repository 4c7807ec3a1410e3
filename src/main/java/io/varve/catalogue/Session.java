package io.varve.catalogue;

import io.varve.failure.Failure;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A connection to the database with its statements, each prepared once. For one thread at a time. Whatever SQLite says is a
 * {@link Failure} here, and so is a row that makes no sense.
 */
final class Session implements AutoCloseable {
    /** Makes something of the row that the cursor is on; columns count from 1. */
    interface Row<T> {
        T of(ResultSet row) throws SQLException;
    }

    private final Path file;
    private final Connection connection;
    private final Map<String, PreparedStatement> prepared = new HashMap<>();

    /** The first thing that SQLite refused in the transaction that runs: what comes after it may not be in the transaction any more. */
    private @Nullable Failure refused;

    /** @param owned closed with this */
    Session(Path file, Connection owned) {
        this.file = file;
        connection = owned;
    }

    /** Statements without values or results. */
    void execute(String sql) {
        checkSound();
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        } catch (SQLException e) {
            throw refuse(Refusals.of(file, e));
        }
    }

    /** How many rows changed. */
    int change(String sql, @Nullable Object... values) {
        checkSound();
        try {
            return bound(sql, values).executeUpdate();
        } catch (SQLException e) {
            drop(sql);
            throw refuse(Refusals.of(file, e));
        }
    }

    <T> List<T> list(String sql, Row<T> row, @Nullable Object... values) {
        checkSound();
        List<T> found = new ArrayList<>();
        try (ResultSet results = bound(sql, values).executeQuery()) {
            while (results.next()) {
                found.add(row.of(results));
            }
        } catch (SQLException e) {
            drop(sql);
            throw refuse(Refusals.of(file, e));
        } catch (RuntimeException e) {
            throw refuse(Refusals.senseless(file, e));
        }
        return found;
    }

    <T> Optional<T> first(String sql, Row<T> row, @Nullable Object... values) {
        List<T> found = list(sql, row, values);
        return found.isEmpty() ? Optional.empty() : Optional.of(found.getFirst());
    }

    /** The number that the only row has in its first column. */
    long number(String sql, @Nullable Object... values) {
        return first(sql, row -> row.getLong(1), values).orElseThrow(() -> senseless(sql + ": no row"));
    }

    /** The text that the only row has in its first column. */
    String text(String sql) {
        return first(sql, row -> row.getString(1)).orElseThrow(() -> senseless(sql + ": no row"));
    }

    /** All that is read in there is of one moment. */
    <T> T snapshot(Function<Session, T> reading) {
        execute("BEGIN");
        try {
            return reading.apply(this);
        } finally {
            rollback();
        }
    }

    /** Ends the transaction, if one runs, and forgets what was refused in it. */
    void rollback() {
        refused = null;
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate("ROLLBACK");
        } catch (SQLException e) {
            // SQLite ended it already, as it does when the disk is full.
        }
    }

    /** Undoes what was done since the savepoint, and forgets what was refused. */
    void undo(String savepoint) {
        Failure first = refused;
        refused = null;
        try {
            execute("ROLLBACK TO " + savepoint);
            execute("RELEASE " + savepoint);
        } catch (Failure e) {
            // The savepoint went with the transaction, when SQLite ended that; what made it do so says more.
            throw first == null ? e : first;
        }
    }

    /** Nothing was refused, or it was undone. */
    void checkSound() {
        if (refused != null) {
            throw refused;
        }
    }

    /** What was read makes no sense. */
    Failure senseless(String what) {
        return Failure.invalid(what).during(Refusals.name(file));
    }

    private Failure refuse(Failure failure) {
        refused = failure;
        return failure;
    }

    /** The driver cannot use a statement again that failed half-way. */
    private void drop(String sql) {
        PreparedStatement failed = prepared.remove(sql);
        try {
            if (failed != null) {
                failed.close();
            }
        } catch (SQLException e) {
            // It says again why it failed.
        }
    }

    private PreparedStatement bound(String sql, @Nullable Object[] values) throws SQLException {
        PreparedStatement statement = prepared.get(sql);
        if (statement == null) {
            statement = connection.prepareStatement(sql);
            prepared.put(sql, statement);
        }
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
        return statement;
    }

    @Override
    public void close() {
        try {
            for (PreparedStatement each : prepared.values()) {
                each.close();
            }
            connection.close();
        } catch (SQLException e) {
            throw Refusals.of(file, e);
        }
    }
}
