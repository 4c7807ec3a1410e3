package io.varve.os;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** For tests of other rooms: hears of the steps of commits. */
public final class Failpoints {
    private Failpoints() {}

    /** Whoever listens is called on the thread that takes the step, before it does; null for nobody. */
    public static void listen(@Nullable Consumer<String> steps) {
        Failpoint.listen(steps);
    }
}
