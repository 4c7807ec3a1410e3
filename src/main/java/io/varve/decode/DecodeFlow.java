package io.varve.decode;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
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
import io.varve.oci.Compression;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** One layer on its way through the decoder: compressed slabs in, slabs of its tar out. */
public final class DecodeFlow implements Flow {

    /**
     * For whom a stream is decoded. What it is its first bytes say: registries hold layers that are labelled wrongly.
     *
     * @param to the flow that takes the tar
     * @param decoded hears how many bytes of the tar there were so far; returns at once
     * @param reserved bytes that the decoder may hold without asking
     * @param memory where it asks if it turns out to need more
     */
    public record Open(DecodeLimits limits, String to, LongConsumer decoded, long reserved, Memory memory)
            implements Local {}

    /** Where more memory is asked for. */
    @FunctionalInterface
    public interface Memory {
        /**
         * Completes when there is room for the largest window that is allowed, on any thread; fails when there is none just then, and who
         * asks is not to wait for it. A decoder asks once: if each held some of what all need, all could wait for ever.
         */
        Future<?> reserve();
    }

    /** Bytes that a decoder holds, with the windows that nearly everybody writes. */
    public static long usualState(Compression compression) {
        return switch (compression) {
            // What is labelled as a tar may be compressed all the same.
            case NONE, GZIP -> IsalInflate.STATE_BYTES;
            case ZSTD -> 9 << 20;
        };
    }

    private final Context context;
    private final Open open;
    private final Outlet outlet;
    private @Nullable Decoder decoder;
    // The first bytes, while they are too few to say what the stream is, and until they are decoded.
    private @Nullable ByteBuf head;
    // The slab of the tar that is being filled.
    private @Nullable ByteBuf tar;
    private boolean asked;

    /** @param context the flow's own */
    public DecodeFlow(Context context, Bus bus, Open open) {
        this.context = context;
        this.open = open;
        outlet = new Outlet(bus, open.to(), 0);
    }

    @Override
    public Future<?> receive(Local message) {
        return switch (message) {
            case Parcel parcel -> decode(parcel);
            case End end -> finish();
            default -> throw new IllegalArgumentException("no message for a decoder: " + message);
        };
    }

    private Future<Void> decode(Parcel parcel) {
        ByteBuf compressed = parcel.claim();
        if (compressed == null) {
            return outlet.ready();
        }
        boolean done = false;
        try {
            Future<Void> decoded = take(compressed);
            done = true;
            return decoded.onComplete(end -> compressed.release());
        } finally {
            if (!done) {
                compressed.release();
            }
        }
    }

    /** A slab is borrowed until the future completes. Connections break, so the first one may hold less than any magic. */
    private Future<Void> take(ByteBuf borrowed) {
        if (decoder != null) {
            return decode(decoder, borrowed);
        }
        if (head == null && borrowed.readableBytes() >= Decoders.SNIFFED_BYTES) {
            return decode(decoder(borrowed), borrowed);
        }
        ByteBuf first = head == null ? Unpooled.directBuffer(Decoders.SNIFFED_BYTES, Decoders.SNIFFED_BYTES) : head;
        head = first;
        first.writeBytes(borrowed, Math.min(first.writableBytes(), borrowed.readableBytes()));
        return first.isWritable() ? outlet.ready() : decodeHead(first).compose(decoded -> take(borrowed));
    }

    private Future<Void> decodeHead(ByteBuf first) {
        return decode(decoder(first), first).onSuccess(decoded -> {
            first.release();
            head = null;
        });
    }

    private Future<Void> decode(Decoder into, ByteBuf compressed) {
        Promise<Void> done = Promise.promise();
        decode(into, compressed, done);
        return done.future();
    }

    /**
     * Goes on until the input is used up, and waits in between wherever the tar finds no room. Not composed: few bytes may become
     * thousands of slabs, and so long a chain of futures comes to no end ({@link io.varve.bus.InTurn}).
     */
    private void decode(Decoder into, ByteBuf compressed, Promise<Void> done) {
        try {
            Decoder.Progress progress;
            Future<Void> room;
            do {
                ByteBuf out = tar == null ? Slabs.allocate() : tar;
                tar = out;
                progress = into.decode(compressed, out);
                open.decoded().accept(into.produced());
                room = room(into, out);
            } while (progress == Decoder.Progress.NEEDS_OUTPUT && room.succeeded());
            if (progress == Decoder.Progress.NEEDS_INPUT) {
                room.onComplete(done);
            } else {
                room.onFailure(done::fail).onSuccess(ready -> decode(into, compressed, done));
            }
        } catch (Throwable thrown) {
            done.fail(thrown);
        }
    }

    /** When there is room for more, in the window and for the decoder. */
    private Future<Void> room(Decoder into, ByteBuf out) {
        Future<Void> room = Future.succeededFuture();
        if (!out.isWritable()) {
            tar = null;
            outlet.hand(out);
            room = outlet.ready();
        }
        if (!asked && into.stateBytes() > open.reserved()) {
            asked = true;
            // Whoever has what came so far may find that it is nothing: then no more is wanted.
            room = room.compose(ready -> outlet.taken()).compose(taken -> memory());
        }
        return room;
    }

    /** It may be given when others have ended, and is waited for no longer than anybody wants what comes out. */
    private Future<Void> memory() {
        Promise<Void> first = Promise.promise();
        Here.on(context, open.memory().reserve())
                .onSuccess(given -> first.tryComplete())
                .onFailure(first::tryFail);
        outlet.broken().onFailure(first::tryFail);
        return first.future();
    }

    /** Which one the first bytes ask for. */
    private Decoder decoder(ByteBuf borrowedHead) {
        Decoder made = Decoders.of(Decoders.sniff(borrowedHead), open.limits());
        decoder = made;
        return made;
    }

    private Future<Void> finish() {
        ByteBuf first = head;
        return first == null ? end() : decodeHead(first).compose(decoded -> end());
    }

    private Future<Void> end() {
        if (decoder != null) {
            decoder.finish();
            // What was reserved for it is given back before the flow is closed.
            decoder.close();
        }
        ByteBuf last = tar;
        if (last == null || !last.isReadable()) {
            return outlet.end();
        }
        return outlet.ready().compose(ready -> {
            tar = null;
            outlet.hand(last);
            return outlet.end();
        });
    }

    @Override
    public void cancel() {
        outlet.fail(Failure.of(Category.CANCELLED, "the flow has ended"));
    }

    @Override
    public void close() {
        if (head != null) {
            head.release();
            head = null;
        }
        if (tar != null) {
            tar.release();
            tar = null;
        }
        if (decoder != null) {
            decoder.close();
        }
    }
}
