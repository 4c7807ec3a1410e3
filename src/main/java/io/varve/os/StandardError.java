package io.varve.os;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The standard error of this process, which whoever started it may have put aside. */
public final class StandardError {
    private static final MethodHandle DUP2 = Linkage.function("dup2", JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle CLOSE = Linkage.function("close", JAVA_INT, JAVA_INT);

    private static final int STDERR = 2;

    private StandardError() {}

    /** What this descriptor is becomes the standard error again, and the descriptor is closed. */
    @SuppressWarnings("unused") // Where there is no such descriptor, there is nothing to say it to.
    public static void restore(int aside) {
        MemorySegment state = Linkage.state();
        try {
            int restored = (int) DUP2.invokeExact(state, aside, STDERR);
            int closed = (int) CLOSE.invokeExact(state, aside);
        } catch (Throwable thrown) {
            throw Linkage.impossible(thrown);
        }
    }
}
