package io.varve.benchmark.regress;

import java.util.OptionalDouble;

/**
 * How much is measured, and how strictly it is judged.
 *
 * @param strict whether little has to be lost for it to fail; one round says little, so that only a collapse counts
 * @param tenths of the large image's full size
 * @param small images that are pulled at once
 * @param questions about those images, of each thread
 * @param accesses of the trace for the cache
 */
record Form(String name, boolean strict, int rounds, int tenths, int small, int questions, int accesses) {
    static final Form LONG = new Form("long", true, 3, 20, 10, 1000, 30_000);
    static final Form SHORT = new Form("short", false, 1, 5, 6, 500, 30_000);

    /** @param advantages one for each round */
    Verdict verdict(Measure measure, double[] advantages, OptionalDouble recorded) {
        return strict
                ? Verdict.strict(measure, Report.median(advantages), recorded)
                : Verdict.lenient(measure, advantages, recorded);
    }
}
