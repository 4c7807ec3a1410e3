package io.varve.benchmark.micro;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.varve.bus.Slabs;
import io.varve.decode.DecodeLimits;
import io.varve.decode.Decoder;
import io.varve.decode.Decoder.Progress;
import io.varve.decode.Decoders;
import io.varve.oci.Compression;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
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
 * How fast a layer is inflated with ISA-L and with the JDK's zlib, slab by slab and checksums included. The counter
 * {@code megabytes} has what came out, a second. {@code -p layer=FILE} takes a layer of gzip instead of made-up bytes.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class InflateBenchmark {
    private static final int MADE_UP = 32 << 20;

    @Param({"isal", "zlib"})
    public String by = "";

    /** A file; none for bytes made up. */
    @Param("")
    public String layer = "";

    private ByteBuf packed;
    private DecodeLimits limits = DecodeLimits.DEFAULTS;

    /** Counted by JMH beside the operations. */
    @State(Scope.Thread)
    @AuxCounters
    public static class Out {
        public double megabytes;
    }

    @Setup
    public void make() throws IOException {
        byte[] bytes = layer.isEmpty() ? gzip() : Files.readAllBytes(Path.of(layer));
        packed = ByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes);
        limits = new DecodeLimits(
                limits.inflatedBytes(), limits.ratio(), limits.ratioFloor(), limits.zstdWindowLog(), by.equals("isal"));
    }

    @TearDown
    public void release() {
        packed.release();
    }

    @Benchmark
    public void inflate(Out counted) {
        ByteBuf out = Slabs.allocate();
        try (Decoder decoder = Decoders.of(Compression.GZIP, limits)) {
            for (int at = 0; at < packed.writerIndex(); at += Slabs.SIZE) {
                ByteBuf in = packed.slice(at, Math.min(Slabs.SIZE, packed.writerIndex() - at));
                while (decoder.decode(in, out) == Progress.NEEDS_OUTPUT) {
                    out.clear();
                }
            }
            decoder.finish();
            counted.megabytes += decoder.produced() / 1e6;
        } finally {
            out.release();
        }
    }

    /** Words of random letters, which compress as texts do. */
    private static byte[] gzip() throws IOException {
        Random random = new Random(5);
        byte[][] words = new byte[1000][];
        for (int i = 0; i < words.length; i++) {
            words[i] = new byte[2 + random.nextInt(8)];
            random.nextBytes(words[i]);
        }
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            ByteArrayOutputStream some = new ByteArrayOutputStream();
            for (int written = 0; written < MADE_UP; written += some.size()) {
                some.reset();
                while (some.size() < 1 << 16) {
                    some.writeBytes(words[(int) (words.length * random.nextDouble() * random.nextDouble())]);
                }
                some.writeTo(gzip);
            }
        }
        return packed.toByteArray();
    }
}
