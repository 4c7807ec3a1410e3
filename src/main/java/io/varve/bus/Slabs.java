package io.varve.bus;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;

/** Where slabs come from: the process's one pool of them. Any thread. */
public final class Slabs {
    /** Bytes in a slab. Smaller ones cost more hand-overs for the same bytes, and larger ones save nothing. */
    public static final int SIZE = 256 * 1024;

    private static final SlabPool POOL = new SlabPool();

    private Slabs() {}

    /** An empty slab that can hold {@link #SIZE} bytes and never more; the caller owns it. */
    public static ByteBuf allocate() {
        return POOL.directBuffer(SIZE, SIZE);
    }

    /** Gives back to the system the memory of slabs that nobody has needed since this was called the last time. Blocks for some milliseconds. */
    public static void trim() {
        POOL.trim();
    }

    /** How much memory slabs have: those that have an owner, and those that wait for one. */
    public static ByteBufAllocatorMetricProvider memory() {
        return POOL;
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
