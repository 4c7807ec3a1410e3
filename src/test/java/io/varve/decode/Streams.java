package io.varve.decode;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.varve.decode.Decoder.Progress;
import io.varve.oci.Compression;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.function.IntSupplier;

/** Whole streams through a decoder, in pieces of chosen sizes, with the contract's promises checked on the way. */
final class Streams {

    private static final int MOST_ROOM = 1 << 18;

    private Streams() {}

    static byte[] decode(
            Compression compression, DecodeLimits limits, byte[] compressed, IntSupplier pieces, IntSupplier rooms) {
        ByteArrayOutputStream given = new ByteArrayOutputStream();
        try (Decoder decoder = Decoders.of(compression, limits)) {
            decodeInto(given, decoder, compressed, pieces, rooms);
            decoder.finish();
            assertThat(decoder.consumed()).isEqualTo(compressed.length);
            assertThat(decoder.produced()).isEqualTo(given.size());
        }
        return given.toByteArray();
    }

    /**
     * Feeds everything and leaves the stream open; what was given before a failure is in {@code given}. Pieces and rooms
     * are windows of one buffer each: with the leak detector at its strictest, buffers are what costs time here.
     */
    static void decodeInto(
            ByteArrayOutputStream given, Decoder decoder, byte[] compressed, IntSupplier pieces, IntSupplier rooms) {
        ByteBuf in = direct(compressed);
        ByteBuf out = ByteBufAllocator.DEFAULT.directBuffer(MOST_ROOM, MOST_ROOM);
        try {
            int end = in.writerIndex();
            for (int at = in.readerIndex(); at < end; at = in.writerIndex()) {
                in.setIndex(at, at + Math.min(pieces.getAsInt(), end - at));
                drain(given, decoder, in, out, rooms);
            }
        } finally {
            in.release();
            out.release();
        }
    }

    private static void drain(
            ByteArrayOutputStream given, Decoder decoder, ByteBuf in, ByteBuf out, IntSupplier rooms) {
        Progress progress;
        do {
            int start = MOST_ROOM - rooms.getAsInt();
            out.setIndex(start, start);
            progress = decoder.decode(in, out);
            assertThat(progress == Progress.NEEDS_INPUT ? in.isReadable() : out.isWritable())
                    .isFalse();
            byte[] bytes = new byte[out.writerIndex() - start];
            out.getBytes(start, bytes);
            given.writeBytes(bytes);
        } while (progress == Progress.NEEDS_OUTPUT);
    }

    /** A direct buffer with the bytes, which do not begin at its index 0; the caller releases it. */
    static ByteBuf direct(byte[] bytes) {
        return ByteBufAllocator.DEFAULT
                .directBuffer(bytes.length + 2)
                .writeShort(0)
                .writeBytes(bytes)
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
