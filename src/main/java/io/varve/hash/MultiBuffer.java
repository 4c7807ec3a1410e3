package io.varve.hash;

import io.netty.buffer.ByteBuf;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Hashes streams of SHA-256 together, for processors that have no instructions for it. Each stream lets a few of its slabs wait.
 * The one that has too many waiting hashes its first, and with it the first of every other stream that has one: nobody
 * waits for others to have something, and whoever has to hash takes along what there is.
 *
 * <p>Safe for any thread.
 */
final class MultiBuffer {
    /** A few slabs, so that streams of different pace find each other. */
    static final long ENOUGH_BYTES = 1 << 20;

    /** Some more, while others are at work on the first one: whoever brings them would have to wait for that. */
    static final long WAITING_BYTES = ENOUGH_BYTES + (512 << 10);

    private final HashState states;
    private final int worth;

    private final Lock lock = new ReentrantLock();
    private final Condition left = lock.newCondition();
    // Those that have something and that nobody is at work on, the one that waits for the longest time first.
    private final Set<Line> waiting = new LinkedHashSet<>();

    /** @param worth how many streams have to be there for it to pay */
    MultiBuffer(HashState states, int worth) {
        this.states = states;
        this.worth = worth;
    }

    /** Null while nobody knows that it pays here; the first call begins to find out, in the background. */
    static @Nullable MultiBuffer get() {
        return MultiBufferTrial.proven();
    }

    int worth() {
        return worth;
    }

    /** @param sha256 which is for the line alone from now on, but when it is settled */
    Line line(MessageDigest sha256) {
        return new Line(sha256);
    }

    /** A slab that waits, and what of it is not hashed. */
    private record Piece(ByteBuf owned, ByteBuffer bytes, int size) {}

    /** One stream's slabs, in their order. Its owner is one thread at a time; others may be at work on the first one. */
    final class Line implements AutoCloseable {
        private final MessageDigest hash;
        private final Sha256Lanes lanes = new Sha256Lanes();

        // Under the lock.
        private final Queue<Piece> pieces = new ArrayDeque<>();
        private long bytes;
        // Not null while somebody is at work on it, whose it is then.
        private @Nullable Piece taken;

        private Line(MessageDigest hash) {
            this.hash = hash;
        }

        /** Retains the slab until it is hashed, which may be now. */
        void add(ByteBuf borrowed) {
            int size = borrowed.readableBytes();
            if (size == 0) {
                return;
            }
            lock.lock();
            try {
                pieces.add(new Piece(borrowed.retain(), borrowed.nioBuffer(), size));
                bytes += size;
                if (taken == null) {
                    waiting.add(this);
                }
            } finally {
                lock.unlock();
            }
            hashUntil(ENOUGH_BYTES, WAITING_BYTES);
        }

        /** Returns when nothing waits any more, and the hash is the owner's. */
        void settle() {
            hashUntil(0, 0);
        }

        /** @param most if others are at work on it */
        private void hashUntil(long enough, long most) {
            List<Line> group = take(this, enough, most);
            while (!group.isEmpty()) {
                try {
                    hash(group);
                } finally {
                    giveBack(group);
                }
                group = take(this, enough, most);
            }
        }

        @Override
        public void close() {
            lock.lock();
            try {
                while (taken != null) {
                    left.awaitUninterruptibly();
                }
                waiting.remove(this);
                pieces.forEach(each -> each.owned().release());
                pieces.clear();
                bytes = 0;
            } finally {
                lock.unlock();
            }
        }

        /** Of whoever took it. */
        private ByteBuffer rest() {
            return Objects.requireNonNull(taken).bytes();
        }

        private int blocks() {
            return rest().remaining() / Sha256Lanes.BLOCK_BYTES;
        }

        /** Alone, so far that a block begins, if there is as much. */
        private void align() {
            while (states.lacking(hash) > 0 && rest().hasRemaining()) {
                alone(Math.min(states.lacking(hash), rest().remaining()));
            }
        }

        private void alone(int count) {
            ByteBuffer rest = rest();
            hash.update(rest.slice(rest.position(), count));
            rest.position(rest.position() + count);
        }
    }

    /** The line and others that have something, for the caller alone; none when there is nothing for him to do, or not now. */
    private List<Line> take(Line mine, long enough, long most) {
        List<Line> group = new ArrayList<>(Sha256Lanes.LANES);
        lock.lock();
        try {
            while (mine.taken != null && mine.bytes > most) {
                left.awaitUninterruptibly();
            }
            if (mine.taken == null && mine.bytes > enough) {
                waiting.remove(mine);
                group.add(mine);
                if (group.size() + waiting.size() >= worth) {
                    Iterator<Line> others = waiting.iterator();
                    while (group.size() < Sha256Lanes.LANES && others.hasNext()) {
                        group.add(others.next());
                        others.remove();
                    }
                }
                group.forEach(each -> each.taken = each.pieces.peek());
            }
            return group;
        } finally {
            lock.unlock();
        }
    }

    private void giveBack(List<Line> group) {
        lock.lock();
        try {
            for (Line each : group) {
                Piece piece = Objects.requireNonNull(each.taken);
                each.taken = null;
                if (!piece.bytes().hasRemaining()) {
                    each.pieces.remove();
                    each.bytes -= piece.size();
                    piece.owned().release();
                }
                if (!each.pieces.isEmpty()) {
                    waiting.add(each);
                }
            }
            left.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** All that is taken of the first one, and of the others what goes along. */
    private void hash(List<Line> group) {
        Line mine = group.getFirst();
        group.forEach(Line::align);
        List<Line> together = withBlocks(group);
        while (mine.blocks() > 0 && together.size() >= worth) {
            compress(mine.lanes, together);
            together = withBlocks(group);
        }
        for (Line each : group) {
            // What is left of a block; or more, of one that has found no company.
            if (each == mine || each.blocks() == 0) {
                each.alone(each.rest().remaining());
            }
        }
    }

    private static List<Line> withBlocks(List<Line> group) {
        return group.stream().filter(each -> each.blocks() > 0).toList();
    }

    private void compress(Sha256Lanes lanes, List<Line> together) {
        int blocks = together.stream().mapToInt(Line::blocks).min().orElseThrow();
        int bytes = blocks * Sha256Lanes.BLOCK_BYTES;
        lanes.compress(
                together.stream().map(each -> states.words(each.hash)).toList(),
                together.stream()
                        .map(each -> MemorySegment.ofBuffer(each.rest()))
                        .toList(),
                blocks);
        for (Line each : together) {
            states.advance(each.hash, bytes);
            each.rest().position(each.rest().position() + bytes);
        }
    }
}
