package io.varve.http;

import java.time.Duration;

/** Whoever sends a body sends nothing any more, or takes too long for all of it. */
public final class Stalled extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Stalled(String what, Duration patience) {
        super("body: " + what + " in " + patience.toSeconds() + "s", null, false, false);
    }
}
