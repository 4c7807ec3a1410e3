package io.varve.bus;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageCodec;

/** Hands a message over as it is, on the sender's thread; on a wire it would be nothing. */
final class LocalCodec implements MessageCodec<Object, Object> {
    static final String NAME = "varve.local";

    @Override
    public void encodeToWire(Buffer buffer, Object message) {
        throw new IllegalStateException("a local message does not leave its process");
    }

    @Override
    public Object decodeFromWire(int position, Buffer buffer) {
        throw new IllegalStateException("a local message does not come from another process");
    }

    @Override
    public Object transform(Object message) {
        return message;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public byte systemCodecID() {
        return -1;
    }
}
