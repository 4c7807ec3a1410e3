package io.varve.failure;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Something a caller can act on went wrong: a category, what was being done, and what was wrong.
 *
 * <p>The message is one line, {@code <category>: <what was being done>: <what was wrong, got and wanted>}. The one who
 * notices says what was wrong ({@code Failure.invalid("header checksum: got 12, wanted 13")}); callers on the way up say
 * where ({@link #during}), outermost first, so that the line reads from the whole to the part.
 *
 * <p>A failure is a value: immutable, safe to hand between threads and over the local bus.
 */
public final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Category category;
    private final String doing;
    private final String wrong;

    private Failure(Category category, String doing, String wrong, @Nullable Throwable cause) {
        super(null, cause);
        this.category = category;
        this.doing = doing;
        this.wrong = wrong;
    }

    public static Failure of(Category category, String wrong) {
        return new Failure(category, "", wrong, null);
    }

    public static Failure of(Category category, String wrong, Throwable cause) {
        return new Failure(category, "", wrong, cause);
    }

    public static Failure notFound(String wrong) {
        return of(Category.NOT_FOUND, wrong);
    }

    public static Failure invalid(String wrong) {
        return of(Category.INVALID, wrong);
    }

    public static Failure mismatch(String what, Object got, Object wanted) {
        return of(Category.MISMATCH, what + ": got " + got + ", wanted " + wanted);
    }

    /** A limit was passed; {@code setting} is its key in the configuration, so that the reader knows what to raise. */
    public static Failure exceeded(String what, long got, long limit, String setting) {
        return of(Category.EXCEEDED, what + ": got " + got + ", at most " + limit + " (" + setting + ")");
    }

    /** The same failure with what was being done put in front of what is known already, unless that begins with it. */
    public Failure during(String outer) {
        if (doing.equals(outer) || doing.startsWith(outer + ": ")) {
            return this;
        }
        Failure failure = new Failure(category, doing.isEmpty() ? outer : outer + ": " + doing, wrong, getCause());
        failure.setStackTrace(getStackTrace());
        for (Throwable suppressed : getSuppressed()) {
            failure.addSuppressed(suppressed);
        }
        return failure;
    }

    /**
     * This throwable as a failure: itself if it is one; {@code Cancelled} when an interrupt of the thread is behind it;
     * {@code Unavailable} when a disk, pipe or socket refused; else {@code Internal}.
     */
    public static Failure from(Throwable thrown) {
        return switch (thrown) {
            case Failure failure -> failure;
            case InterruptedException _, ClosedByInterruptException _ -> of(Category.CANCELLED, "interrupted", thrown);
            case IOException refused
            when Thread.currentThread().isInterrupted() -> of(Category.CANCELLED, "interrupted", refused);
            case IOException refused -> of(Category.UNAVAILABLE, told(refused), refused);
            case OutOfMemoryError full ->
                of(
                        Category.EXCEEDED,
                        "memory of the JVM: " + full.getMessage() + " (-Xmx in VARVE_JAVA_OPTIONS)",
                        full);
            default -> of(Category.INTERNAL, Objects.toString(thrown.getMessage(), name(thrown)), thrown);
        };
    }

    /** The message of most refusals is just a path, so it gets its kind in front. */
    private static String told(IOException refused) {
        String message = Objects.toString(refused.getMessage(), "");
        return refused.getClass() == IOException.class
                ? message
                : (name(refused).replaceFirst("Exception$", "") + " " + message).strip();
    }

    private static String name(Throwable thrown) {
        return thrown.getClass().getSimpleName();
    }

    public Category category() {
        return category;
    }

    /** What was being done, outermost first; empty if nobody said. */
    public String doing() {
        return doing;
    }

    /** What was wrong, with what was got and what was wanted. */
    public String wrong() {
        return wrong;
    }

    @Override
    public String getMessage() {
        return oneLine(doing.isEmpty() ? category + ": " + wrong : category + ": " + doing + ": " + wrong);
    }

    /** Names out of a layer end up in messages: control characters must not reach a terminal or forge a second line. */
    private static String oneLine(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                safe.append(String.format("\\u%04x", c));
            } else {
                safe.appendCodePoint(c);
            }
        });
        return safe.toString();
    }
}
