package io.varve.os;

/** The standard error of this process, which whoever started it may have put aside. */
public final class StandardError {
    private static final int STDERR = 2;

    private StandardError() {}

    /** What this descriptor is becomes the standard error again, and the descriptor is closed. */
    public static void restore(int aside) {
        // Where there is no such descriptor, there is nothing to say it to.
        Libc.dup2(aside, STDERR);
        Libc.close(aside);
    }
}
