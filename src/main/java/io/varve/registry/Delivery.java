package io.varve.registry;

import io.netty.buffer.ByteBuf;
import io.varve.bus.Budget;
import io.varve.bus.SlabSink;
import io.varve.bus.Slabs;
import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One blob on its way to its sink, over as many answers as it takes. Holds one slab at the most, which it fills while the
 * sink is ready; while it is not, nothing is asked of the server. Owned by the context that asked for the blob.
 */
final class Delivery implements AutoCloseable {
    private final SlabSink sink;
    private final long size;
    private final LongSupplier clock;
    private final Hunger hunger;

    /** Offset of the next byte that is wanted; those before it are handed over or in the slab. */
    private long position;

    private @Nullable ByteBuf slab;

    /** Where what the present answer is to bring ends: at the end of the blob, or where others bring what follows. */
    private long bound;

    private @Nullable Bringing bringing;

    /** What the sink has been asked for room with, which it can be by one at a time; null when it has room. */
    private @Nullable Future<Void> parked;

    private @Nullable Setback givenUp;

    /** What brings bytes just now. */
    private interface Bringing {
        void fail(Setback setback);
    }

    /** @param clock as {@link System#nanoTime} */
    Delivery(SlabSink sink, long offset, long size, LongSupplier clock) {
        this.sink = sink;
        this.size = size;
        this.clock = clock;
        hunger = new Hunger(clock.getAsLong());
        position = offset;
        bound = size;
        // Before there is anything to hand over, too: then the connection is ended and the slab released.
        sink.broken().onFailure(thrown -> giveUp(setback(thrown)));
    }

    long position() {
        return position;
    }

    long size() {
        return size;
    }

    boolean isWhole() {
        return position == size;
    }

    /** Whether the sink could take more than comes. */
    Hunger hunger() {
        return hunger;
    }

    /** Where the present answer, or the next one, is to end. */
    long bound() {
        return bound;
    }

    void bound(long end) {
        bound = end;
    }

    Optional<Budget.Reservation> spare(long bytes) {
        return sink.spare(bytes);
    }

    /** Completes when the sink has room; fails, for good, when it wants no more. */
    Future<Void> ready() {
        if (givenUp != null) {
            return Future.failedFuture(givenUp);
        }
        // The answer that was held back may have been cut meanwhile, and the next one waits for the same room.
        Future<Void> ready = parked == null ? sink.ready() : parked;
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
        if (bringing != null) {
            bringing.fail(setback);
        }
    }

    /**
     * Takes a body that begins at or before the position.
     *
     * @param from the blob's offset at which the body begins
     * @param length of the body; -1 when it is not told
     * @return completes when the blob is handed over to the {@linkplain #bound}, or the answer was {@linkplain #leave left}
     */
    Future<Void> take(Response response, long from, long length) {
        if (givenUp != null) {
            response.drop();
            return Future.failedFuture(givenUp);
        }
        Taking next = new Taking(response, position - from, from + length);
        bringing = next;
        response.read(next);
        next.demand();
        return next.done.future();
    }

    /** Whether the present answer brings bytes that the sink takes. */
    boolean isTaking() {
        return parked == null
                && bringing instanceof Taking taking
                && !taking.done.future().isComplete();
    }

    /** Nothing more is wanted of the present answer, unless it is the sink that does not take it. */
    void leave() {
        if (parked == null && bringing instanceof Taking taking) {
            taking.leave();
        }
    }

    /**
     * Takes what begins at the position and comes from elsewhere.
     *
     * @return completes when all of it that ever comes is handed over
     */
    Future<Void> follow(Segment segment) {
        if (givenUp != null) {
            return Future.failedFuture(givenUp);
        }
        Following next = new Following(segment);
        bringing = next;
        segment.listen(next::hand);
        next.hand();
        return next.done.future();
    }

