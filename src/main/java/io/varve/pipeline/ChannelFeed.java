package io.varve.pipeline;

import io.netty.buffer.ByteBuf;
import io.varve.bus.SlabSink;
import io.varve.bus.Slabs;
import io.varve.failure.Failure;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Bytes of a channel that blocks, read by a virtual thread, which an interrupt ends when nobody wants them any more.
 *
 * @param most how many bytes there should be; fewer is not noticed here
 */
record ChannelFeed(Opening opening, long most) implements Feed {

    /** Opens the channel, which is closed behind its last byte. */
    @FunctionalInterface
    interface Opening {
        ReadableByteChannel open() throws IOException;
    }

    /** The first bytes of a file. */
    static ChannelFeed of(Path file, long bytes) {
        return new ChannelFeed(() -> FileChannel.open(file, StandardOpenOption.READ), bytes);
    }

    @Override
    public Future<Void> into(SlabSink sink, Context context) {
        Promise<Void> read = Promise.promise();
        Thread reader = Thread.ofVirtual().name("feed").unstarted(() -> {
            try {
                read(sink, context);
                context.runOnContext(now -> read.complete());
            } catch (Throwable thrown) {
                context.runOnContext(now -> read.fail(thrown));
            }
        });
        sink.broken().onFailure(reason -> reader.interrupt());
        reader.start();
        // Whoever wants no more has the reason, and the reader only an interrupt.
        return read.future()
                .recover(thrown -> Future.failedFuture(
                        sink.broken().failed() ? sink.broken().cause() : Failure.from(thrown)));
    }

    private void read(SlabSink sink, Context context) throws IOException, InterruptedException {
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

    /** Returns when there is room for another. */
    private static void hand(ByteBuf owned, SlabSink sink, Context context) throws InterruptedException {
        CompletableFuture<Void> room = new CompletableFuture<>();
        context.runOnContext(now -> {
            sink.hand(owned);
            sink.ready().onComplete(room::complete, room::completeExceptionally);
        });
        try {
            room.get();
        } catch (ExecutionException e) {
            throw Failure.from(e.getCause() == null ? e : e.getCause());
        }
    }
}
