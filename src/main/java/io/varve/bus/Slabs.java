package io.varve.bus;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

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
}
