package io.varve.benchmark.micro;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.varve.bus.Slabs;
import io.varve.tar.TarLimits;
import io.varve.tar.TarReader;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** How long it takes to find one entry in a tar that comes in slabs. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TarBenchmark {
    private static final int ENTRIES = 10_000;

    private ByteBuf tar = ByteBufAllocator.DEFAULT.directBuffer();

    @Setup
    public void make() throws IOException {
        tar.writeBytes(Entries.tar(0, ENTRIES));
    }

    @TearDown
    public void release() {
        tar.release();
    }

    @Benchmark
    @OperationsPerInvocation(ENTRIES)
    public void parse(Blackhole blackhole) {
        TarReader reader = new TarReader(TarLimits.DEFAULTS, blackhole::consume);
        for (int at = 0; at < tar.writerIndex(); at += Slabs.SIZE) {
            reader.accept(tar.slice(at, Math.min(Slabs.SIZE, tar.writerIndex() - at)));
        }
        reader.finish();
    }
}
