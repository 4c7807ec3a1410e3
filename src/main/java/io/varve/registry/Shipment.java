package io.varve.registry;

import io.netty.buffer.ByteBuf;
import io.varve.bus.Pace;
import io.varve.bus.SlabSink;
import io.varve.bus.Slabs;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * One blob on its way into a registry, over as many requests as it takes. Holds a few slabs at the most: when the connection does
 * not take them, whoever offers the blob is held back. What a request does not carry to its end is there for the next one; if that
 * begins elsewhere, the blob is asked for again from there. Owned by the context that uploads.
 */
final class Shipment implements AutoCloseable {
    /** As many slabs as keep a connection busy while the next ones are read and hashed. */
    private static final int WINDOW = 4;

    private final Vertx vertx;
    private final Offer offer;
    private final Descriptor blob;
    private final MessageDigest hash;

    /** How far it is hashed, once: what is asked for again is not hashed again. */
    private long hashed;

    private boolean hashing;

    // What came, and is not sent: its first byte, in order.
    private final Deque<ByteBuf> waiting = new ArrayDeque<>();
    private long position;

    // Slabs, or parts of them, that the connection has not taken yet.
    private int writing;

    private @Nullable Feeding feeding;
    private @Nullable Part part;
    private @Nullable Setback givenUp;

    Shipment(Vertx vertx, Offer offer) {
        this.vertx = vertx;
        this.offer = offer;
        blob = offer.blob();
        hash = blob.digest().algorithm().hash();
        offer.withdrawn().onFailure(thrown -> giveUp(Setback.of(Setback.Kind.GIVEN_UP, Failure.from(thrown))));
    }

    Descriptor blob() {
        return blob;
    }

    boolean isGivenUp() {
        return givenUp != null;
    }

    /** Why it was given up, if it was. */
    Future<Void> wanted() {
        return givenUp == null ? Future.succeededFuture() : Future.failedFuture(givenUp);
    }

    /** So many bytes from an offset on, as a request carries them. One is sent at a time. */
    Body part(long from, long length) {
        return new Part(from, length, length);
    }

    /** All from an offset on, with which the blob is complete. */
    Body rest(long from) {
        return new Part(from, blob.size() - from, blob.size());
    }

    private void giveUp(Setback setback) {
        if (givenUp != null) {
            return;
        }
        givenUp = setback;
        Part sent = part;
        close();
        if (sent != null) {
            sent.written.tryFail(setback);
        }
    }

    /** What is not sent is wanted by nobody. */
    @Override
    public void close() {
        part = null;
        feed(null);
    }

    private void feed(@Nullable Feeding next) {
        Feeding last = feeding;
        feeding = next;
        waiting.forEach(ByteBuf::release);
        waiting.clear();
        if (last != null) {
            last.begun.tryComplete();
            last.broken.tryFail(Failure.of(Category.CANCELLED, "no more is wanted"));
            last.roomAgain();
        }
    }

    /** What is offered from there on, which is asked for once. */
    private Feeding fed(long from) {
        Feeding there = feeding;
        if (there != null && position == from) {
            return there;
        }
        Feeding again = new Feeding(from);
        feed(again);
        position = from;
        again.begin();
        return again;
    }

    /** What whoever offers the blob gives, from one offset on. */
    private final class Feeding implements SlabSink {
        private final Promise<Void> broken = Promise.promise();
        private final Promise<Void> begun = Promise.promise();
        private @Nullable Promise<Void> room;
        private long came;

        Feeding(long from) {
            came = from;
        }

        void begin() {
            offer.from(came, this).onComplete(done -> {
                if (this != feeding) {
                    return;
                }
                if (done.failed()) {
                    giveUp(Setback.from(done.cause()));
                } else if (came != blob.size()) {
                    giveUp(Setback.from(Failure.mismatch("size", came, blob.size())));
                }
            });
        }

        @Override
        public void hand(ByteBuf owned) {
            if (this != feeding || !owned.isReadable()) {
                owned.release();
                return;
            }
            came += owned.readableBytes();
            waiting.add(owned);
            begun.tryComplete();
            pump();
        }

        @Override
        public Future<Void> ready() {
            if (broken.future().isComplete()) {
                return broken.future();
            }
            if (waiting.size() + writing < WINDOW) {
                return Future.succeededFuture();
            }
            if (room == null) {
                room = Promise.promise();
            }
            return room.future();
        }

