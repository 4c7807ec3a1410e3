package io.varve.encode;

import io.netty.buffer.ByteBuf;
import io.varve.bus.Bus;
import io.varve.bus.End;
import io.varve.bus.Flow;
import io.varve.bus.Here;
import io.varve.bus.Local;
import io.varve.bus.Outlet;
import io.varve.bus.Parcel;
import io.varve.bus.Slabs;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The tar of a layer on its way through the encoder: slabs of the tar in, compressed slabs out. Segments are encoded on all threads that
 * compute, and go on in their order.
 */
public final class EncodeFlow implements Flow {
    /**
     * For whom a stream is encoded.
     *
     * @param to the flow that takes what comes out
     * @param segments how many may be on their way at once
     * @param encoded hears how many bytes came out so far; returns at once
     */
    public record Open(Encoding encoding, String to, int segments, LongConsumer encoded) implements Local {}

    private final Context context;
    private final WorkerExecutor computing;
    private final Open open;
    private final Outlet outlet;
    private final SegmentedStream stream;
    // What was cut, each done when it and all before it were handed on.
    private final Queue<Future<Void>> onTheirWay = new ArrayDeque<>();
    private Future<Void> last;
    private long produced;
    // The slab that is being filled.
    private @Nullable ByteBuf out;

    /**
     * @param context the flow's own
     * @param computing where segments are encoded
     */
    public EncodeFlow(Context context, Bus bus, WorkerExecutor computing, Open open) {
        this.context = context;
        this.computing = computing;
        this.open = open;
        outlet = new Outlet(bus, open.to(), 0);
        stream = new SegmentedStream(open.encoding().encoder());
        byte[] head = stream.head();
        last = append(new Encoder.Encoded(head, head.length), 0);
    }

    @Override
    public Future<?> receive(Local message) {
        return switch (message) {
            case Parcel parcel -> take(parcel);
            case End end -> finish();
            default -> throw new IllegalArgumentException("no message for an encoder: " + message);
        };
    }

    private Future<Void> take(Parcel parcel) {
        ByteBuf slab = parcel.claim();
        if (slab != null) {
            try {
                stream.take(slab);
            } finally {
                slab.release();
            }
        }
        for (Callable<Encoder.Encoded> next = stream.next(); next != null; next = stream.next()) {
            begin(next);
        }
        return room();
    }

    private void begin(Callable<Encoder.Encoded> segment) {
        Future<Encoder.Encoded> encoding =
                Here.on(context, computing.executeBlocking(segment, false)).map(Objects::requireNonNull);
        Future<Void> before = last;
        last = encoding.compose(encoded -> before.compose(handed -> append(encoded, 0)));
        onTheirWay.add(last);
    }

    private Future<Void> room() {
        Future<Void> first = onTheirWay.peek();
        while (first != null && first.succeeded()) {
            onTheirWay.remove();
            first = onTheirWay.peek();
        }
        if (first == null || onTheirWay.size() < open.segments()) {
            return Future.succeededFuture();
        }
        return first.compose(done -> room());
    }

    /** Hands on what is encoded, slab by slab. */
    private Future<Void> append(Encoder.Encoded encoded, int from) {
        if (outlet.broken().isComplete()) {
            // It may have been at work while the flow was closed.
            return outlet.broken();
        }
        int at = from;
        while (at < encoded.length()) {
            ByteBuf slab = out == null ? Slabs.allocate() : out;
            out = slab;
            int count = Math.min(slab.writableBytes(), encoded.length() - at);
            slab.writeBytes(encoded.bytes(), at, count);
            at += count;
            produced += count;
            if (!slab.isWritable()) {
                out = null;
                outlet.hand(slab);
                open.encoded().accept(produced);
                Future<Void> ready = outlet.ready();
                if (!ready.succeeded()) {
                    int next = at;
                    return ready.compose(room -> append(encoded, next));
                }
            }
        }
        return Future.succeededFuture();
    }

    private Future<Void> finish() {
        Callable<Encoder.Encoded> rest = stream.last();
        if (rest != null) {
            begin(rest);
        }
        return last.compose(all -> {
                    byte[] tail = stream.tail();
                    return append(new Encoder.Encoded(tail, tail.length), 0);
                })
                .compose(all -> {
                    ByteBuf slab = out;
                    if (slab != null && slab.isReadable()) {
                        out = null;
                        outlet.hand(slab);
                    }
                    open.encoded().accept(produced);
                    return outlet.end();
                });
    }

    @Override
    public void cancel() {
        outlet.fail(Failure.of(Category.CANCELLED, "the flow has ended"));
    }

    @Override
    public void close() {
        cancel();
        if (out != null) {
            out.release();
            out = null;
        }
    }
}
