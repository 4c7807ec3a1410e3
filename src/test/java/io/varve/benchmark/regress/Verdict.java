package io.varve.benchmark.regress;

import java.util.Arrays;
import java.util.OptionalDouble;

/** What an advantage means beside the one that was recorded. */
enum Verdict {
    KEPT,
    /** It is not what it was, and no reason to fail. */
    SHRUNK,
    FAILED;

    /** More than a fifth of the advantage is gone. */
    private static final double KEPT_PART = 0.8;

    /** Half of it is gone. */
    private static final double COLLAPSED_PART = 0.5;

    /** For measurements that are repeated until noise has little to say. */
    static Verdict strict(Measure measure, double advantage, OptionalDouble recorded) {
        return advantage < measure.least() || below(advantage, recorded, KEPT_PART) ? FAILED : KEPT;
    }

    /**
     * For those that are not: fails when the advantage has collapsed in every round, which is when it is less than half of what was
     * recorded, in one lucky round maybe, and less than half of what is wanted at the least. Where nothing was recorded nothing fails.
     */
    static Verdict lenient(Measure measure, double[] advantages, OptionalDouble recorded) {
        double best = Arrays.stream(advantages).max().orElseThrow();
        if (best < COLLAPSED_PART * measure.least() && below(best, recorded, COLLAPSED_PART)) {
            return FAILED;
        }
        return strict(measure, Report.median(advantages), recorded) == KEPT ? KEPT : SHRUNK;
    }

    private static boolean below(double advantage, OptionalDouble recorded, double part) {
        return recorded.isPresent() && advantage < part * recorded.getAsDouble();
    }
}
