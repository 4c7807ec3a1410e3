package io.varve.job;

/** What became of an order. */
public sealed interface Admission {
    /** @param repeated whether it is the job of an earlier order with the same key */
    record Accepted(Job job, boolean repeated) implements Admission {}

    /**
     * There is as much to do as is taken on.
     *
     * @param queued how many jobs wait
     * @param retrySeconds in which time there is likely to be room
     */
    record Full(int queued, int retrySeconds) implements Admission {}

    /** The caller had the key for something else. */
    record KeyTaken(Job job) implements Admission {}

    /** The service is about to end. */
    enum Ending implements Admission {
        ENDING
    }
}
