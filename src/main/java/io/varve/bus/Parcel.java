package io.varve.bus;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One slab on its way to a flow, and where in the stream its first byte is. Exactly one side ends up owning the slab. */
public final class Parcel implements Local {
    private final long offset;
    private final AtomicReference<@Nullable ByteBuf> content;

    Parcel(long offset, ByteBuf owned) {
        this.offset = offset;
        content = new AtomicReference<>(owned);
    }

    public long offset() {
        return offset;
    }

    /** The receiver owns it now; null when the sender has given up. */
    public @Nullable ByteBuf claim() {
        return content.getAndSet(null);
    }

    /** The sender gives up: it is released unless the receiver owns it. */
    void revoke() {
        ByteBuf slab = content.getAndSet(null);
        if (slab != null) {
            slab.release();
        }
    }
}
