package io.varve.bus;

import io.netty.buffer.ByteBuf;
import io.varve.failure.Failure;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.function.LongConsumer;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Hands slabs to a flow by reference, a small window of them at a time. It hears of the last of each group, and so of all of them,
 * when the flow has taken it; and when the flow has ended. Belongs to the context that it was made on.
 */
public final class Outlet implements SlabSink {
    /** Fewer stall the hand-over between threads; more gain nothing. */
    public static final int WINDOW = 4;

    /** The window has room for the next group while the flow is at one. */
    private static final int GROUP = WINDOW / 2;

    private static final Handler<AsyncResult<?>> NOBODY = done -> {};

    private final Bus bus;
    private final Context context;
    private final String address;
    private final Promise<Void> broken = Promise.promise();
    private final LongConsumer handed;
    private final LongFunction<Optional<Budget.Reservation>> memory;
    private long offset;
    private boolean begun;
    // On their way, the earliest first; the last few of them may be in a group that is not whole yet.
    private final Queue<Parcel> outstanding = new ArrayDeque<>(WINDOW);
    private int ungrouped;
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
        context = bus.context();
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
        if (!begun) {
            begun = true;
            bus.ask(address, Presence.PRESENCE).onFailure(ended -> fail(Failure.from(ended)));
        }
        ungrouped++;
        Parcel parcel = new Parcel(offset, owned, ungrouped < GROUP ? NOBODY : grouped());
        offset += owned.readableBytes();
        outstanding.add(parcel);
        handed.accept(offset);
        if (broken.future().isComplete()) {
            revoke(1);
        } else {
            bus.tell(address, parcel);
        }
    }

    /** What has to hear of the last of a group, or of what is behind it. */
    private Handler<AsyncResult<?>> grouped() {
        int group = ungrouped;
        ungrouped = 0;
        return done -> context.runOnContext(here -> {
            revoke(group);
            if (done.failed()) {
                fail(Failure.from(done.cause()));
            } else {
                advance();
            }
        });
    }

    /** What was on its way for the longest time is so no more, whoever has it. */
    private void revoke(int count) {
        for (int i = 0; i < count && !outstanding.isEmpty(); i++) {
            outstanding.remove().revoke();
        }
    }

    private void advance() {
        if (outstanding.size() < WINDOW && room != null) {
            Promise<Void> waiting = room;
            room = null;
            waiting.complete();
        }
        if (outstanding.isEmpty() && taken != null) {
            Promise<Void> waiting = taken;
            taken = null;
            waiting.complete();
        }
    }

    /** Nothing more is of use; the first reason stays. */
    public void fail(Failure failure) {
        if (broken.tryFail(failure)) {
            revoke(outstanding.size());
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
        if (outstanding.size() < WINDOW) {
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
        if (broken.future().isComplete() || outstanding.isEmpty()) {
            return broken.future().isComplete() ? broken.future() : Future.succeededFuture();
        }
        Promise<Void> all = taken == null ? Promise.promise() : taken;
        taken = all;
        if (ungrouped > 0) {
            bus.tell(address, new Mark(grouped()));
        }
        return all.future();
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
