package io.varve.http;

/** A body that is not as it was announced, or in no chunks. */
public final class Garbled extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Garbled(Throwable wrong) {
        super("body: " + wrong.getMessage(), null, false, false);
    }
}
