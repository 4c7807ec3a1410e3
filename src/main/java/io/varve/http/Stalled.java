package io.varve.http;

/** Whoever sends a body sends nothing any more, or next to nothing, or takes too long for all of it. */
public final class Stalled extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Stalled(String wrong) {
        super("body: " + wrong, null, false, false);
    }
}
