package io.varve.bus;

import io.netty.buffer.ByteBuf;
import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Hands slabs to a flow by reference, a small window of them at a time: each is a question, and answered when the flow has
 * room for another. Belongs to the context that it is used on.
 */
public final class Outlet implements SlabSink {
    /** Fewer stall the hand-over between threads; more gain nothing. */
    public static final int WINDOW = 4;

    private final Bus bus;
    private final String address;
    private final Promise<Void> broken = Promise.promise();
    private final LongConsumer handed;
    private final LongFunction<Optional<Budget.Reservation>> memory;
    private long offset;
    private int outstanding;
    // The one who waits for room, and the one who waits for all of it to be taken.
    private @Nullable Promise<Void> room;
    private @Nullable Promise<Void> taken;

    /** @param offset of the first byte, in the stream that the flow takes */
    public Outlet(Bus bus, String address, long offset) {
        this(bus, address, offset, far -> {}, bytes -> Optional.empty());
    }

    /**
     * @param handed hears how far in the stream it is with each slab; returns at once
     * @param memory what can be {@linkplain #spare spared}
     */
    public Outlet(
            Bus bus,
            String address,
            long offset,
            LongConsumer handed,
            LongFunction<Optional<Budget.Reservation>> memory) {
        this.bus = bus;
        this.address = address;
        this.offset = offset;
        this.handed = handed;
        this.memory = memory;
    }

    @Override
    public Optional<Budget.Reservation> spare(long bytes) {
        return memory.apply(bytes);
    }

    @Override
    public void hand(ByteBuf owned) {
        Parcel parcel = new Parcel(offset, owned);
        offset += owned.readableBytes();
        outstanding++;
        handed.accept(offset);
        bus.ask(address, parcel).onComplete(answer -> {
            parcel.revoke();
            outstanding--;
            if (answer.failed()) {
                fail(Failure.from(answer.cause()));
            } else {
                advance();
            }
        });
    }

    private void advance() {
        if (outstanding < WINDOW && room != null) {
            Promise<Void> waiting = room;
            room = null;
            waiting.complete();
        }
        if (outstanding == 0 && taken != null) {
            Promise<Void> waiting = taken;
            taken = null;
            waiting.complete();
        }
    }

    /** Nothing more is of use; the first reason stays. */
    public void fail(Failure failure) {
        if (broken.tryFail(failure)) {
            if (room != null) {
                room.fail(failure);
                room = null;
            }
            if (taken != null) {
                taken.fail(failure);
                taken = null;
            }
        }
    }

    @Override
    public Future<Void> ready() {
        if (broken.future().isComplete()) {
            return broken.future();
        }
        if (outstanding < WINDOW) {
            return Future.succeededFuture();
        }
        if (room != null) {
            throw new IllegalStateException("one producer waits for room at a time");
        }
        room = Promise.promise();
        return room.future();
    }

    @Override
    public Future<Void> broken() {
        return broken.future();
    }

    /** Completes when the flow has taken all that was handed over, and fails when it will not. */
    public Future<Void> taken() {
        if (broken.future().isComplete() || outstanding == 0) {
            return broken.future().isComplete() ? broken.future() : Future.succeededFuture();
        }
        if (taken == null) {
            taken = Promise.promise();
        }
        return taken.future();
    }

    /**
     * The stream has ended; completes when the flow, and whatever is behind it, holds all of it to be right, and fails at
     * once when nothing more {@linkplain #fail is of use}.
     */
    public Future<Void> end() {
        return taken().compose(all -> {
            Promise<Void> ended = Promise.promise();
            bus.<Void>ask(address, End.END).onComplete(answer -> {
                if (answer.succeeded()) {
                    ended.tryComplete();
                } else {
                    ended.tryFail(answer.cause());
                }
            });
            broken.future().onFailure(ended::tryFail);
            return ended.future();
        });
    }
}
