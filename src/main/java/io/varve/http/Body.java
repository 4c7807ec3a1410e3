package io.varve.http;

import io.netty.buffer.ByteBuf;
import io.varve.bus.Slabs;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A part of a file on its way into a response: one slab is read while the one before is written. A slab counts until the
 * socket has taken all of it, so a reader that is slow or stands still holds back the disk and not more than the window.
 * Belongs to the response's event loop.
 */
final class Body {
    /** Slabs that are read or written at once. */
    static final int WINDOW = 2;

    private final Outgoing outgoing;
    private final Reader reader;
    private final Bytes file;
    private final long end;
    private final Promise<Void> sent = Promise.promise();

    // Where the next slab begins, whether it is being read, and how many slabs there are, with that one.
    private long position;
    private boolean reading;
    private int slabs;
    // Why nothing more is read or written.
    private @Nullable Throwable stopped;

    /** @param file stays open until all of it was {@link #sent}; the caller's */
    Body(Outgoing outgoing, Reader reader, Bytes file, long first, long end) {
        this.outgoing = outgoing;
        this.reader = reader;
        this.file = file;
        this.end = end;
        position = first;
        reader.gone().onFailure(this::stop);
    }

    /** Begins it. Completes when no slab of it is left; fails when not all of it was sent. Once. */
    Future<Void> sent() {
        advance();
        return sent.future();
    }

    private void stop(Throwable reason) {
        if (stopped == null) {
            stopped = reason;
        }
        advance();
    }

    private void advance() {
        if (stopped == null && !reading && position < end && slabs < WINDOW) {
            reading = true;
            slabs++;
            int count = (int) Math.min(Slabs.SIZE, end - position);
            long from = position;
            outgoing.disk(() -> read(from, count)).onComplete(this::write);
        } else if (slabs == 0 && stopped != null) {
            sent.tryFail(stopped);
        } else if (slabs == 0 && position == end) {
            sent.tryComplete();
        }
    }

    /** On a worker. The slab is the caller's. */
    private ByteBuf read(long from, int count) throws IOException {
        ByteBuf slab = Slabs.allocate();
        boolean full = false;
        try {
            file.read(slab.nioBuffer(0, count), from);
            full = true;
            return slab.writerIndex(count);
        } finally {
            if (!full) {
                slab.release();
            }
        }
    }

    private void write(AsyncResult<ByteBuf> read) {
        reading = false;
        if (read.failed()) {
            slabs--;
            stop(read.cause());
            return;
        }
        ByteBuf slab = read.result();
        position += slab.readableBytes();
        if (stopped != null || reader.response().closed()) {
            written(slab, Future.failedFuture(new Departure()));
            return;
        }
        reader.takes(reader.response().write(Slabs.borrowed(slab))).onComplete(done -> written(slab, done));
        advance();
    }

    private void written(ByteBuf owned, AsyncResult<Void> done) {
        owned.release();
        slabs--;
        if (done.failed()) {
            stop(done.cause());
        } else {
            advance();
        }
    }
}
