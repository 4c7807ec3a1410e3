package io.varve.registry;

import io.netty.buffer.ByteBuf;
import io.varve.bus.Budget;
import io.varve.bus.Slabs;
import io.varve.failure.Failure;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * A run of a blob's bytes that comes before its turn, and the slabs of it that nobody has taken yet. It has memory for all of
 * itself, so it never waits for anybody. Owned by the context that asks for the blob.
 */
final class Segment implements Response.Reader, AutoCloseable {
    private final long first;
    private final Budget.Reservation memory;
    private final Runnable over;
    private final Speed speed;
    private final Deque<ByteBuf> slabs = new ArrayDeque<>();

    // Where it ends: earlier than it was to, once it is known that no more comes.
    private long end;

    // Of the next byte to come.
    private long position;

    private @Nullable ByteBuf slab;
    private @Nullable Response response;
    private @Nullable Setback setback;
    private boolean ended;
    private boolean whole;
    private boolean left;
    private @Nullable Runnable taker;

    /**
     * @param end behind the last byte
     * @param memory closed with this
     * @param over called when nothing comes any more and the connection is free, for whichever reason but {@link #close}
     */
    Segment(long first, long end, Budget.Reservation memory, Runnable over, long now) {
        this.first = first;
        this.end = end;
        this.memory = memory;
        this.over = over;
        position = first;
        speed = new Speed(now);
    }

    long first() {
        return first;
    }

    /** Behind the last byte that comes. */
    long bound() {
        return end;
    }

    /** Bytes that are still to come. */
    long left() {
        return end - position;
    }

    Speed speed() {
        return speed;
    }

    /** Whether nothing comes any more. */
    boolean isEnded() {
        return ended;
    }

    /** Whether all of it has come. */
    boolean isWhole() {
        return whole;
    }

    /** Why it ended before it was whole; null when we have given it up. */
    @Nullable
    Setback setback() {
        return setback;
    }

    /** The body that brings it, byte for byte. */
    void take(Response from) {
        if (ended) {
            from.drop();
            return;
        }
        response = from;
        from.read(this);
        from.demand();
    }

    /** @param listener called when there is more to {@link #poll}, and when no more comes */
    void listen(Runnable listener) {
        taker = listener;
    }

    /** The next slab, which is the caller's then; null when there is none yet. */
    @Nullable
    ByteBuf poll() {
        return slabs.poll();
    }

    boolean isEmpty() {
        return slabs.isEmpty();
    }

    @Override
    public void chunk(Buffer bytes) {
        if (ended && !whole) {
            return;
        }
        try {
            take(bytes);
        } catch (Throwable thrown) {
            // For lack of memory: nobody else would notice, and the server would be waited for.
            if (response != null) {
                response.drop();
            }
            cut(Setback.of(Setback.Kind.GIVEN_UP, Failure.from(thrown)));
        }
    }

    private void take(Buffer bytes) {
        int count = (int) Math.min(bytes.length(), end - position);
        for (int at = 0; at < count; ) {
            ByteBuf into = slab;
            if (into == null) {
                into = Slabs.allocate();
                slab = into;
            }
            int part = Math.min(into.writableBytes(), count - at);
            Slabs.append(into, bytes, at, part);
            at += part;
            position += part;
            if (!into.isWritable() || position == end) {
                slabs.add(into);
                slab = null;
            }
        }
        speed.came(count);
        Response from = response;
        if (from != null) {
            if (count < bytes.length()) {
                from.drop();
                leave();
            } else {
                // Of the last bytes, too: the end is behind them, and then the connection is free.
                from.demand();
            }
        }
        if (position == end) {
            whole = true;
            finish();
        } else if (count > 0 && !slabs.isEmpty()) {
            tell();
        }
    }

    @Override
    public void end() {
        if (whole) {
            leave();
            return;
        }
        cut(Setback.of(Setback.Kind.PASSING, Failure.mismatch("size", position - first, end - first)));
    }

    @Override
    public void cut(Setback why) {
        if (whole) {
            leave();
        } else if (!ended) {
            setback = why;
            finish();
        }
    }

    /** No more is wanted of the server; what has come stays. */
    void abandon() {
        if (!ended) {
            if (response != null) {
                response.drop();
            }
            finish();
        }
    }

    private void finish() {
        if (ended) {
            return;
        }
        ended = true;
        end = position;
        if (slab != null) {
            slabs.add(slab);
            slab = null;
        }
        if (!whole) {
            leave();
        }
        tell();
    }

    private void tell() {
        Runnable listener = taker;
        if (listener != null) {
            listener.run();
        }
    }

    private void leave() {
        if (!left) {
            left = true;
            over.run();
        }
    }

    /** What was not taken is wanted by nobody. */
    @Override
    public void close() {
        ended = true;
        taker = null;
        if (response != null && !whole) {
            response.drop();
        }
        if (slab != null) {
            slab.release();
            slab = null;
        }
        slabs.forEach(ByteBuf::release);
        slabs.clear();
        memory.close();
    }
}
