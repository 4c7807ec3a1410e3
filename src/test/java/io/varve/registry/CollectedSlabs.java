package io.varve.registry;

import io.netty.buffer.ByteBuf;
import io.varve.bus.SlabSink;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** Takes all that it is handed, as soon as that may come, or until it wants no more. Belongs to one context, as sinks do. */
final class CollectedSlabs implements SlabSink {
    private final ByteArrayOutputStream bytes;
    private final long most;
    private final Future<Void> opened;
    private boolean asked;

    private CollectedSlabs(int expected, long most, Future<Void> opened) {
        bytes = new ByteArrayOutputStream(expected);
        this.most = most;
        this.opened = opened;
    }

    static CollectedSlabs all() {
        return new CollectedSlabs(0, Long.MAX_VALUE, Future.succeededFuture());
    }

    /** Wants no more once it has that many bytes. */
    static CollectedSlabs atMost(long bytes) {
        return new CollectedSlabs(0, bytes, Future.succeededFuture());
    }

    /**
     * Takes one slab, and the next ones only when it may.
     *
     * @param size how many bytes there will be, since to make room for many of them takes an event loop long
     */
    static CollectedSlabs oneAndThen(Promise<Void> opened, int size) {
        return new CollectedSlabs(size, Long.MAX_VALUE, opened.future());
    }

    @Override
    public void hand(ByteBuf owned) {
        try {
            owned.readBytes(bytes, owned.readableBytes());
        } catch (IOException e) {
            throw new AssertionError("memory does not refuse", e);
        } finally {
            owned.release();
        }
    }

    @Override
    public Future<Void> ready() {
        if (bytes.size() >= most) {
            return Future.failedFuture(Failure.of(Category.CANCELLED, "enough"));
        }
        if (bytes.size() == 0 || opened.isComplete()) {
            return bytes.size() == 0 ? Future.succeededFuture() : opened;
        }
        if (asked) {
            throw new IllegalStateException("one producer waits for room at a time");
        }
        asked = true;
        return opened;
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }
}
