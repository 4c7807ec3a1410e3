package io.varve.benchmark.regress;

import java.util.Locale;

/** What is compared, and by how much Varve is to be better at the least. */
enum Measure {
    EXECUTION("execution time", "a cold pull to a usable filesystem, ms", "cold", "pullMillis", true, 0.20),
    MEMORY("memory", "peak resident with several at once, bytes", "many", "peakResidentBytes", true, 0.15),
    HIT_RATE("cache hit rate", "metadata along the trace, share", "", "", false, 0.10),
    FIRST_FILE("latency", "until its first file is read, ms", "cold", "firstFileMillis", true, 0.25),
    METADATA("latency", "questions about images, p95, µs", "many", "metadataP95Micros", true, 0.25),
    THROUGHPUT("throughput", "several cold pulls at once, images/s", "many", "imagesPerSecond", false, 0.30);

    private final String goal;
    private final String what;
    private final String trial;
    private final String field;
    private final boolean lowerIsBetter;
    private final double least;

    Measure(String goal, String what, String trial, String field, boolean lowerIsBetter, double least) {
        this.goal = goal;
        this.what = what;
        this.trial = trial;
        this.field = field;
        this.lowerIsBetter = lowerIsBetter;
        this.least = least;
    }

    String goal() {
        return goal;
    }

    String what() {
        return what;
    }

    /** In which {@link Trial} it is measured; empty when it takes none. */
    String trial() {
        return trial;
    }

    /** What the trial calls it. */
    String field() {
        return field;
    }

    /** The advantage that is wanted whatever was recorded. */
    double least() {
        return least;
    }

    /** How much less Varve takes, or how much more it does, as a part of what the baseline takes or does; below 0 when it is worse. */
    double advantage(double varve, double baseline) {
        return lowerIsBetter ? 1 - varve / baseline : varve / baseline - 1;
    }

    /** An advantage in words: {@code -57 %} of time, {@code +180 %} of images. */
    String shown(double advantage) {
        return String.format(Locale.ROOT, "%+.0f %%", 100 * (lowerIsBetter ? -advantage : advantage));
    }

    /** In files. */
    String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
