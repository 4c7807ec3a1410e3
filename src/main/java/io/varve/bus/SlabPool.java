package io.varve.bus;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetric;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.buffer.UnpooledDirectByteBuf;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Slabs that were released and wait for their next owner, who gets the one that was released last. Netty's own pool gives most of
 * what a pull has needed back to the system as soon as it has ended, and memory that is new costs a page fault for each page of it.
 *
 * <p>Any thread.
 */
final class SlabPool extends AbstractByteBufAllocator implements ByteBufAllocatorMetricProvider {

    // The one that was released last is the last. Its lock is held for no longer than a slab takes from there to here.
    private final Deque<Slab> free = new ArrayDeque<>();
    // The fewest that were free since the last trimming, which nobody has needed. Of the same lock.
    private int unneeded;
    private final AtomicInteger existing = new AtomicInteger();
    // Who measures refers to it weakly.
    private final ByteBufAllocatorMetric metric = new Memory();

    /** Gives back to the system what nobody has needed since this was called the last time. May take a millisecond for every ten slabs. */
    void trim() {
        List<Slab> given = new ArrayList<>();
        synchronized (free) {
            for (int i = 0; i < unneeded; i++) {
                given.add(free.removeFirst());
            }
            unneeded = free.size();
        }
        given.forEach(Slab::giveBack);
    }

    private Slab take() {
        synchronized (free) {
            Slab last = free.pollLast();
            if (last != null) {
                unneeded = Math.min(unneeded, free.size());
                last.reuse();
                return last;
            }
        }
        return new Slab();
    }

    private void keep(Slab released) {
        synchronized (free) {
            free.addLast(released);
        }
    }

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
        return toLeakAwareBuffer(take());
    }

    @Override
    protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
        throw new UnsupportedOperationException("slabs are direct");
    }

    @Override
    public boolean isDirectBufferPooled() {
        return true;
    }

    @Override
    public ByteBufAllocatorMetric metric() {
        return metric;
    }

    private final class Memory implements ByteBufAllocatorMetric {
        @Override
        public long usedHeapMemory() {
            return 0;
        }

        @Override
        public long usedDirectMemory() {
            return (long) existing.get() * Slabs.SIZE;
        }
    }

    private final class Slab extends UnpooledDirectByteBuf {

        Slab() {
            super(ByteBufAllocator.DEFAULT, Slabs.SIZE, Slabs.SIZE);
            existing.incrementAndGet();
        }

        void reuse() {
            resetRefCnt();
            clear();
            markReaderIndex();
            markWriterIndex();
        }

        void giveBack() {
            super.deallocate();
            existing.decrementAndGet();
        }

        @Override
        public ByteBuf capacity(int newCapacity) {
            throw new UnsupportedOperationException("slabs have one size");
        }

        @Override
        protected void deallocate() {
            keep(this);
        }
    }
}
