package io.varve.os;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** What this process does when it is told to end. */
public final class Signals {
    private static final int SIGINT = 2;
    private static final int SIGTERM = 15;

    private Signals() {}

    /**
     * From now on SIGINT and SIGTERM end it at once, whatever it is doing. The JVM heeds one of them alone, and takes its time for
     * that: whoever sends another means it.
     */
    public static void endAtOnce() {
        List.of(SIGINT, SIGTERM).forEach(number -> Libc.signal(number, MemorySegment.NULL));
    }
}
