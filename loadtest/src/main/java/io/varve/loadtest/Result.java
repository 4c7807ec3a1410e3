package io.varve.loadtest;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of a run: the JSON beside its report is this. Memory is in bytes.
 *
 * @param peakBefore of the service's memory, when it had started and pulled one image
 * @param aliveEarly of its heap, after a third of the time; 0 where that was not looked at
 * @param aliveAtEnd of its heap, after the load
 * @param latenessSeconds of its event loops, at most
 * @param growth of a soak; of others nothing is said
 * @param levels of a saturation
 * @param notes of the simulation itself
 */
record Result(
        String simulation,
        int seconds,
        int users,
        Figures all,
        List<Figures> requests,
        List<String> problems,
        long peakBefore,
        long peakAfter,
        long aliveEarly,
        long aliveAtEnd,
        double cpuSeconds,
        double clientCpuSeconds,
        double latenessSeconds,
        List<Growth> growth,
        @Nullable Levels levels,
        @Nullable JsonNode notes,
        List<Sample> samples) {

    /** What is no growth of the heap that is alive: caches fill. */
    private static final long SLACK = 32 << 20;

    /** Whether the heap that is alive grew by more than a half after a third of the time: something is kept that nobody needs. */
    boolean leaks() {
        return aliveEarly > 0 && aliveAtEnd - aliveEarly > SLACK && aliveAtEnd > aliveEarly + aliveEarly / 2;
    }
}
