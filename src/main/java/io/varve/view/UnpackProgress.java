package io.varve.view;

/** Is told how far an unpack has come; called by its workers, several at once, so it must be quick and thread-safe. */
@FunctionalInterface
public interface UnpackProgress {
    /** Ignores everything. */
    UnpackProgress NONE = (entries, bytes) -> {};

    /** So much more has been written since the last call of this thread. */
    void advanced(long entries, long bytes);
}
