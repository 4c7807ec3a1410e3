package io.varve.verify;

/** Hears how a verification goes on. Called by several workers, one at a time for each method, and has to return at once. */
public interface VerifyListener {
    /** Hears nothing. */
    VerifyListener NONE = new VerifyListener() {};

    /** How many bytes there are to read; what comes or goes meanwhile makes it more or fewer. */
    default void planned(long bytes) {}

    /** So many bytes more were read. */
    default void advanced(long bytes) {}

    /** Something is certain to be wrong; when it is repaired, how that ended is known already. */
    default void found(Finding finding) {}
}
