package io.varve.job;

/**
 * How many jobs there may be.
 *
 * @param jobsAtOnce tasks that run at the same time
 * @param queuedJobs tasks that wait for their turn, of all callers together
 * @param openJobs jobs that have not ended, those included that wait for a task of another
 * @param rememberedJobs ended ones that are kept in memory
 */
public record JobLimits(int jobsAtOnce, int queuedJobs, int openJobs, int rememberedJobs) {
    public static final JobLimits DEFAULTS = new JobLimits(64, 256, 10_000, 1000);
}
