package io.varve.bus;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;

/** Where slabs come from: the process's one pool of direct memory, which the sockets use too. Any thread. */
public final class Slabs {
    /**
     * Bytes in a slab. Smaller ones cost more hand-overs for the same bytes; the pool no longer keeps much larger ones,
     * and allocating those anew costs more than filling them.
     */
    public static final int SIZE = 256 * 1024;

    private Slabs() {}

    /** An empty slab that can hold {@link #SIZE} bytes and never more; the caller owns it. */
    public static ByteBuf allocate() {
        return ByteBufAllocator.DEFAULT.directBuffer(SIZE, SIZE);
    }

    /** Copies bytes of what a socket has given to the end of a slab that has room for them. */
    public static void append(ByteBuf slab, Buffer received, int from, int count) {
        // The only public way to these bytes is a copy on the heap.
        ByteBuf bytes = ((BufferInternal) received).getByteBuf();
        slab.writeBytes(bytes, bytes.readerIndex() + from, count);
    }

    /** A slab's bytes as a socket takes them, uncopied: whoever owns the slab keeps it until they are written. */
    public static Buffer borrowed(ByteBuf slab) {
        // A slice begins at the first byte, which buffers would look for at 0.
        return BufferInternal.buffer(slab.slice());
    }
}
