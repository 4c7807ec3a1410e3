package io.varve.hash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.varve.content.Samples;
import io.varve.oci.Digest;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams that are hashed together come to what each of them comes to alone. */
class MultiBufferTest {
    private static final int SLAB = 256 << 10;

    private final List<ByteBuf> slabs = new ArrayList<>();
    private MultiBuffer together = new MultiBuffer(states(), 2);

    private static HashState states() {
        assumeTrue(HashState.KNOWN != null, "packages of java.base are open");
        return Objects.requireNonNull(HashState.KNOWN);
    }

    @AfterEach
    void everySlabIsGivenBack() {
        assertThat(slabs).allSatisfy(slab -> assertThat(slab.refCnt()).isZero());
    }

    private RunningHash begin() {
        return RunningHash.begin(Digest.Algorithm.SHA256, states(), () -> together);
    }

    private ByteBuf slab(byte[] bytes, int from, int to) {
        ByteBuf slab = ByteBufAllocator.DEFAULT.directBuffer(Math.max(1, to - from));
        slab.writeBytes(bytes, from, to - from);
        synchronized (slabs) {
            slabs.add(slab);
        }
        return slab;
    }

    /** As whoever decodes it does: its indices move, and then it is given back. */
    private void give(RunningHash hash, ByteBuf slab) {
        hash.update(slab);
        slab.skipBytes(slab.readableBytes());
        slab.release();
    }

    private static Digest digest(byte[] bytes) {
        return Samples.digest(Digest.Algorithm.SHA256, bytes);
    }

    /** A stream in pieces of its own, which may begin and end anywhere in a block. */
    private final class Stream implements AutoCloseable {
        private final byte[] bytes;
        private final Random random;
        private final RunningHash hash = begin();
        private int at;

        Stream(long seed) {
            random = new Random(seed);
            bytes = Samples.bytes(seed, random.nextInt(3 << 20));
        }

        boolean next() {
            int most = random.nextInt(4) == 0 ? 200 : SLAB;
            int end = Math.min(bytes.length, at + (random.nextBoolean() ? most : random.nextInt(most)));
            give(hash, slab(bytes, at, end));
            at = end;
            return at < bytes.length;
        }

        void end() {
            assertThat(hash.digest()).isEqualTo(digest(bytes));
        }

