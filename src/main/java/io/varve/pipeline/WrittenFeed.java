package io.varve.pipeline;

import io.netty.buffer.ByteBuf;
import io.varve.bus.SlabSink;
import io.varve.bus.Slabs;
import io.vertx.core.Context;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import org.jspecify.annotations.Nullable;

/** Bytes that somebody writes to a channel, who waits there while the sink has no room. */
public final class WrittenFeed extends BlockingFeed {
    private final Writing writing;

    /** Writes to the channel, which stays the caller's; blocks as it does, and may be interrupted. */
    @FunctionalInterface
    public interface Writing {
        void to(WritableByteChannel channel) throws IOException;
    }

    public WrittenFeed(Writing writing) {
        this.writing = writing;
    }

    @Override
    void run(SlabSink sink, Context context) throws IOException, InterruptedException {
        try (SlabChannel channel = new SlabChannel(sink, context)) {
            writing.to(channel);
            channel.flush();
        }
    }

    /** Owned by one thread. */
    private static final class SlabChannel implements WritableByteChannel {
        private final SlabSink sink;
        private final Context context;
        private @Nullable ByteBuf filling;

        SlabChannel(SlabSink sink, Context context) {
            this.sink = sink;
            this.context = context;
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            int count = bytes.remaining();
            while (bytes.hasRemaining()) {
                ByteBuf slab = filling == null ? Slabs.allocate() : filling;
                filling = slab;
                int piece = Math.min(slab.writableBytes(), bytes.remaining());
                slab.writeBytes(bytes.slice(bytes.position(), piece));
                bytes.position(bytes.position() + piece);
                if (!slab.isWritable()) {
                    flush();
                }
            }
            return count;
        }

        void flush() throws IOException {
            ByteBuf slab = filling;
            if (slab == null) {
                return;
            }
            filling = null;
            try {
                hand(slab, sink, context);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException();
            }
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            if (filling != null) {
                filling.release();
                filling = null;
            }
        }
    }
}
