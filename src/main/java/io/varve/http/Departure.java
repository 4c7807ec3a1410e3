package io.varve.http;

/** Whoever asked has gone, or cannot be written to: nobody has to be told anything. */
public final class Departure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public Departure() {
        super("the caller has gone", null, false, false);
    }
}
