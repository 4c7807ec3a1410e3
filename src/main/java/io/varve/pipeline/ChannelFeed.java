package io.varve.pipeline;

import io.netty.buffer.ByteBuf;
import io.varve.bus.SlabSink;
import io.varve.bus.Slabs;
import io.vertx.core.Context;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Bytes of a channel that blocks. */
final class ChannelFeed extends BlockingFeed {
    private final Opening opening;
    private final long most;

    /** Opens the channel, which is closed behind its last byte. */
    @FunctionalInterface
    interface Opening {
        ReadableByteChannel open() throws IOException;
    }

    /** @param most how many bytes there should be; fewer is not noticed here */
    ChannelFeed(Opening opening, long most) {
        this.opening = opening;
        this.most = most;
    }

    /** The first bytes of a file. */
    static ChannelFeed of(Path file, long bytes) {
        return new ChannelFeed(() -> FileChannel.open(file, StandardOpenOption.READ), bytes);
    }

    @Override
    void run(SlabSink sink, Context context) throws IOException, InterruptedException {
        try (ReadableByteChannel in = opening.open()) {
            long left = most;
            while (left > 0) {
                ByteBuf slab = Slabs.allocate();
                int got = 0;
                try {
                    got = fill(in, slab, left);
                } finally {
                    if (got == 0) {
                        slab.release();
                    }
                }
                if (got == 0) {
                    return;
                }
                left -= got;
                hand(slab, sink, context);
            }
        }
    }

    /** Fills the slab from its start, as far as the channel has bytes and {@code most} allows; 0 at the end. */
    private static int fill(ReadableByteChannel in, ByteBuf slab, long most) throws IOException {
        ByteBuffer space = slab.nioBuffer(0, (int) Math.min(slab.capacity(), most));
        while (space.hasRemaining() && in.read(space) >= 0) {
            // A channel may give a slab in pieces.
        }
        slab.writerIndex(space.position());
        return space.position();
    }
}
