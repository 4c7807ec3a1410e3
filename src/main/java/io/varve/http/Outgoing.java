package io.varve.http;

import io.varve.bus.Budget;
import io.varve.bus.Slabs;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.util.Objects;
import java.util.concurrent.Callable;

/** What bodies on their way out share: the workers that read files, and the memory for slabs. Belongs to one event loop. */
public final class Outgoing {
    private final Context context;
    private final WorkerExecutor workers;
    private final WorkerExecutor streams;
    private final Shared memory;

    /**
     * @param workers read what is sent; waited for by nobody for long
     * @param streams write to readers, who may be slow
     */
    public Outgoing(Context context, WorkerExecutor workers, WorkerExecutor streams, Budget memory) {
        this.context = context;
        this.workers = workers;
        this.streams = streams;
        this.memory = new Shared(context, memory);
    }

    /** Does what waits for the disk. */
    public <T> Future<T> disk(Callable<T> blocking) {
        return workers.executeBlocking(blocking, false).map(Objects::requireNonNull);
    }

    /**
     * Sends bytes of a file as the body of an answer whose head is set and not written yet.
     *
     * @param file is opened when there is memory for its bytes
     * @return when nothing of it is held any more; fails when not all of it was sent
     */
    Future<Void> send(Callable<? extends Bytes> file, long first, long length, Reader reader) {
        long bytes = Math.min(Body.WINDOW * (long) Slabs.SIZE, Math.ceilDiv(length, Slabs.SIZE) * Slabs.SIZE);
        return memory.with(
                bytes,
                reader,
                () -> disk(file::call)
                        .compose((Bytes open) -> new Body(this, reader, open, first, first + length)
                                .sent()
                                .eventually(() -> disk(() -> {
                                    open.close();
                                    return true;
                                }))));
    }

    /** Writes to the channel; blocks as it does. */
    @FunctionalInterface
    public interface Writing {
        void to(WritableByteChannel channel) throws IOException;
    }

    /**
     * Sends what a thread writes as the body of an answer whose head is set and not written yet. At most so many are written at once;
     * the others wait for their turn.
     *
     * @return when nothing is held for it any more; fails when not all of it was sent
     */
    public Future<Void> stream(Writing writing, Reader reader) {
        return memory.with(
                        ResponseChannel.BYTES,
                        reader,
                        () -> streams.executeBlocking(
                                () -> {
                                    try (ResponseChannel channel = new ResponseChannel(context, reader)) {
                                        writing.to(channel);
                                        channel.end();
                                        return true;
                                    }
                                },
                                false))
                .mapEmpty();
    }
}
