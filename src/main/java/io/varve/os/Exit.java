package io.varve.os;

/** How this process ends. */
public final class Exit {
    private Exit() {}

    /**
     * Ends the process at once, as {@link Runtime#halt} does when all threads are idle: the JVM waits up to 300 ms for threads that are in
     * a system call, as event loops are for all their lives.
     */
    public static void now(int code) {
        Libc.exit(code);
    }
}
