package io.varve.os;

import java.io.IOException;

/** The kernel refused a call: which call, why, and what it said beside the number, if anything. */
public final class OsException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Errno errno;

    OsException(String call, int number) {
        this(call, number, "");
    }

    OsException(String call, int number, String detail) {
        super(message(call, number, detail));
        errno = Errno.of(number);
    }

    public Errno errno() {
        return errno;
    }

    private static String message(String call, int number, String detail) {
        Errno errno = Errno.of(number);
        String why = errno == Errno.OTHER ? "errno " + number : errno + ", " + errno.meaning();
        return call + ": " + why + (detail.isEmpty() ? "" : " (" + detail + ")");
    }
}
