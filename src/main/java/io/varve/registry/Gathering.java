package io.varve.registry;

import io.netty.buffer.ByteBuf;
import io.varve.bus.SlabSink;
import io.vertx.core.Future;

/** A blob that is small enough to be taken whole. Owned by the context that asked for it. */
final class Gathering implements SlabSink {
    private final byte[] bytes;
    private int count;

    Gathering(int size) {
        bytes = new byte[size];
    }

    byte[] bytes() {
        return bytes;
    }

    @Override
    public void hand(ByteBuf owned) {
        int length = owned.readableBytes();
        owned.readBytes(bytes, count, length);
        count += length;
        owned.release();
    }

    @Override
    public Future<Void> ready() {
        return Future.succeededFuture();
    }
}
