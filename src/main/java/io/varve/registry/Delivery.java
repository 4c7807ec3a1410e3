package io.varve.registry;

import io.netty.buffer.ByteBuf;
import io.varve.bus.SlabSink;
import io.varve.bus.Slabs;
import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * One blob on its way to its sink, over as many answers as it takes. Holds one slab at the most, which it fills while the
 * sink is ready; while it is not, nothing is asked of the server. Owned by the context that asked for the blob.
 */
final class Delivery implements AutoCloseable {
    private final SlabSink sink;
    private final long size;

    /** Offset of the next byte that is wanted; those before it are handed over or in the slab. */
    private long position;

    private @Nullable ByteBuf slab;

    private @Nullable Taking taking;
    private @Nullable Setback givenUp;

    Delivery(SlabSink sink, long offset, long size) {
        this.sink = sink;
        this.size = size;
        position = offset;
        // Before there is anything to hand over, too: then the connection is ended and the slab released.
        sink.broken().onFailure(thrown -> giveUp(setback(thrown)));
    }

    long position() {
        return position;
    }

    /** Completes when the sink has room; fails, for good, when it wants no more. */
    Future<Void> ready() {
        if (givenUp != null) {
            return Future.failedFuture(givenUp);
        }
        Future<Void> ready = sink.ready();
        // A slab that was begun has its room already.
        return slab != null && !ready.failed()
                ? Future.succeededFuture()
                : ready.recover(thrown -> Future.failedFuture(setback(thrown)));
    }

    private static Setback setback(Throwable thrown) {
        return Setback.of(Setback.Kind.GIVEN_UP, Failure.from(thrown));
    }

    /** Whether the sink wants no more, so that nothing is to be asked for it. */
    boolean isGivenUp() {
        return givenUp != null;
    }

    private void giveUp(Setback setback) {
        if (givenUp != null) {
            return;
        }
        givenUp = setback;
        close();
        if (taking != null) {
            taking.fail(setback);
        }
    }

    /**
     * Takes a body that begins at or before the position.
     *
     * @param from the blob's offset at which the body begins
     * @param length of the body; -1 when it is not told
     * @return completes when the blob is handed over to its end
     */
    Future<Void> take(Response response, long from, long length) {
        if (givenUp != null) {
            response.drop();
            return Future.failedFuture(givenUp);
        }
        Taking next = new Taking(response, position - from, length);
        taking = next;
        response.read(next);
        next.demand();
        return next.done.future();
    }

    /** What is not handed over is wanted by nobody. */
    @Override
    public void close() {
        if (slab != null) {
            slab.release();
            slab = null;
        }
    }

    /** One body. */
    private final class Taking implements Response.Reader {
        private final Response response;
        private final Promise<Void> done = Promise.promise();

        /** Whether the server has said how long the body is, and keeps to it or breaks off. */
        private final boolean measured;

        /** Bytes to come that an earlier response has given already. */
        private long skip;

        Taking(Response response, long skip, long length) {
            this.response = response;
            this.skip = skip;
            measured = length >= 0;
        }

        void demand() {
            if (!done.future().isComplete()) {
                response.demand();
            }
        }

        @Override
        public void chunk(Buffer bytes) {
            if (!done.future().isComplete()) {
                take(bytes, 0);
            } else if (bytes.length() == 0) {
                // The last frame of HTTP/2 may be empty, and the end is behind it.
                response.demand();
            } else {
                response.drop();
            }
        }

        private void take(Buffer bytes, int from) {
            try {
                takeAll(bytes, from);
            } catch (RuntimeException e) {
                // Of the sink: nobody else would notice, and the server would be waited for.
                giveUp(setback(e));
            }
        }

        private void takeAll(Buffer bytes, int from) {
            int at = from;
            while (at < bytes.length()) {
                if (skip > 0) {
                    int passed = (int) Math.min(skip, bytes.length() - at);
                    skip -= passed;
                    at += passed;
                } else if (position == size) {
                    fail(Setback.of(Setback.Kind.LASTING, Failure.mismatch("size", "more than " + size, size)));
                    return;
                } else {
                    at += fill(bytes, at);
                    Future<Void> ready = handIfFull();
                    if (!ready.isComplete()) {
                        park(ready, bytes, at);
                        return;
                    }
                    if (ready.failed()) {
                        giveUp(setback(ready.cause()));
                        return;
                    }
                }
            }
            if (position == size && measured) {
                // It ends here, as the server has said; whoever waits need not wait for it.
                response.demand();
                done.tryComplete();
            } else {
                demand();
            }
        }

        /** @return how many bytes were taken */
        private int fill(Buffer bytes, int at) {
            ByteBuf into = slab;
            if (into == null) {
                into = Slabs.allocate();
                slab = into;
            }
            int count = (int) Math.min(Math.min(into.writableBytes(), bytes.length() - at), size - position);
            Slabs.append(into, bytes, at, count);
            position += count;
            return count;
        }

        /** @return when there is room for the next byte */
        private Future<Void> handIfFull() {
            ByteBuf full = slab;
            if (full == null || (full.isWritable() && position < size)) {
                return Future.succeededFuture();
            }
            slab = null;
            sink.hand(full);
            return position < size ? sink.ready() : Future.succeededFuture();
        }

        /** Nothing is wanted of the server until there is room. */
        private void park(Future<Void> ready, Buffer bytes, int at) {
            ready.onComplete(room -> {
                if (done.future().isComplete()) {
                    return;
                }
                if (room.failed()) {
                    giveUp(setback(room.cause()));
                } else {
                    take(bytes, at);
                }
            });
        }

        @Override
        public void end() {
            if (position == size) {
                done.tryComplete();
            } else {
                // A proxy may have made an end out of a cut, so it is asked for the rest.
                fail(Setback.of(Setback.Kind.PASSING, Failure.mismatch("size", position, size)));
            }
        }

        @Override
        public void cut(Setback setback) {
            if (position == size) {
                done.tryComplete();
            } else {
                fail(setback);
            }
        }

        private void fail(Setback setback) {
            taking = null;
            if (done.tryFail(setback)) {
                response.drop();
            }
        }
    }
}
