package io.varve.decode;

import static io.varve.decode.Streams.always;
import static io.varve.decode.Streams.concat;
import static io.varve.decode.Streams.content;
import static io.varve.decode.Streams.random;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Compression;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ZstdDecoderTest extends DecoderContract.Checked {
    private static final byte[] MAGIC = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd};
    /** The last block, raw, of no bytes. */
    private static final byte[] LAST_BLOCK = {1, 0, 0};
    /** The last block, 'x' repeated five times. */
    private static final byte[] FIVE_X = {1 | 1 << 1 | 5 << 3, 0, 0, 'x'};

    ZstdDecoderTest() {
        super(Compression.ZSTD);
    }

    @Override
    byte[] encode(byte[] content) {
        return frame(content, 3, true);
    }

    @ParameterizedTest
    @ValueSource(ints = {-5, 1, 3, 9, 19})
    void decodesEveryLevelWithAndWithoutChecksum(int level) {
        byte[] content = content(level, 300_000);
        for (boolean checksum : new boolean[] {true, false}) {
            byte[] compressed = frame(content, level, checksum);
            assertThat(decode(compressed, random(level, 70_000), random(~level, 70_000)))
                    .isEqualTo(content);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 17, 23, 27})
    void decodesStreamOfUnknownLengthWithWindow(int windowLog) {
        byte[] content = content(windowLog, 400_000);
        assertThat(decode(stream(content, windowLog), random(1, 70_000), random(2, 70_000)))
                .isEqualTo(content);
    }

    @Test
    void passesOverSkippableFramesWhereverTheyStand() {
        byte[] content = content(1, 3_000);
        byte[] all = concat(
                skippable(0, 0),
                encode(content),
                skippable(15, 100_000),
                skippable(3, 1),
                encode(content),
                skippable(7, 9));
        assertThat(decode(all, always(1), always(500))).isEqualTo(concat(content, content));
        assertThat(decode(all, always(200_000), always(200_000))).isEqualTo(concat(content, content));
    }

    @Test
    void refusesSkippableFrameCutShort() {
        byte[] frame = skippable(1, 20);
        for (int length = 1; length < frame.length; length++) {
            assertThat(refusal(concat(encode(new byte[0]), Arrays.copyOf(frame, length)))
                            .wrong())
                    .startsWith("truncated: ends in the zstd frame");
        }
    }

    @Test
    void refusesWindowAboveTheLimitAndTakesItWhenRaised() {
        byte[] compressed = concat(MAGIC, new byte[] {0, (byte) ((28 - 10) << 3)}, FIVE_X);
        Failure failure = refusal(compressed);
        assertThat(failure)
                .hasMessage("Exceeded: decode zstd: bytes in the window of a zstd frame: got 268435456,"
                        + " at most 134217728 (limits.zstdWindowLog)");
        DecodeLimits raised = new DecodeLimits(1_000, 2_000, 0, 28, true);
        assertThat(decode(raised, compressed, always(1), always(1_000)))
                .asString()
                .isEqualTo("xxxxx");
    }

    @Test
    void refusesSingleSegmentAboveTheLimitHoweverItIsCut() {
        byte[] compressed = frame(content(3, 3_000), 3, true); // its window is its content
        DecodeLimits small = new DecodeLimits(1 << 20, 2_000, 0, 11, true);
        assertThat(refusal(small, compressed).wrong()).contains("got 3000, at most 2048");
        DecodeLimits enough = new DecodeLimits(1 << 20, 2_000, 0, 12, true);
        assertThat(decode(enough, compressed, always(1), always(10))).hasSize(3_000);
    }

    @Test
    void refusesContentSizeThatOnlyAnUnsignedNumberHolds() {
        byte[] size = {-1, -1, -1, -1, -1, -1, -1, -1};
        Failure failure = refusal(concat(MAGIC, new byte[] {(byte) 0xe0}, size, LAST_BLOCK));
        assertThat(failure.category()).isEqualTo(Category.EXCEEDED);
        assertThat(failure.wrong()).contains("got " + Long.MAX_VALUE);
    }

    @Test
    void readsHandMadeFrames() {
        assertThat(decode(concat(MAGIC, new byte[] {0, 0}, FIVE_X), always(1), always(1)))
                .asString()
                .isEqualTo("xxxxx");
        // dictionary id of zero, in one, two and four bytes: none
        assertThat(decode(concat(MAGIC, new byte[] {1, 0, 0}, FIVE_X), always(1), always(1)))
                .hasSize(5);
        assertThat(decode(concat(MAGIC, new byte[] {2, 0, 0, 0}, FIVE_X), always(1), always(1)))
                .hasSize(5);
        assertThat(decode(concat(MAGIC, new byte[] {3, 0, 0, 0, 0, 0}, FIVE_X), always(1), always(1)))
                .hasSize(5);
    }

    @Test
    void refusesFrameThatNeedsDictionary() {
        byte[] compressed = concat(encode(new byte[0]), MAGIC, new byte[] {2, 0, 0x34, 0x12}, LAST_BLOCK);
        assertThat(refusal(compressed).wrong())
                .isEqualTo("zstd frame needs dictionary 4660, and layers have none, at compressed byte "
                        + encode(new byte[0]).length);
    }

    @Test
    void refusesReservedBlockType() {
        Failure failure = refusal(concat(MAGIC, new byte[] {0, 0, 7, 0, 0}));
        assertThat(failure.category()).isEqualTo(Category.INVALID);
        assertThat(failure.getMessage()).startsWith("Invalid: decode zstd: zstd frame: ");
    }

    @Test
    void refusesWrongChecksum() {
        byte[] compressed = encode(content(4, 10_000));
        compressed[compressed.length - 1] ^= 1;
        assertThat(refusal(compressed).wrong())
                .isEqualTo("zstd frame: Restored data doesn't match checksum, at compressed byte "
                        + (compressed.length - 1));
    }

    @Test
    void refusesOtherMagicNumbers() {
        byte[] legacy = {0x24, (byte) 0xb5, 0x2f, (byte) 0xfd, 0, 0, 0, 0, 0, 0};
        assertThat(refusal(legacy).wrong()).isEqualTo("no zstd frame: begins with 24, at compressed byte 0");
        byte[] almostSkippable = {0x5a, 0x2a, 0x4d, 0x19, 0, 0, 0, 0};
        assertThat(refusal(almostSkippable).wrong())
                .isEqualTo("no zstd frame: begins with 5a2a4d19, at compressed byte 0");
    }

    @Test
    void stateGrowsWithTheWindow() {
        try (Decoder decoder = Decoders.of(Compression.ZSTD, DecodeLimits.DEFAULTS)) {
            long before = decoder.stateBytes();
            byte[] small = stream(new byte[10], 10);
            Streams.decodeInto(new ByteArrayOutputStream(), decoder, stream(new byte[10], 23), always(99), always(99));
            Streams.decodeInto(new ByteArrayOutputStream(), decoder, small, always(99), always(99));
            assertThat(decoder.stateBytes()).isEqualTo(before + (1 << 23));
        }
    }

    private static byte[] frame(byte[] content, int level, boolean checksum) {
        try (ZstdCompressCtx zstd = new ZstdCompressCtx()) {
            return zstd.setLevel(level).setChecksum(checksum).compress(content);
        }
    }

    private static byte[] stream(byte[] content, int windowLog) {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (ZstdOutputStreamNoFinalizer zstd = new ZstdOutputStreamNoFinalizer(compressed)) {
            zstd.setLong(windowLog);
            zstd.setChecksum(true);
            zstd.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return compressed.toByteArray();
    }

    private static byte[] skippable(int kind, int length) {
        byte[] header = {
            (byte) (0x50 | kind),
            0x2a,
            0x4d,
            0x18,
            (byte) length,
            (byte) (length >>> 8),
            (byte) (length >>> 16),
            (byte) (length >>> 24)
        };
        return concat(header, content(5, length));
    }
}
