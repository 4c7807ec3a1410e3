package io.varve.bus;

import io.netty.buffer.ByteBuf;
import io.vertx.core.AsyncResult;
import io.vertx.core.Handler;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One slab on its way to a flow, and where in the stream its first byte is. Exactly one side ends up owning the slab. */
public final class Parcel implements Handed {
    private final long offset;
    private final AtomicReference<@Nullable ByteBuf> content;
    private final Handler<AsyncResult<?>> over;

    /** @param over hears what became of it, on the flow's context */
    Parcel(long offset, ByteBuf owned, Handler<AsyncResult<?>> over) {
        this.offset = offset;
        content = new AtomicReference<>(owned);
        this.over = over;
    }

    @Override
    public void over(AsyncResult<?> done) {
        over.handle(done);
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
