package io.varve.catalogue;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Objects;

/** What SQLite says, in our words. */
final class Refusals {
    // Primary result codes, https://sqlite.org/rescode.html.
    private static final int ERROR = 1;
    private static final int NO_MEMORY = 7;
    private static final int READ_ONLY = 8;
    private static final int INTERRUPT = 9;
    private static final int CORRUPT = 11;
    private static final int FULL = 13;
    private static final int SCHEMA = 17;
    private static final int TOO_BIG = 18;
    private static final int CONSTRAINT = 19;
    private static final int MISMATCH = 20;
    private static final int MISUSE = 21;
    private static final int FORMAT = 24;
    private static final int NOT_A_DATABASE = 26;

    private Refusals() {}

    static String name(Path file) {
        return "catalogue " + file;
    }

    /** Our statements are right, so an error in them, or a row that breaks a rule, is one of the file. */
    static Failure of(Path file, SQLException e) {
        String message = Objects.requireNonNullElse(e.getMessage(), "SQLite error " + e.getErrorCode());
        Category category = category(file, e.getErrorCode());
        String said = (e.getErrorCode() & 0xff) == FULL ? "no space left on its disk: " + message : message;
        return Failure.of(category, said, e).during(name(file));
    }

    private static Category category(Path file, int code) {
        return switch (code & 0xff) {
            case ERROR, CORRUPT, SCHEMA, TOO_BIG, CONSTRAINT, MISMATCH, FORMAT, NOT_A_DATABASE -> Category.INVALID;
            // When permissions allow it, it is the file's header that does not.
            case READ_ONLY -> code == READ_ONLY && Files.isWritable(file) ? Category.INVALID : Category.UNAVAILABLE;
            case NO_MEMORY -> Category.EXCEEDED;
            case INTERRUPT -> Category.CANCELLED;
            case 0, MISUSE -> Category.INTERNAL;
            default -> Category.UNAVAILABLE;
        };
    }

    /** A row was read, and is none that Varve writes. */
    static Failure senseless(Path file, RuntimeException e) {
        return e instanceof Failure failure
                ? failure.during(name(file))
                : Failure.of(Category.INVALID, "row: " + e.getMessage(), e).during(name(file));
    }
}
