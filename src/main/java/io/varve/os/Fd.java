package io.varve.os;

/**
 * An open file descriptor, close-on-exec, owned by whoever has this. Closing twice does nothing; using it after closing
 * is refused, because the number may by then be somebody else's file. Not for several threads at the moment of closing.
 */
public final class Fd implements AutoCloseable {
    private static final int CLOSED = -1;

    private int number;

    Fd(int number) {
        this.number = number;
    }

    int number() {
        if (number == CLOSED) {
            throw new IllegalStateException("descriptor is closed");
        }
        return number;
    }

    /** A path that leads to what is open here, for interfaces that take paths; valid in this process until closing. */
    public String path() {
        return "/proc/self/fd/" + number();
    }

    /**
     * Linux has let go of the number whatever close returns, and what it may report here, a write-back error, is the
     * business of {@code fsync}; so there is nothing to tell the caller.
     */
    @Override
    public void close() {
        if (number != CLOSED) {
            Libc.close(number);
            number = CLOSED;
        }
    }
}
