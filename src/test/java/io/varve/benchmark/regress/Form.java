package io.varve.benchmark.regress;

import java.util.OptionalDouble;

/**
 * How much is measured, and how strictly it is judged.
 *
 * @param tenths of the large image's full size
 * @param small images that are pulled at once
 * @param questions about those images, of each thread
 * @param accesses of the trace for the cache
 */
record Form(String name, int rounds, int tenths, int small, int questions, int accesses) {
    static final Form LONG = new Form("long", 5, 10, 12, 800, 100_000);
    static final Form SHORT = new Form("short", 1, 3, 6, 300, 30_000);

    /** One round says little, so that only a collapse counts. */
    Verdict verdict(Measure measure, double advantage, OptionalDouble recorded) {
        return rounds == 1
                ? Verdict.lenient(measure, advantage, recorded)
                : Verdict.strict(measure, advantage, recorded);
    }
}
