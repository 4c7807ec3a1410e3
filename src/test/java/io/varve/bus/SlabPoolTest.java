package io.varve.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SlabPoolTest {
    private final SlabPool pool = new SlabPool();

    @Test
    void nextOwnerGetsWhatWasReleasedLastAndFindsItEmpty() {
        ByteBuf first = take();
        ByteBuf last = take();
        last.writeLong(7).skipBytes(3).markReaderIndex();
        first.release();
        last.release();

        ByteBuf next = take();

        assertThat(next.isReadable()).isFalse();
        assertThat(next.resetReaderIndex().readerIndex()).isZero();
        assertThat(next.writableBytes()).isEqualTo(Slabs.SIZE);
        assertThat(next.getLong(0))
                .as("the memory of the one that was released last")
                .isEqualTo(7);
        next.release();
        assertThat(memory()).isEqualTo(2L * Slabs.SIZE);
    }

    @Test
    void slicesKeepTheirSlabUntilTheLastOfThemIsReleased() {
        ByteBuf slab = take();
        ByteBuf slice = slab.writeLong(7).readRetainedSlice(8);
        slab.release();

        ByteBuf other = take();
        other.writeLong(8);

        assertThat(slice.readLong()).isEqualTo(7);
        slice.release();
        other.release();
    }

    @Test
    void hasOneSize() {
        ByteBuf slab = take();
        try {
            assertThatThrownBy(() -> slab.capacity(1)).isInstanceOf(UnsupportedOperationException.class);
            assertThatThrownBy(() -> slab.setIndex(Slabs.SIZE, Slabs.SIZE).writeByte(1))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        } finally {
            slab.release();
        }
    }

    @Test
    void whatNobodyNeedsIsGivenBack() {
        List<ByteBuf> peak = Stream.generate(this::take).limit(4).toList();
        ByteBuf used = take();
        peak.forEach(ByteBuf::release);

        pool.trim();
        assertThat(memory()).as("all were needed since the pool was made").isEqualTo(5L * Slabs.SIZE);

        take().release();
        pool.trim();
        assertThat(memory()).as("one was needed, and one has an owner").isEqualTo(2L * Slabs.SIZE);

        pool.trim();
        assertThat(memory()).as("one has an owner").isEqualTo(Slabs.SIZE);
        assertThat(used.writeLong(7).readLong()).isEqualTo(7);
        used.release();
    }

    @Test
    void eachSlabHasOneOwnerWhateverThreadsTakeReleaseAndTrim() throws Exception {
        Callable<Void> owner = () -> {
            long mine = Thread.currentThread().threadId();
            for (int turn = 0; turn < 20_000; turn++) {
                ByteBuf slab = take();
                slab.writeLong(mine);
                Thread.onSpinWait();
                assertThat(slab.readLong()).isEqualTo(mine);
                slab.release();
            }
            return null;
        };
        Callable<Void> trimming = () -> {
            for (int turn = 0; turn < 200; turn++) {
                pool.trim();
            }
            return null;
        };

        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (Future<Void> each : threads.invokeAll(List.of(owner, owner, owner, trimming))) {
                each.get();
            }
        }

        pool.trim();
        pool.trim();
        assertThat(memory()).isZero();
    }

    private ByteBuf take() {
        return pool.directBuffer(Slabs.SIZE, Slabs.SIZE);
    }

    private long memory() {
        return pool.metric().usedDirectMemory();
    }
}
