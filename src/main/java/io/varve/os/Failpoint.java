package io.varve.os;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A step of a commit at which a test may end the process, to see what is left behind. Without a test nothing listens, and
 * passing one costs the read of a field.
 */
public final class Failpoint {
    private static volatile @Nullable Consumer<String> listener;

    private Failpoint() {}

    /** The step of this name is about to be taken. */
    public static void reach(String step) {
        Consumer<String> there = listener;
        if (there != null) {
            there.accept(step);
        }
    }

    /** For tests: hears of every step from now on, on the thread that takes it; null for nobody. */
    static void listen(@Nullable Consumer<String> steps) {
        listener = steps;
    }
}
