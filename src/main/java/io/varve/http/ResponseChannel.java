package io.varve.http;

import io.netty.buffer.ByteBuf;
import io.varve.bus.Slabs;
import io.vertx.core.Context;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer for a thread that may block, and is blocked while the reader is slow: it gathers slabs, two of which are on
 * their way at most. For one thread at a time.
 */
public final class ResponseChannel implements WritableByteChannel {
    /** Slabs that the socket has not taken yet. */
    private static final int WINDOW = 2;

    /** Bytes of memory that one takes. */
    static final long BYTES = (WINDOW + 1L) * Slabs.SIZE;

    private final Context context;
    private final Reader reader;
    private final Semaphore window = new Semaphore(WINDOW);
    private volatile boolean broken;

    // The thread's.
    private @Nullable ByteBuf slab;
    private boolean closed;

    /** @param reader of an answer whose head is set and not written yet */
    ResponseChannel(Context context, Reader reader) {
        this.context = context;
        this.reader = reader;
        reader.gone().onFailure(reason -> broken());
    }

    private void broken() {
        broken = true;
        // Whoever waits for room is to see it.
        window.release();
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        int count = source.remaining();
        while (source.hasRemaining()) {
            check();
            ByteBuf into = slab;
            if (into == null) {
                into = Slabs.allocate();
                slab = into;
            }
            int piece = Math.min(source.remaining(), Slabs.SIZE - into.writerIndex());
            into.writeBytes(source.duplicate().limit(source.position() + piece));
            source.position(source.position() + piece);
            if (into.writerIndex() == Slabs.SIZE) {
                flush();
            }
        }
        return count;
    }

    private void check() throws ClosedChannelException {
        if (broken || closed) {
            throw new ClosedChannelException();
        }
    }

    /** Hands over what was gathered. */
    private void flush() throws IOException {
        ByteBuf full = slab;
        if (full == null) {
            return;
        }
        acquire(1);
        check();
        slab = null;
        context.runOnContext(now -> reader.takes(reader.response().write(Slabs.borrowed(full)))
                .onComplete(written -> {
                    full.release();
                    if (written.failed()) {
                        broken = true;
                    }
                    window.release();
                }));
    }

    private void acquire(int permits) throws IOException {
        try {
            window.acquire(permits);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClosedChannelException();
        }
    }

    @Override
    public boolean isOpen() {
        return !closed && !broken;
    }

    /** Completes the body; returns when the socket has taken all of it. */
    void end() throws IOException {
        flush();
        acquire(WINDOW);
        check();
    }

    /** Gives back what was gathered and not handed over. */
    @Override
    public void close() {
        closed = true;
        ByteBuf left = slab;
        slab = null;
        if (left != null) {
            left.release();
        }
    }
}