        @Override
        public void close() {
            hash.close();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8, 9, 20})
    void streamsOfAnyLengthsInPiecesOfAnyLengths(int count) {
        Random random = new Random(count);
        List<Stream> streams = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            streams.add(new Stream(100L * count + i));
        }
        while (!streams.isEmpty()) {
            Stream next = streams.get(random.nextInt(streams.size()));
            if (!next.next()) {
                next.end();
                next.close();
                streams.remove(next);
            }
        }
    }

    @Test
    void streamsOfManyThreads() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
            List<Future<?>> all = new ArrayList<>();
            for (long i = 0; i < 24; i++) {
                long seed = i;
                all.add(threads.submit(() -> {
                    try (Stream stream = new Stream(seed)) {
                        while (stream.next()) {
                            Thread.onSpinWait();
                        }
                        stream.end();
                    }
                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
        }
    }

    @Test
    void theOneWhoHasTooManyWaitingTakesTheOthersAlong() {
        byte[] bytes = Samples.bytes(1, SLAB);
        try (RunningHash mine = begin();
                RunningHash other = begin()) {
            ByteBuf waits = slab(bytes, 0, SLAB);
            other.update(waits);
            assertThat(waits.release()).as("waits").isFalse();
            ByteBuf first = slab(bytes, 0, SLAB);
            mine.update(first);
            for (long waiting = SLAB; waiting < MultiBuffer.ENOUGH_BYTES; waiting += SLAB) {
                give(mine, slab(bytes, 0, SLAB));
            }
            assertThat(first.release()).as("there is room for all").isFalse();
            assertThat(waits.refCnt()).isOne();
            give(mine, slab(bytes, 0, SLAB));
            assertThat(first.refCnt()).as("the first of mine").isZero();
            assertThat(waits.refCnt()).as("the other's").isZero();
        }
    }

    @Test
    void theOneWhoFindsTooFewHashesAlone() {
        together = new MultiBuffer(states(), 3);
        byte[] bytes = Samples.bytes(1, SLAB);
        try (RunningHash mine = begin();
                RunningHash other = begin()) {
            ByteBuf waits = slab(bytes, 0, SLAB);
            other.update(waits);
            give(mine, slab(bytes, 0, SLAB));
            assertThat(mine.digest()).isEqualTo(digest(bytes));
            assertThat(waits.refCnt()).as("the other's still waits").isEqualTo(2);
            waits.release();
            assertThat(other.digest()).isEqualTo(digest(bytes));
        }
    }

    @Test
    void whatWaitsIsGivenBackWhenItIsClosed() {
        byte[] bytes = Samples.bytes(1, SLAB);
        RunningHash hash = begin();
        give(hash, slab(bytes, 0, SLAB));
        give(hash, slab(bytes, 0, SLAB));
        assertThat(slabs).allSatisfy(slab -> assertThat(slab.refCnt()).isOne());
        hash.close();
        hash.close();
    }

    @Test
    void stateAndDigestMayBeAskedForInBetween() {
        byte[] bytes = Samples.bytes(2, 4 * SLAB);
        try (RunningHash hash = begin();
                RunningHash other = begin()) {
            for (int at = 0; at < bytes.length; at += SLAB / 2 + 1) {
                give(other, slab(bytes, 0, SLAB));
                int end = Math.min(bytes.length, at + SLAB / 2 + 1);
                give(hash, slab(bytes, at, end));
                Digest soFar = digest(Arrays.copyOf(bytes, end));
                assertThat(hash.digest()).isEqualTo(soFar);
                RunningHash gone = RunningHash.restore(Digest.Algorithm.SHA256, states(), hash.state(), end);
                assertThat(Objects.requireNonNull(gone).digest()).isEqualTo(soFar);
            }
        }
    }

    /** Once it is compiled, the JVM's hash leaves the last of its blocks for later. */
    @Test
    void blocksThatTheJvmHasLeftForLaterAreHashedFirst() {
        byte[] bytes = Samples.bytes(5, 4 << 20);
        try (RunningHash hash = begin();
                RunningHash other = begin()) {
            int alone = 1_024;
            for (int at = 0; at < bytes.length; at += 2 * alone) {
                hash.update(ByteBuffer.wrap(bytes, at, alone));
                give(other, slab(bytes, at, at + alone));
                give(hash, slab(bytes, at + alone, at + 2 * alone));
            }
            assertThat(hash.digest()).isEqualTo(digest(bytes));
        }
    }

    @Test
    void bytesOfTheHeapAndOfSeveralBuffersKeepTheirPlace() {
        byte[] bytes = Samples.bytes(3, 4 * SLAB);
        try (RunningHash hash = begin()) {
            give(hash, slab(bytes, 0, SLAB));
            give(hash, Unpooled.copiedBuffer(bytes, SLAB, SLAB));
            give(hash, slab(bytes, 2 * SLAB, 3 * SLAB));
            give(
                    hash,
                    Unpooled.wrappedBuffer(
                            slab(bytes, 3 * SLAB, 3 * SLAB + 100), slab(bytes, 3 * SLAB + 100, 4 * SLAB)));
            assertThat(hash.digest()).isEqualTo(digest(bytes));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 7, 8})
    void lanesThatAreUsedAndLanesThatAreNot(int count) {
        int blocks = 100;
        List<ByteBuffer> streams = new ArrayList<>();
        List<MessageDigest> hashes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] bytes = Samples.bytes(i, blocks * Sha256Lanes.BLOCK_BYTES);
            streams.add(ByteBuffer.allocateDirect(bytes.length).put(bytes).flip());
            hashes.add(Digest.Algorithm.SHA256.hash());
        }
        new Sha256Lanes()
                .compress(
                        hashes.stream().map(states()::words).toList(),
                        streams.stream().map(MemorySegment::ofBuffer).toList(),
                        blocks);
        for (int i = 0; i < count; i++) {
            states().advance(hashes.get(i), (long) blocks * Sha256Lanes.BLOCK_BYTES);
            byte[] bytes = new byte[streams.get(i).remaining()];
            streams.get(i).get(bytes);
            assertThat(Digest.of(Digest.Algorithm.SHA256, hashes.get(i))).isEqualTo(digest(bytes));
        }
    }
}
