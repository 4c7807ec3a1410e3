package io.varve.job;

import io.varve.failure.Category;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Hears how jobs end. Called on any thread; returns at once. */
@FunctionalInterface
public interface JobListener {
    /** Hears nothing. */
    JobListener NONE = (kind, failed, waited, took) -> {};

    /**
     * @param failed what kind of failure it was; null when it is done
     * @param waited from its order to its turn
     * @param took from its turn to its end
     */
    void ended(String kind, @Nullable Category failed, Duration waited, Duration took);
}
