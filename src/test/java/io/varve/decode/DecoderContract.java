package io.varve.decode;

import static io.varve.decode.Streams.always;
import static io.varve.decode.Streams.content;
import static io.varve.decode.Streams.direct;
import static io.varve.decode.Streams.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.varve.decode.Decoder.Progress;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Compression;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every compression's decoder does, whoever wrote the stream and however it was cut. */
abstract class DecoderContract {
    private static final int LENGTH = 200_000;

    private final Compression compression;
    private final DecodeLimits defaults;

    @AutoClose
    private final Decoder decoder;

    DecoderContract(Compression compression) {
        this(compression, DecodeLimits.DEFAULTS);
    }

    DecoderContract(Compression compression, DecodeLimits defaults) {
        this.compression = compression;
        this.defaults = defaults;
        this.decoder = Decoders.of(compression, defaults);
    }

    /** A stream of this compression, by an encoder that is not ours, with a checksum if the format has one. */
    abstract byte[] encode(byte[] content);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void decodesStreamCutAnywhere(long seed) {
        byte[] content = content(seed, LENGTH);
        assertThat(decode(encode(content), random(seed, 9_000), random(~seed, 9_000)))
                .isEqualTo(content);
    }

    @Test
    void decodesOneByteAtATime() {
        byte[] content = content(9, 5_000);
        byte[] compressed = encode(content);
        assertThat(decode(compressed, always(1), always(LENGTH))).isEqualTo(content);
        assertThat(decode(compressed, always(LENGTH), always(1))).isEqualTo(content);
        assertThat(decode(compressed, always(1), always(1))).isEqualTo(content);
    }

    @Test
    void decodesEmptyContent() {
        assertThat(decode(encode(new byte[0]), always(1), always(1))).isEmpty();
    }

    @Test
    void fetchesHeldOutputWithEmptyInput() {
        byte[] content = content(10, LENGTH);
        ByteBuf in = direct(encode(content));
        ByteBuf out = ByteBufAllocator.DEFAULT.directBuffer(LENGTH / 2, LENGTH / 2);
        ByteBuf rest = ByteBufAllocator.DEFAULT.directBuffer(LENGTH, LENGTH);
        try {
            assertThat(decoder.decode(in, out)).isEqualTo(Progress.NEEDS_OUTPUT);
            assertThatThrownBy(decoder::finish).isInstanceOf(IllegalStateException.class);
            assertThat(decoder.decode(in, rest)).isEqualTo(Progress.NEEDS_INPUT);
            assertThat(decoder.decode(Unpooled.EMPTY_BUFFER, rest)).isEqualTo(Progress.NEEDS_INPUT);
            decoder.finish();
            assertThat(rest.readableBytes()).isEqualTo(LENGTH - LENGTH / 2);
        } finally {
            in.release();
            out.release();
            rest.release();
        }
    }

    @Test
    void takesNothingWhenTheOutputIsFull() {
        ByteBuf in = direct(encode(content(11, 100)));
        try {
            int readerIndex = in.readerIndex();
            assertThat(decoder.decode(in, Unpooled.EMPTY_BUFFER)).isEqualTo(Progress.NEEDS_OUTPUT);
            assertThat(decoder.consumed()).isZero();
            assertThat(in.readerIndex()).isEqualTo(readerIndex);
        } finally {
            in.release();
        }
    }

    @Test
    void refusesMoreThanTheLimitAndGivesNothingBeyondIt() {
        byte[] content = content(12, LENGTH);
        DecodeLimits enough = limits(LENGTH, 2_000, 0);
        assertThat(decode(enough, encode(content), always(4_000), always(3_000)))
                .isEqualTo(content);

        DecodeLimits less = limits(LENGTH - 1, 2_000, 0);
        ByteArrayOutputStream given = new ByteArrayOutputStream();
        Failure failure = failure(less, given, encode(content), always(4_000), always(3_000));
        assertThat(failure.category()).isEqualTo(Category.EXCEEDED);
        assertThat(failure)
                .hasMessage("Exceeded: decode %s: inflated bytes: got %d, at most %d (limits.inflatedBytes)"
                        .formatted(compression, LENGTH, LENGTH - 1));
        assertThat(given.size()).isLessThan(LENGTH);
    }

    @Test
    void failingCallMovesNoIndexAndIsTheLast() {
        try (Decoder limited = Decoders.of(compression, limits(99, 2_000, 0))) {
            byte[] compressed = encode(content(13, 100));
            ByteBuf in = direct(compressed);
            ByteBuf out = ByteBufAllocator.DEFAULT.directBuffer(LENGTH);
            try {
                assertThatThrownBy(() -> limited.decode(in, out)).isInstanceOf(Failure.class);
                assertThat(in.readableBytes()).isEqualTo(compressed.length);
                assertThat(out.readableBytes()).isZero();
                assertThatThrownBy(() -> limited.decode(in, out)).isInstanceOf(IllegalStateException.class);
                assertThatThrownBy(limited::finish).isInstanceOf(IllegalStateException.class);
            } finally {
                in.release();
                out.release();
            }
        }
    }

