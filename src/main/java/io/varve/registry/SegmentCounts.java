package io.varve.registry;

import java.util.concurrent.atomic.LongAdder;

/** What became of the segments that were asked for before their turn, since the process began. Any thread. */
public final class SegmentCounts {
    private final LongAdder fetched = new LongAdder();
    private final LongAdder abandoned = new LongAdder();
    private final LongAdder failed = new LongAdder();

    void fetchedOne() {
        fetched.increment();
    }

    void abandonedOne() {
        abandoned.increment();
    }

    void failedOne() {
        failed.increment();
    }

    /** That came whole. */
    public long fetched() {
        return fetched.sum();
    }

    /** Requests that gave too little beside others, and whose rest was asked for anew. */
    public long abandoned() {
        return abandoned.sum();
    }

    /** That were refused or cut, or were not what was asked for. */
    public long failed() {
        return failed.sum();
    }
}
