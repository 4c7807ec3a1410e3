package io.varve.verify;

import java.util.function.Consumer;

/** Counts findings on their way to whoever listens. Safe for any thread. */
final class Tally implements Consumer<Finding> {
    private final Consumer<Finding> listener;
    private long found;
    private long wrong;

    Tally(Consumer<Finding> listener) {
        this.listener = listener;
    }

    @Override
    public synchronized void accept(Finding finding) {
        found++;
        wrong += finding.isWrong() ? 1 : 0;
        listener.accept(finding);
    }

    synchronized Verified verified(long things, long bytes, long skipped) {
        return new Verified(things, bytes, found, wrong, skipped);
    }
}
