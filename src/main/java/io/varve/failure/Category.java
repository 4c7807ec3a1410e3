package io.varve.failure;

/** What kind of failure it is: decides the exit code, the HTTP status, the bus code and the metric tag. */
public enum Category {
    /** What was asked for does not exist. */
    NOT_FOUND("NotFound", 1),
    /** The input is malformed or breaks a rule of its format; the same input will fail again. */
    INVALID("Invalid", 2),
    /** Bytes are not those that a digest, a size or another document promised. */
    MISMATCH("Mismatch", 3),
    /** A limit, which is a setting, was passed. */
    EXCEEDED("Exceeded", 4),
    /** The caller may not do this, or the credentials were refused. */
    UNAUTHORIZED("Unauthorized", 5),
    /** What is needed is not there now or not on this machine: a peer, a kernel feature, space. */
    UNAVAILABLE("Unavailable", 6),
    /** The state of things forbids it: a directory that is not empty, a mount that is busy. */
    CONFLICT("Conflict", 7),
    /** Somebody asked for it to stop. */
    CANCELLED("Cancelled", 8),
    /** Varve is wrong. */
    INTERNAL("Internal", 9);

    private final String word;
    private final int code;

    Category(String word, int code) {
        this.word = word;
        this.code = code;
    }

    /** The number that failures of the event bus have: callers may rely on it, so it does not follow the order here. */
    public int code() {
        return code;
    }

    /** The one with that number; Internal for any other. */
    public static Category of(int code) {
        for (Category each : values()) {
            if (each.code == code) {
                return each;
            }
        }
        return INTERNAL;
    }

    /** The one with that name; Internal for any other. */
    public static Category of(String word) {
        for (Category each : values()) {
            if (each.word.equals(word)) {
                return each;
            }
        }
        return INTERNAL;
    }

    /** The name used in messages, problem documents and metric tags. */
    @Override
    public String toString() {
        return word;
    }
}
