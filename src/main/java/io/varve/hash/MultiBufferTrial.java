package io.varve.hash;

import io.varve.oci.Digest;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether hashing streams together pays on this machine, and from how many of them on: the one who hashes them is timed beside
 * the JVM's own hash, once the JVM has compiled it. Where the JVM was started without {@code jdk.incubator.vector}, there is
 * nothing to try.
 */
final class MultiBufferTrial {
    private static final Logger LOG = LoggerFactory.getLogger(MultiBufferTrial.class);

    private static final int BLOCKS = 1_024;

    /** Turns of both, after the last one in which they became faster. */
    private static final int TURNS = 128;

    /** What the JVM has not compiled by then it will not compile soon. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

    /** Begun by whoever asks first. */
    private static final class Begun {
        private static volatile @Nullable MultiBuffer proven;

        static {
            HashState states = HashState.KNOWN;
            if (states != null
                    && ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) {
                Thread.ofPlatform().name("varve-hash-trial").daemon().start(() -> proven = run(states));
            }
        }
    }

    private final HashState states;
    private final MessageDigest alone = Digest.Algorithm.SHA256.hash();
    private final Sha256Lanes lanes = new Sha256Lanes();
    private final List<ByteBuffer> streams = new ArrayList<>();
    private final List<MessageDigest> hashes = hashes();

    private MultiBufferTrial(HashState states) {
        this.states = states;
        Random random = new Random(1);
        for (int i = 0; i < Sha256Lanes.LANES; i++) {
            byte[] bytes = new byte[BLOCKS * Sha256Lanes.BLOCK_BYTES];
            random.nextBytes(bytes);
            streams.add(ByteBuffer.allocateDirect(bytes.length).put(bytes).flip());
        }
    }

    private static List<MessageDigest> hashes() {
        return Stream.generate(Digest.Algorithm.SHA256::hash)
                .limit(Sha256Lanes.LANES)
                .toList();
    }

    /** Null while nothing is known, and where it does not pay. */
    static @Nullable MultiBuffer proven() {
        return Begun.proven;
    }

    private static @Nullable MultiBuffer run(HashState states) {
        try {
            if (!Sha256Lanes.isSupported()) {
                LOG.info("streams are hashed one by one: the processor has no vectors of {} words", Sha256Lanes.LANES);
                return null;
            }
            double cost = new MultiBufferTrial(states).cost();
            int worth = Math.max(2, (int) Math.round(cost));
            LOG.info(
                    "hashing {} streams together costs {} times one, so {}",
                    Sha256Lanes.LANES,
                    "%.1f".formatted(cost),
                    worth <= Sha256Lanes.LANES ? "that is done with " + worth + " or more" : "that is not done");
            return worth <= Sha256Lanes.LANES ? new MultiBuffer(states, worth) : null;
        } catch (RuntimeException | LinkageError e) {
            LOG.warn("streams are hashed one by one: hashing them together does not work", e);
            return null;
        }
    }

    /** How many times the time of one stream it takes to hash all of them together, in the median of the last turns. */
    private double cost() {
        long until = System.nanoTime() + PATIENCE_NANOS;
        long fastest = Long.MAX_VALUE;
        double[] costs = new double[TURNS];
        int turn = 0;
        while (turn < TURNS && System.nanoTime() < until) {
            long before = System.nanoTime();
            alone.update(streams.getFirst().duplicate());
            long between = System.nanoTime();
            together(hashes);
            long after = System.nanoTime();
            if (after - before < fastest - fastest / 10) {
                fastest = after - before;
                turn = 0;
            }
            costs[turn++] = (double) (after - between) / (between - before);
        }
        verify();
        double[] last = Arrays.copyOf(costs, turn);
        Arrays.sort(last);
        return last[turn / 2];
    }

    private void together(List<MessageDigest> begun) {
        lanes.compress(
                begun.stream().map(states::words).toList(),
                streams.stream().map(MemorySegment::ofBuffer).toList(),
                BLOCKS);
        begun.forEach(each -> states.advance(each, (long) BLOCKS * Sha256Lanes.BLOCK_BYTES));
    }

    /** As it is compiled now. */
    private void verify() {
        List<MessageDigest> got = hashes();
        together(got);
        together(got);
        for (int i = 0; i < Sha256Lanes.LANES; i++) {
            ByteBuffer stream = streams.get(i);
            MessageDigest wanted = Digest.Algorithm.SHA256.hash();
            wanted.update(stream.duplicate());
            wanted.update(stream.duplicate());
            if (!MessageDigest.isEqual(got.get(i).digest(), wanted.digest())) {
                throw new IllegalStateException("stream " + i + " of " + Sha256Lanes.LANES + " has another digest");
            }
        }
    }
}
