package io.varve.http;

import io.netty.buffer.ByteBuf;
import io.varve.bus.Pace;
import io.varve.bus.Slabs;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/**
 * A body on its way in: one slab is filled by the socket while a worker takes the one before. Nothing more is read of the request while
 * both are in use, so a disk that is slow holds back the sender. Belongs to the request's event loop.
 */
final class Arrival {
    /** Slabs that are filled or taken at once. */
    static final int WINDOW = 2;

    private final Incoming incoming;
    private final HttpServerRequest request;
    private final Incoming.Sink sink;
    private final Promise<Void> taken = Promise.promise();

    // Ours, until it is handed to a worker.
    private @Nullable ByteBuf filling;
    private boolean taking;
    // What came and has not all found room, and how much of it has.
    private @Nullable Buffer piece;
    private int used;
    // Whether the next piece was asked for, and how fast they come.
    private final Pace pace;
    private boolean ended;
    // Why nothing more is read.
    private @Nullable Throwable stopped;

    Arrival(Incoming incoming, HttpServerRequest request, Incoming.Sink sink) {
        this.incoming = incoming;
        this.request = request;
        this.sink = sink;
        pace = incoming.patience().pace();
    }

    /** Begins it. Completes when no slab is left. Once. */
    Future<Void> taken() {
        request.handler(this::came);
        request.endHandler(end -> {
            ended = true;
            advance();
        });
        request.exceptionHandler(cut -> stop(new Departure()));
        long timer = incoming.context()
                .owner()
                .setPeriodic(
                        incoming.patience().periodMillis(),
                        passed -> pace.verdict().ifPresent(slow -> stop(new Stalled(slow))));
        Incoming.welcome(request);
        advance();
        return taken.future().onComplete(done -> incoming.context().owner().cancelTimer(timer));
    }

    /** What came already is taken, and nothing more. */
    void stop(Throwable reason) {
        if (stopped == null && !ended) {
            stopped = reason;
            piece = null;
            Incoming.drop(request);
            advance();
        }
    }

    private void came(Buffer next) {
        pace.received(next.length());
        if (stopped == null) {
            piece = next;
            used = 0;
            advance();
        }
    }

    private void advance() {
        fill();
        ByteBuf slab = filling;
        if (!taking && slab != null && (!slab.isWritable() || ended || stopped != null)) {
            filling = null;
            fill();
            // May be done when this returns.
            hand(slab);
            return;
        }
        ask();
    }

    /** The next piece, or nobody for anything any more. */
    private void ask() {
        if (piece == null && !ended && stopped == null && !pace.isWanting()) {
            pace.wanted();
            request.fetch(1);
        } else if (!taking && filling == null && stopped != null) {
            taken.tryFail(stopped);
        } else if (!taking && filling == null && piece == null && ended) {
            taken.tryComplete();
        }
    }

    private void fill() {
        Buffer next = piece;
        if (next == null) {
            return;
        }
        ByteBuf slab = filling == null ? Slabs.allocate() : filling;
        filling = slab;
        int count = Math.min(slab.writableBytes(), next.length() - used);
        Slabs.append(slab, next, used, count);
        used += count;
        if (used == next.length()) {
            piece = null;
        }
    }

    private void hand(ByteBuf owned) {
        taking = true;
        Future<Boolean> work = incoming.work(() -> {
            sink.accept(owned);
            return true;
        });
        // While the disk is busy the next slab is filled.
        ask();
        work.onComplete(done -> took(owned, done));
    }

    private void took(ByteBuf owned, AsyncResult<Boolean> done) {
        owned.release();
        taking = false;
        if (done.failed()) {
            ended = false;
            stopped = done.cause();
            piece = null;
            if (filling != null) {
                filling.release();
                filling = null;
            }
            Incoming.drop(request);
        }
        advance();
    }
}
