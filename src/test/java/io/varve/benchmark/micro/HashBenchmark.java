package io.varve.benchmark.micro;

import io.netty.buffer.ByteBuf;
import io.varve.bus.Slabs;
import io.varve.hash.HashState;
import io.varve.hash.RunningHash;
import io.varve.oci.Digest;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How fast one thread hashes as many streams as are on their way, slab by slab: each by itself, and together. The counter
 * {@code megabytes} has what was hashed, a second. It wants {@code -jvmArgsAppend --add-modules=jdk.incubator.vector}, and a
 * processor on which it pays.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class HashBenchmark {
    @Param({"1", "2", "4", "8"})
    public int streams;

    private final List<ByteBuf> slabs = new ArrayList<>();
    private final List<RunningHash> together = new ArrayList<>();
    private final List<MessageDigest> alone = new ArrayList<>();

    /** Counted by JMH beside the operations. */
    @State(Scope.Thread)
    @AuxCounters
    public static class Out {
        public double megabytes;
    }

    @Setup
    public void begin() throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (RunningHash.together() == 0) {
            if (System.nanoTime() > until) {
                throw new IllegalStateException("streams are hashed one by one here");
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
        Random random = new Random(1);
        for (int i = 0; i < streams; i++) {
            byte[] bytes = new byte[Slabs.SIZE];
            random.nextBytes(bytes);
            slabs.add(Slabs.allocate().writeBytes(bytes));
            together.add(RunningHash.begin(Digest.Algorithm.SHA256, HashState.KNOWN));
            alone.add(Digest.Algorithm.SHA256.hash());
        }
    }

    @TearDown
    public void end() {
        together.forEach(RunningHash::close);
        slabs.forEach(ByteBuf::release);
    }

    @Benchmark
    public void together(Out counted) {
        for (int i = 0; i < streams; i++) {
            together.get(i).update(slabs.get(i));
        }
        counted.megabytes += streams * Slabs.SIZE / 1e6;
    }

    @Benchmark
    public void alone(Out counted) {
        for (int i = 0; i < streams; i++) {
            alone.get(i).update(slabs.get(i).nioBuffer());
        }
        counted.megabytes += streams * Slabs.SIZE / 1e6;
    }
}
