package io.varve.failure;

/** What kind of failure it is: decides the exit code, the HTTP status, the bus code and the metric tag. */
public enum Category {
    /** What was asked for does not exist. */
    NOT_FOUND("NotFound"),
    /** The input is malformed or breaks a rule of its format; the same input will fail again. */
    INVALID("Invalid"),
    /** Bytes are not those that a digest, a size or another document promised. */
    MISMATCH("Mismatch"),
    /** A limit, which is a setting, was passed. */
    EXCEEDED("Exceeded"),
    /** The caller may not do this, or the credentials were refused. */
    UNAUTHORIZED("Unauthorized"),
    /** What is needed is not there now or not on this machine: a peer, a kernel feature, space. */
    UNAVAILABLE("Unavailable"),
    /** The state of things forbids it: a directory that is not empty, a mount that is busy. */
    CONFLICT("Conflict"),
    /** Somebody asked for it to stop. */
    CANCELLED("Cancelled"),
    /** Varve is wrong. */
    INTERNAL("Internal");

    private final String word;

    Category(String word) {
        this.word = word;
    }

    /** The name used in messages, problem documents and metric tags. */
    @Override
    public String toString() {
        return word;
    }
}
