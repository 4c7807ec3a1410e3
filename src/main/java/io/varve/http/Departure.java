package io.varve.http;

import io.vertx.core.Future;

/** Whoever asked has gone, or cannot be written to: nobody has to be told anything. */
public final class Departure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public Departure() {
        super("the caller has gone", null, false, false);
    }

    /** What was written, or that nobody takes it any more. */
    public static Future<Void> of(Future<Void> written) {
        return written.recover(refused -> Future.failedFuture(new Departure()));
    }
}
