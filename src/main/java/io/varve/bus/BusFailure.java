package io.varve.bus;

import io.varve.failure.Failure;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;

/** A failure as the bus carries it to whoever asked: the category's number is its code, the line its message. */
public final class BusFailure extends ReplyException {
    private static final long serialVersionUID = 1L;

    private final Failure failure;

    BusFailure(Failure failure) {
        super(ReplyFailure.RECIPIENT_FAILURE, failure.category().code(), failure.getMessage(), failure, false);
        this.failure = failure;
    }

    public Failure failure() {
        return failure;
    }
}
