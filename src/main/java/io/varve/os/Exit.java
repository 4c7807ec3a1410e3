package io.varve.os;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** How this process ends. */
public final class Exit {
    private static final MethodHandle EXIT = Linkage.function("_exit", JAVA_INT, JAVA_INT);

    private Exit() {}

    /**
     * Ends the process at once, as {@link Runtime#halt} does when all threads are idle: the JVM waits up to 300 ms for threads that are in
     * a system call, as event loops are for all their lives.
     */
    @SuppressWarnings("unused") // What _exit is declared to return, it never does.
    public static void now(int code) {
        MemorySegment state = Linkage.state();
        try {
            int never = (int) EXIT.invokeExact(state, code);
        } catch (Throwable thrown) {
            throw Linkage.impossible(thrown);
        }
    }
}
