package io.varve.pipeline;

import io.netty.buffer.ByteBuf;
import io.varve.bus.SlabSink;
import io.varve.failure.Failure;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Bytes that a virtual thread hands over, which may block, and which an interrupt ends when nobody wants them any more. */
abstract sealed class BlockingFeed implements Feed permits ChannelFeed, WrittenFeed {
    /** Hands over all there is. */
    abstract void run(SlabSink sink, Context context) throws IOException, InterruptedException;

    @Override
    public Future<Void> into(SlabSink sink, Context context) {
        Promise<Void> done = Promise.promise();
        Thread feeder = Thread.ofVirtual().name("feed").unstarted(() -> {
            try {
                run(sink, context);
                context.runOnContext(now -> done.complete());
            } catch (Throwable thrown) {
                context.runOnContext(now -> done.fail(thrown));
            }
        });
        sink.broken().onFailure(reason -> feeder.interrupt());
        feeder.start();
        // Whoever wants no more has the reason, and the feeder only an interrupt.
        return done.future()
                .recover(thrown -> Future.failedFuture(
                        sink.broken().failed() ? sink.broken().cause() : Failure.from(thrown)));
    }

    /** Returns when there is room for another. */
    static void hand(ByteBuf owned, SlabSink sink, Context context) throws InterruptedException {
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
