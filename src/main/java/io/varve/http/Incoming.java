package io.varve.http;

import io.netty.buffer.ByteBuf;
import io.varve.bus.Budget;
import io.varve.bus.Slabs;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.LongFunction;

/**
 * What bodies on their way in share that are not for us to understand at once: the workers that take them, and the memory for what has
 * come. Their requests are paused until there is room. Belongs to one event loop.
 */
public final class Incoming {
    private final Context context;
    private final WorkerExecutor workers;
    private final Shared memory;
    private final Patience patience;

    /** @param workers take what comes; they wait for the disk, and for the store */
    public Incoming(Context context, WorkerExecutor workers, Budget memory, Patience patience) {
        this.context = context;
        this.workers = workers;
        this.memory = new Shared(context, memory);
        this.patience = patience;
    }

    /** Takes the bytes of a body in their order. Blocks, on a worker; not by two threads at once. */
    @FunctionalInterface
    public interface Sink {
        void accept(ByteBuf borrowed);
    }

    /** Does what waits for the disk. */
    public <T> Future<T> work(Callable<T> blocking) {
        return workers.executeBlocking(blocking, false).map(Objects::requireNonNull);
    }

    /** So much of something else that they share. */
    public Shared shared(long amount) {
        return new Shared(context, new Budget(amount));
    }

    /** Bytes of memory for all of them. */
    public long memory() {
        return memory.size();
    }

    Context context() {
        return context;
    }

    Patience patience() {
        return patience;
    }

    /**
     * Whether there may be a body; with HTTP/2 it need not be announced. To be called before the event loop does anything else, or while the
     * request is paused: that there is none is not heard then.
     */
    public static boolean mayCome(HttpServerRequest request) {
        return Framing.hasBody(request)
                || (request.version() == HttpVersion.HTTP_2
                        && request.getHeader(HttpHeaders.CONTENT_LENGTH) == null
                        && !request.isEnded());
    }

    /** How long the body is, as it was announced; -1 when it was not. */
    public static long length(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return length == null ? -1 : Long.parseLong(length);
    }

    /**
     * Hands the body of a paused request on as it comes, which takes as long as bytes come.
     *
     * @param until the rest is not taken when this fails
     * @return when nothing of it is held any more; fails when not all of it was taken, with what had come before it was cut off taken
     */
    public Future<Void> receive(Reader reader, Sink sink, Future<?> until) {
        if (!mayCome(reader.request())) {
            return Future.succeededFuture();
        }
        return memory.with(Arrival.WINDOW * (long) Slabs.SIZE, reader, () -> {
            Arrival arrival = new Arrival(this, reader.request(), sink);
            reader.garbled().onSuccess(wrong -> arrival.stop(new Garbled(wrong)));
            reader.gone().onFailure(arrival::stop);
            until.onFailure(arrival::stop);
            return arrival.taken();
        });
    }

    /**
     * Takes all of a small body of a paused request, which has {@link Patience#body} for it.
     *
     * @param tooLarge what to fail with when there are more bytes than that, of which so many are known
     * @param use what is done with it; the memory for it is kept until that has ended
     */
    public <T> Future<T> all(
            Reader reader,
            int most,
            LongFunction<? extends RuntimeException> tooLarge,
            Function<byte[], Future<T>> use) {
        long length = length(reader.request());
        if (length > most) {
            return Future.failedFuture(tooLarge.apply(length));
        }
        return mayCome(reader.request())
                ? memory.with(
                        held(reader.request(), most),
                        reader,
                        () -> whole(reader, most, tooLarge).compose(use))
                : use.apply(new byte[0]);
    }

    /** How much memory is kept for such a body. */
    public static long held(HttpServerRequest request, int most) {
        long length = length(request);
        return length < 0 ? most : length;
    }

    private Future<byte[]> whole(Reader reader, int most, LongFunction<? extends RuntimeException> tooLarge) {
        Buffer bytes = Buffer.buffer();
        Promise<byte[]> all = Promise.promise();
        HttpServerRequest request = reader.request();
        long timer = context.owner()
                .setTimer(
                        patience.body().toMillis(),
                        passed -> all.tryFail(
                                new Stalled("no end for " + patience.body().toSeconds() + " s (http.bodyTime)")));
        request.handler(piece -> {
            long came = bytes.length() + (long) piece.length();
            if (came > most) {
                all.tryFail(tooLarge.apply(came));
            } else if (!all.future().isComplete()) {
                bytes.appendBuffer(piece);
            }
        });
        reader.garbled().onSuccess(wrong -> all.tryFail(new Garbled(wrong)));
        reader.gone().onFailure(all::tryFail);
        request.endHandler(end -> all.tryComplete(bytes.getBytes()));
        request.exceptionHandler(cut -> all.tryFail(new Departure()));
        welcome(request);
        request.resume();
        return all.future().onComplete(done -> context.owner().cancelTimer(timer));
    }

    /** Nobody wants the rest of a paused request: what came already is in buffers that nobody else gives back. */
    public static void drop(HttpServerRequest request) {
        if (!request.isEnded()) {
            request.resume();
        }
    }

    /** Whoever waits to be asked for the body is. */
    public static void welcome(HttpServerRequest request) {
        if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            request.response().writeContinue();
        }
    }
}