        @Override
        public Future<Void> broken() {
            return broken.future();
        }

        void roomAgain() {
            Promise<Void> waited = room;
            if (waited != null && (broken.future().isComplete() || waiting.size() + writing < WINDOW)) {
                room = null;
                if (broken.future().isComplete()) {
                    waited.fail(broken.future().cause());
                } else {
                    waited.complete();
                }
            }
        }
    }

    private void pump() {
        Part sent = part;
        ByteBuf slab = waiting.peek();
        while (sent != null && slab != null && !hashing && sent.left > 0) {
            if (position + slab.readableBytes() > hashed) {
                hash(slab);
                return;
            }
            write(sent, slab);
            sent = part;
            slab = waiting.peek();
        }
    }

    /** Takes an event loop too long. */
    private void hash(ByteBuf slab) {
        long end = position + slab.readableBytes();
        ByteBuf fresh = slab.retainedSlice(
                slab.readerIndex() + (int) Math.max(0, hashed - position), (int) (end - Math.max(hashed, position)));
        hashing = true;
        vertx.<@Nullable Digest>executeBlocking(
                        () -> {
                            hash.update(fresh.nioBuffer());
                            return end == blob.size() ? Digest.of(blob.digest().algorithm(), hash) : null;
                        },
                        false)
                .onComplete(done -> {
                    fresh.release();
                    hashing = false;
                    hashed = end;
                    Digest got = done.result();
                    if (done.failed()) {
                        giveUp(Setback.from(done.cause()));
                    } else if (got != null && !got.equals(blob.digest())) {
                        // Before the last of it is sent, so that no registry takes it for whole.
                        giveUp(Setback.from(Failure.mismatch("digest of " + end + " bytes", got, blob.digest())));
                    } else {
                        pump();
                    }
                });
    }

    private void write(Part sent, ByteBuf slab) {
        int count = (int) Math.min(slab.readableBytes(), sent.left);
        ByteBuf piece = slab.readRetainedSlice(count);
        if (!slab.isReadable()) {
            waiting.remove().release();
        }
        position += count;
        sent.left -= count;
        writing++;
        long end = position;
        sent.write(Slabs.borrowed(piece)).onComplete(written -> {
            piece.release();
            writing--;
            if (written.succeeded()) {
                sent.taken(count, end);
            }
            if (feeding != null) {
                feeding.roomAgain();
            }
        });
    }

    /** What one request carries. */
    private final class Part implements Body {
        private final long from;
        private final long length;
        private final long completes;
        private Promise<Void> written = Promise.promise();
        private @Nullable HttpClientRequest request;
        private @Nullable Pace pace;
        private long left;
        private long untaken;

        Part(long from, long length, long completes) {
            this.from = from;
            this.length = length;
            this.completes = completes;
        }

        @Override
        public long length() {
            return length;
        }

        @Override
        public long completes() {
            return completes;
        }

        @Override
        public Future<Void> ready() {
            return givenUp != null || length == 0
                    ? wanted()
                    : fed(from).begun.future().compose(begun -> wanted());
        }

        @Override
        public Future<Void> into(HttpClientRequest next, Pace measured) {
            written = Promise.promise();
            if (givenUp != null) {
                return Future.failedFuture(givenUp);
            }
            request = next;
            pace = measured;
            left = length;
            untaken = length;
            part = this;
            Promise<Void> whole = written;
            Future<Void> all = whole.future();
            if (length == 0) {
                measured.wanted();
                next.end().onSuccess(taken -> whole.tryComplete());
                return all;
            }
            Feeding _ = fed(from);
            pump();
            return all;
        }

        Future<Void> write(Buffer bytes) {
            if (request == null || pace == null) {
                throw new IllegalStateException("nothing is to be written yet");
            }
            pace.wanted();
            return left == 0 ? request.end(bytes) : request.write(bytes);
        }

        /** @param end the offset behind them */
        void taken(int count, long end) {
            untaken -= count;
            if (pace != null) {
                pace.received(count);
                if (untaken > left) {
                    pace.wanted();
                }
            }
            offer.sent(end);
            if (untaken == 0) {
                written.tryComplete();
            }
        }

        @Override
        public void stop() {
            if (part == this) {
                part = null;
            }
        }
    }
}
