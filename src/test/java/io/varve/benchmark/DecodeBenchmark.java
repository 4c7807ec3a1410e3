package io.varve.benchmark;

import io.netty.buffer.ByteBuf;
import io.varve.bus.Slabs;
import io.varve.decode.DecodeLimits;
import io.varve.decode.Decoder;
import io.varve.decode.Decoder.Progress;
import io.varve.decode.Decoders;
import io.varve.oci.Compression;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/**
 * How long it takes to inflate a layer with ISA-L and with the JDK's zlib, in turns, slab by slab and checksums included; reading the
 * file does not count. Arguments: a gzip file, the number of rounds.
 */
public final class DecodeBenchmark {
    private DecodeBenchmark() {}

    public static void main(String[] arguments) throws IOException {
        Path file = Path.of(arguments[0]);
        int rounds = Integer.parseInt(arguments[1]);
        DecodeLimits isal = DecodeLimits.DEFAULTS;
        DecodeLimits zlib =
                new DecodeLimits(isal.inflatedBytes(), isal.ratio(), isal.ratioFloor(), isal.zstdWindowLog(), false);
        long start = System.nanoTime();
        Decoders.of(Compression.GZIP, isal).close();
        System.out.printf(Locale.ROOT, "the first decoder: %.1f ms%n", (System.nanoTime() - start) / 1e6);
        double[] fast = new double[rounds];
        double[] plain = new double[rounds];
        double[] ratio = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            fast[round] = decode(file, isal);
            plain[round] = decode(file, zlib);
            ratio[round] = fast[round] / plain[round];
            System.out.printf(
                    Locale.ROOT,
                    "round %d: %.0f MB/s with ISA-L, %.0f MB/s with zlib, ratio %.2f%n",
                    round,
                    fast[round],
                    plain[round],
                    ratio[round]);
        }
        System.out.printf(
                Locale.ROOT,
                "median of rounds 1 to %d: %.0f MB/s with ISA-L, %.0f MB/s with zlib, ratio %.2f%n",
                rounds - 1,
                median(fast),
                median(plain),
                median(ratio));
    }

    /** Megabytes of tar a second. */
    private static double decode(Path file, DecodeLimits limits) throws IOException {
        long nanos = 0;
        ByteBuf in = Slabs.allocate();
        ByteBuf out = Slabs.allocate();
        try (FileChannel channel = FileChannel.open(file);
                Decoder decoder = Decoders.of(Compression.GZIP, limits)) {
            while (in.clear().writeBytes(channel, in.capacity()) > 0) {
                long start = System.nanoTime();
                while (decoder.decode(in, out) == Progress.NEEDS_OUTPUT) {
                    out.clear();
                }
                nanos += System.nanoTime() - start;
            }
            decoder.finish();
            return decoder.produced() * 1e3 / nanos;
        } finally {
            in.release();
            out.release();
        }
    }

    private static double median(double[] all) {
        double[] warm = Arrays.copyOfRange(all, 1, all.length);
        Arrays.sort(warm);
        return warm[warm.length / 2];
    }
}
