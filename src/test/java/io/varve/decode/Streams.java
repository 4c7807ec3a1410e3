package io.varve.decode;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.varve.decode.Decoder.Progress;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.function.IntSupplier;

/** Whole streams through a decoder, in pieces of chosen sizes, with the contract's promises checked on the way. */
final class Streams {

    private Streams() {}

    /** All that {@code compressed} decodes to, in one piece of input and 64 KiB pieces of output. */
    static byte[] decode(Compression compression, byte[] compressed) {
        return decode(compression, DecodeLimits.DEFAULTS, compressed, () -> Math.max(1, compressed.length), () -> 1 << 16);
    }

    static byte[] decode(
            Compression compression, DecodeLimits limits, byte[] compressed, IntSupplier pieces, IntSupplier rooms) {
        ByteArrayOutputStream given = new ByteArrayOutputStream();
        try (Decoder decoder = compression.decoder(limits)) {
            decodeInto(given, decoder, compressed, pieces, rooms);
            decoder.finish();
            assertThat(decoder.consumed()).isEqualTo(compressed.length);
            assertThat(decoder.produced()).isEqualTo(given.size());
        }
        return given.toByteArray();
    }

    /** Feeds everything and leaves the stream open; what was given before a failure is in {@code given}. */
    static void decodeInto(
            ByteArrayOutputStream given, Decoder decoder, byte[] compressed, IntSupplier pieces, IntSupplier rooms) {
        for (int at = 0; at < compressed.length; ) {
            int length = Math.min(pieces.getAsInt(), compressed.length - at);
            ByteBuf in = direct(compressed, at, length);
            try {
                drain(given, decoder, in, rooms);
            } finally {
                in.release();
            }
            at += length;
        }
    }

    private static void drain(ByteArrayOutputStream given, Decoder decoder, ByteBuf in, IntSupplier rooms) {
        Progress progress;
        do {
            int room = rooms.getAsInt();
            // Neither index 0 nor the end of the buffer is where the decoder's view begins or ends.
            ByteBuf out = ByteBufAllocator.DEFAULT.directBuffer(room + 3, room + 3).writeMedium(0);
            try {
                progress = decoder.decode(in, out);
                if (progress == Progress.NEEDS_INPUT) {
                    assertThat(in.isReadable()).isFalse();
                } else {
                    assertThat(out.isWritable()).isFalse();
                }
            } finally {
                byte[] bytes = new byte[out.writerIndex() - 3];
                out.getBytes(3, bytes);
                given.writeBytes(bytes);
                out.release();
            }
        } while (progress == Progress.NEEDS_OUTPUT);
    }

    /** A direct buffer with the bytes, which the caller releases. */
    static ByteBuf direct(byte[] bytes, int at, int length) {
        return ByteBufAllocator.DEFAULT
                .directBuffer(length + 2)
                .writeShort(0)
                .writeBytes(bytes, at, length)
                .skipBytes(2);
    }

    static IntSupplier always(int size) {
        return () -> size;
    }

    /** Sizes from 1 to {@code most}, small ones far more often than large ones. */
    static IntSupplier random(long seed, int most) {
        Random random = new Random(seed);
        return () -> 1 + random.nextInt(1 + random.nextInt(most));
    }

    /** Content that compresses somewhat, as tars do: runs, repeats and noise. */
    static byte[] content(long seed, int length) {
        Random random = new Random(seed);
        byte[] content = new byte[length];
        for (int at = 0; at < length; ) {
            int run = Math.min(1 + random.nextInt(600), length - at);
            switch (random.nextInt(3)) {
                case 0 -> Arrays.fill(content, at, at + run, (byte) random.nextInt(4));
                case 1 -> System.arraycopy(content, random.nextInt(at + 1), content, at, Math.min(run, length - at));
                default -> {
                    for (int i = 0; i < run; i++) {
                        content[at + i] = (byte) random.nextInt();
                    }
                }
            }
            at += run;
        }
        return content;
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}