    @Test
    void refusesCallsAfterFinishAndAfterClose() {
        byte[] compressed = encode(new byte[0]);
        Streams.decodeInto(new ByteArrayOutputStream(), decoder, compressed, always(LENGTH), always(1));
        decoder.finish();
        assertThatThrownBy(decoder::finish).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> decoder.decode(Unpooled.EMPTY_BUFFER, Unpooled.EMPTY_BUFFER))
                .isInstanceOf(IllegalStateException.class);
        decoder.close();
        decoder.close();
        assertThat(decoder.stateBytes()).isZero();
        assertThat(decoder.consumed()).isEqualTo(compressed.length);
        assertThatThrownBy(() -> decoder.decode(Unpooled.EMPTY_BUFFER, Unpooled.EMPTY_BUFFER))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(decoder::finish).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void refusesBuffersOnTheHeap() {
        ByteBuf heap = Unpooled.buffer(1);
        assertThatThrownBy(() -> decoder.decode(heap, Unpooled.EMPTY_BUFFER))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> decoder.decode(Unpooled.EMPTY_BUFFER, heap))
                .isInstanceOf(IllegalArgumentException.class);
    }

    final DecodeLimits limits(long inflatedBytes, long ratio, long ratioFloor) {
        return new DecodeLimits(inflatedBytes, ratio, ratioFloor, defaults.zstdWindowLog(), defaults.isal());
    }

    final byte[] decode(byte[] compressed, IntSupplier pieces, IntSupplier rooms) {
        return decode(defaults, compressed, pieces, rooms);
    }

    final byte[] decode(DecodeLimits limits, byte[] compressed, IntSupplier pieces, IntSupplier rooms) {
        return Streams.decode(compression, limits, compressed, pieces, rooms);
    }

    /** The same refusal in one piece and byte by byte. */
    final Failure refusal(byte[] compressed) {
        return refusal(defaults, compressed);
    }

    final Failure refusal(DecodeLimits limits, byte[] compressed) {
        Failure whole = failure(limits, new ByteArrayOutputStream(), compressed, always(LENGTH), always(LENGTH));
        Failure bytes = failure(limits, new ByteArrayOutputStream(), compressed, always(1), always(LENGTH));
        assertThat(bytes.category()).isEqualTo(whole.category());
        return bytes;
    }

    private Failure failure(
            DecodeLimits limits,
            ByteArrayOutputStream given,
            byte[] compressed,
            IntSupplier pieces,
            IntSupplier rooms) {
        Failure failure = catchThrowableOfType(Failure.class, () -> {
            try (Decoder failing = Decoders.of(compression, limits)) {
                Streams.decodeInto(given, failing, compressed, pieces, rooms);
                failing.finish();
            }
        });
        assertThat(failure).as("refusal").isNotNull();
        return failure;
    }

    /** What a format that checks its streams owes on top. */
    abstract static class Checked extends DecoderContract {

        Checked(Compression compression) {
            super(compression);
        }

        Checked(Compression compression, DecodeLimits defaults) {
            super(compression, defaults);
        }

        @Test
        void refusesStreamCutShortAtAnyByte() {
            byte[] compressed = encode(content(14, 600));
            for (int length = 0; length < compressed.length; length++) {
                Failure failure = refusal(Arrays.copyOf(compressed, length));
                assertThat(failure.category()).isEqualTo(Category.INVALID);
                assertThat(failure.wrong()).contains("truncated").endsWith("at compressed byte " + length);
            }
        }

        @Test
        void neverGivesOtherBytesForFlippedBit() {
            byte[] content = content(15, 300);
            byte[] compressed = encode(content);
            int refused = 0;
            for (int bit = 0; bit < compressed.length * 8; bit++) {
                byte[] flipped = compressed.clone();
                flipped[bit / 8] ^= (byte) (1 << bit % 8);
                try {
                    assertThat(decode(flipped, always(LENGTH), always(LENGTH))).isEqualTo(content);
                } catch (Failure failure) {
                    assertThat(failure.category()).isIn(Category.INVALID, Category.EXCEEDED);
                    refused++;
                }
            }
            // What is left are fields without a meaning for the content, such as a time.
            assertThat(refused).isGreaterThan((compressed.length - 10) * 8);
        }

        @Test
        void decodesSeveralStreamsOneBehindTheOther() {
            byte[] first = content(16, 3_000);
            byte[] second = content(17, 70_000);
            byte[] all = Streams.concat(encode(first), encode(new byte[0]), encode(second));
            byte[] expected = Streams.concat(first, second);
            assertThat(decode(all, always(LENGTH), always(LENGTH))).isEqualTo(expected);
            assertThat(decode(all, always(1), always(7))).isEqualTo(expected);
            // every piece ends where a stream ends
            assertThat(decode(
                            Streams.concat(encode(first), encode(first)), always(encode(first).length), always(LENGTH)))
                    .isEqualTo(Streams.concat(first, first));
        }

        @Test
        void refusesGarbageBehindTheStream() {
            byte[] compressed = encode(content(18, 100));
            Failure failure = refusal(Streams.concat(compressed, new byte[] {'g', 'a', 'r', 'b', 'a', 'g', 'e'}));
            assertThat(failure.category()).isEqualTo(Category.INVALID);
            assertThat(failure.wrong()).endsWith("at compressed byte " + compressed.length);
        }

        @Test
        void refusesRatioAboveTheLimitBehindTheFloor() {
            byte[] compressed = encode(new byte[LENGTH]);
            long ratio = LENGTH / compressed.length;
            assertThat(decode(limits(LENGTH, ratio * 2, 0), compressed, always(LENGTH), always(9_000)))
                    .hasSize(LENGTH);
            assertThat(decode(limits(LENGTH, 1, LENGTH), compressed, always(LENGTH), always(9_000)))
                    .hasSize(LENGTH);
            Failure failure = refusal(limits(LENGTH, ratio / 2, LENGTH - 1), compressed);
            assertThat(failure.category()).isEqualTo(Category.EXCEEDED);
            assertThat(failure.wrong())
                    .startsWith("inflated bytes per compressed byte: got ")
                    .endsWith("at most " + ratio / 2 + " (limits.ratio)");
        }

        @Test
        void refusesStreamOfNothing() {
            assertThat(refusal(new byte[0]).category()).isEqualTo(Category.INVALID);
        }
    }
}
