package io.varve.api;

import io.netty.buffer.ByteBuf;
import io.varve.archive.Spool;
import io.varve.bus.Slabs;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.http.Departure;
import io.varve.http.Outgoing;
import io.varve.http.Reader;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A body on its way into a spool, read as fast as the disk takes it: no more of it is here than one slab and what a socket gives at once.
 * Belongs to one event loop.
 */
final class Incoming {
    private final Context context;
    private final Reader reader;
    private final BodyReader bodies;
    private final Outgoing outgoing;
    private final long most;
    private final Duration idle;
    private final Promise<Void> done = Promise.promise();
    // Set while there is room for a slab.
    private boolean held;
    private @Nullable ByteBuf filling;
    private @Nullable Spool spool;
    // That a slab is being written; whoever ends meanwhile leaves it to that.
    private Future<?> writing = Future.succeededFuture();
    private long taken;
    private long timer = -1;

    /**
     * To be made before the event loop does anything else.
     *
     * @param most bytes of it ({@code limits.uploadBytes})
     * @param idle how long is waited for more of it
     */
    Incoming(Context context, Reader reader, BodyReader bodies, Outgoing outgoing, long most, Duration idle) {
        this.context = context;
        this.reader = reader;
        this.bodies = bodies;
        this.outgoing = outgoing;
        this.most = most;
        this.idle = idle;
        String length = reader.request().getHeader("Content-Length");
        if (length != null && Long.parseLong(length) > most) {
            throw Failure.exceeded("bytes of the body", Long.parseLong(length), most, "limits.uploadBytes");
        }
        if (!bodies.hold(Slabs.SIZE)) {
            throw bodies.tooMany();
        }
        held = true;
        HttpServerRequest request = reader.request();
        request.pause();
        request.handler(this::take);
        request.endHandler(end -> end());
        request.exceptionHandler(cut -> fail(new Departure()));
        reader.gone().onFailure(this::fail);
        reader.garbled().onSuccess(wrong -> fail(Failure.invalid("body: " + wrong.getMessage())));
    }

    /** Reads all of it; when this completes nothing is written any more. */
    Future<Void> into(Spool to) {
        spool = to;
        if ("100-continue".equalsIgnoreCase(reader.request().getHeader("Expect"))) {
            reader.request().response().writeContinue();
        }
        demand();
        return done.future().eventually(() -> writing.otherwiseEmpty());
    }

    /** Nobody wants the rest. */
    void stop() {
        fail(Failure.of(Category.CANCELLED, "nobody wants the rest of it"));
    }

    private void demand() {
        if (!done.future().isComplete()) {
            timer = context.owner().setTimer(idle.toMillis(), passed -> fail(Refused.slowBody(idle)));
            reader.request().fetch(1);
        }
    }

    private void take(Buffer bytes) {
        context.owner().cancelTimer(timer);
        if (done.future().isComplete()) {
            return;
        }
        taken += bytes.length();
        if (taken > most) {
            fail(Failure.exceeded("bytes of the body", taken, most, "limits.uploadBytes"));
            return;
        }
        append(bytes, 0);
    }

    private void append(Buffer bytes, int from) {
        ByteBuf slab = filling == null ? Slabs.allocate() : filling;
        filling = slab;
        int count = Math.min(slab.writableBytes(), bytes.length() - from);
        Slabs.append(slab, bytes, from, count);
        if (slab.isWritable()) {
            demand();
            return;
        }
        written().onSuccess(room -> {
            if (from + count < bytes.length() && !done.future().isComplete()) {
                append(bytes, from + count);
            } else {
                demand();
            }
        });
    }

    private Future<Boolean> written() {
        ByteBuf full = filling;
        Spool to = spool;
        filling = null;
        if (full == null || to == null) {
            return Future.succeededFuture(true);
        }
        Future<Boolean> written = outgoing.disk(() -> {
                    to.accept(full);
                    return true;
                })
                .onComplete(over -> full.release())
                .onFailure(this::fail);
        writing = written;
        return written;
    }

    private void end() {
        context.owner().cancelTimer(timer);
        // The end may come while the last slab but one is being written.
        writing.onSuccess(before -> written().onSuccess(all -> complete()));
    }

    private void complete() {
        if (done.tryComplete()) {
            release();
        }
    }

    private void fail(Throwable wrong) {
        context.owner().cancelTimer(timer);
        if (done.tryFail(wrong)) {
            release();
        }
    }

    private void release() {
        if (filling != null) {
            filling.release();
            filling = null;
        }
        if (held) {
            held = false;
            bodies.release(Slabs.SIZE);
        }
    }
}