    /** Calls when the sink has room, or ends it all. */
    private void park(Future<Void> ready, Runnable then) {
        parked = ready;
        hunger.sated(clock.getAsLong());
        ready.onComplete(room -> {
            parked = null;
            hunger.open(clock.getAsLong());
            if (room.failed()) {
                giveUp(setback(room.cause()));
            } else {
                then.run();
            }
        });
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
    private final class Taking implements Response.Reader, Bringing {
        private final Response response;
        private final Promise<Void> done = Promise.promise();

        /** Where the server has said that the body ends, and keeps to it or breaks off; before its beginning when it has not. */
        private final long last;

        /** Bytes to come that an earlier response has given already. */
        private long skip;

        Taking(Response response, long skip, long last) {
            this.response = response;
            this.skip = skip;
            this.last = last;
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
            } catch (Throwable thrown) {
                // Of the sink, or for lack of memory: nobody else would notice, and the server would be waited for.
                giveUp(setback(thrown));
            }
        }

        private void takeAll(Buffer bytes, int from) {
            int at = from;
            while (at < bytes.length()) {
                if (skip > 0) {
                    int passed = (int) Math.min(skip, bytes.length() - at);
                    skip -= passed;
                    at += passed;
                } else if (position == bound && bound < size) {
                    leave();
                    return;
                } else if (position == size) {
                    fail(Setback.of(Setback.Kind.LASTING, Failure.mismatch("size", "more than " + size, size)));
                    return;
                } else {
                    at += fill(bytes, at);
                    Future<Void> ready = handIfFull();
                    if (!ready.isComplete()) {
                        int rest = at;
                        park(ready, () -> goOn(bytes, rest));
                        return;
                    }
                    if (ready.failed()) {
                        giveUp(setback(ready.cause()));
                        return;
                    }
                }
            }
            if (position == bound && position == last) {
                // It ends here, as the server has said; whoever waits need not wait for it.
                response.demand();
                done.tryComplete();
            } else if (position == bound && bound < size) {
                leave();
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
            int count = (int) Math.min(Math.min(into.writableBytes(), bytes.length() - at), bound - position);
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

        /** Nothing was wanted of the server until there was room. */
        private void goOn(Buffer bytes, int at) {
            if (!done.future().isComplete()) {
                take(bytes, at);
            }
        }

        private void leave() {
            if (done.tryComplete()) {
                response.drop();
            }
        }

        @Override
        public void end() {
            if (position == bound) {
                done.tryComplete();
            } else {
                // A proxy may have made an end out of a cut, so it is asked for the rest.
                fail(Setback.of(Setback.Kind.PASSING, Failure.mismatch("size", position, size)));
            }
        }

        @Override
        public void cut(Setback setback) {
            if (position == bound) {
                done.tryComplete();
            } else {
                fail(setback);
            }
        }

        @Override
        public void fail(Setback setback) {
            bringing = null;
            if (done.tryFail(setback)) {
                response.drop();
            }
        }
    }

    /** What has come before its turn, or still comes. */
    private final class Following implements Bringing {
        private final Segment segment;
        private final Promise<Void> done = Promise.promise();

        Following(Segment segment) {
            this.segment = segment;
        }

        void hand() {
            try {
                while (parked == null && !done.future().isComplete()) {
                    // What an answer has begun to fill goes first.
                    if (slab == null && segment.isEmpty()) {
                        if (segment.isEnded()) {
                            done.tryComplete();
                        }
                        return;
                    }
                    Future<Void> ready = sink.ready();
                    if (!ready.isComplete()) {
                        park(ready, this::hand);
                    } else if (ready.failed()) {
                        giveUp(setback(ready.cause()));
                    } else {
                        handOne();
                    }
                }
            } catch (Throwable thrown) {
                giveUp(setback(thrown));
            }
        }

        private void handOne() {
            ByteBuf begun = slab;
            if (begun != null) {
                slab = null;
                sink.hand(begun);
                return;
            }
            ByteBuf next = segment.poll();
            if (next != null) {
                position += next.readableBytes();
                sink.hand(next);
            }
        }

        @Override
        public void fail(Setback setback) {
            bringing = null;
            done.tryFail(setback);
        }
    }
}
