package io.varve.loadtest;

import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Whether something grew: its median over the first third of the samples beside that over the last third.
 *
 * @param grew by a tenth, and by more than what it may change by itself
 */
record Growth(String what, long first, long last, boolean grew) {
    /** @param slack how much more is no growth, however little there was */
    static Growth of(String what, List<Sample> samples, ToLongFunction<Sample> value, long slack) {
        int third = Math.max(1, samples.size() / 3);
        long first = median(samples.subList(0, Math.min(third, samples.size())), value);
        long last = median(samples.subList(Math.max(0, samples.size() - third), samples.size()), value);
        return new Growth(what, first, last, last - first > slack && last > first + first / 10);
    }

    private static long median(List<Sample> samples, ToLongFunction<Sample> value) {
        long[] sorted = samples.stream().mapToLong(value).sorted().toArray();
        return sorted.length == 0 ? 0 : sorted[sorted.length / 2];
    }
}
