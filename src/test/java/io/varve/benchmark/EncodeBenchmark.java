package io.varve.benchmark;

import io.varve.encode.Encoded;
import io.varve.encode.Encoding;
import io.varve.oci.Compression;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.Deflater;

/**
 * How fast one core compresses a tar with our gzip and with the JDK's zlib, in turns, and to how much of its size. Arguments: a tar, of which the
 * first 64 MiB count, the number of rounds, and the levels.
 */
public final class EncodeBenchmark {
    private static final int MOST = 64 << 20;
    private static final int PIECE = 64 << 10;

    private EncodeBenchmark() {}

    private record Took(double megabytesPerSecond, double part) {}

    private interface Compressor {
        /** How many bytes come of it. */
        long compress(byte[] plain, int level) throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        byte[] plain;
        try (InputStream in = Files.newInputStream(Path.of(arguments[0]))) {
            plain = in.readNBytes(MOST);
        }
        int rounds = Integer.parseInt(arguments[1]);
        for (String level : Arrays.copyOfRange(arguments, 2, arguments.length)) {
            measure(plain, Integer.parseInt(level), rounds);
        }
    }

    private static void measure(byte[] plain, int level, int rounds) throws Exception {
        Took[] ours = new Took[rounds];
        Took[] zlib = new Took[rounds];
        double[] ratios = new double[rounds];
        for (int round = 0; round < rounds; round++) {
            ours[round] = once(plain, level, EncodeBenchmark::ours);
            zlib[round] = once(plain, level, EncodeBenchmark::zlib);
            ratios[round] = ours[round].megabytesPerSecond() / zlib[round].megabytesPerSecond();
        }
        Arrays.sort(ratios);
        System.out.printf(
                Locale.ROOT,
                "level %d, median of %d: %.0f MB/s to %.2f %%, zlib %.0f MB/s to %.2f %%, ratio %.2f%n",
                level,
                rounds,
                median(ours),
                100 * ours[0].part(),
                median(zlib),
                100 * zlib[0].part(),
                ratios[rounds / 2]);
    }

    private static Took once(byte[] plain, int level, Compressor compressor) throws Exception {
        long began = System.nanoTime();
        long bytes = compressor.compress(plain, level);
        return new Took(plain.length * 1e3 / (System.nanoTime() - began), (double) bytes / plain.length);
    }

    private static long ours(byte[] plain, int level) throws Exception {
        return Encoded.of(new Encoding(Compression.GZIP, level), plain).length;
    }

    private static long zlib(byte[] plain, int level) {
        Deflater deflater = new Deflater(level, true);
        try {
            deflater.setInput(plain);
            deflater.finish();
            byte[] piece = new byte[PIECE];
            while (!deflater.finished()) {
                deflater.deflate(piece);
            }
            return deflater.getBytesWritten();
        } finally {
            deflater.end();
        }
    }

    private static double median(Took[] all) {
        double[] rates = Arrays.stream(all)
                .mapToDouble(Took::megabytesPerSecond)
                .sorted()
                .toArray();
        return rates[rates.length / 2];
    }
}
