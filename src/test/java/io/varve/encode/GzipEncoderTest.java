package io.varve.encode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Failure;
import io.varve.oci.Compression;
import io.varve.oci.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GzipEncoderTest {
    private static final int SEGMENT = 512 << 10;
    private static final Map<String, byte[]> INPUTS = Encoded.inputs(SEGMENT);

    private static Encoding gzip(int level) {
        return new Encoding(Compression.GZIP, level);
    }

    private static byte[] plain(byte[] gzip) throws IOException {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(gzip))) {
            return in.readAllBytes();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9})
    void whatGoesInComesOut(int level) throws Exception {
        for (Map.Entry<String, byte[]> input : INPUTS.entrySet()) {
            byte[] encoded = Encoded.of(gzip(level), input.getValue());

            assertThat(plain(encoded)).as(input.getKey()).isEqualTo(input.getValue());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 6})
    void bytesAreTheSameHoweverTheyCome(int level) throws Exception {
        byte[] text = Encoded.text(SEGMENT + 40_000);
        byte[] whole = Encoded.of(gzip(level), text, text.length);

        for (int write : new int[] {1, 1000, 65_536, SEGMENT - 1, SEGMENT, SEGMENT + 1}) {
            assertThat(Encoded.of(gzip(level), text, write)).as("by " + write).isEqualTo(whole);
        }
    }

    /** Layers that were made once have their digests for good: whoever changes these changes the version of {@link Encoding#location}. */
    @ParameterizedTest
    @CsvSource({
        "1, 54b64682e5851491bf162713827193e8",
        "4, 5a8f33272b8df61dc1e7bd9ec6e34cda",
        "6, 63c0eeaa791803ebb8632a104bf1a5f9",
        "9, aad07a47331fdc81c09ae4909b9854bf",
    })
    void bytesAreTheSameForEver(int level, String digest) throws Exception {
        byte[] input = Encoded.text(700_000);
        System.arraycopy(Encoded.random(100_000), 0, input, 100_000, 100_000);
        System.arraycopy(Encoded.run(50_000), 0, input, 500_000, 50_000);

        assertThat(Digest.sha256(Encoded.of(gzip(level), input)).hex()).startsWith(digest);
    }

    @Test
    void higherLevelsMakeFewerBytes() throws Exception {
        byte[] text = Encoded.text(300_000);

        int[] sizes = {
            Encoded.of(gzip(1), text).length, Encoded.of(gzip(4), text).length, Encoded.of(gzip(9), text).length
        };

        assertThat(sizes).isSortedAccordingTo((a, b) -> Integer.compare(b, a));
        assertThat(sizes[2]).isLessThan(text.length / 3);
    }

    @Test
    void noiseIsStoredWithHardlyMoreBytes() throws Exception {
        byte[] noise = Encoded.random(SEGMENT);

        assertThat(Encoded.of(gzip(6), noise)).hasSizeLessThan(SEGMENT + SEGMENT / 1000);
    }

    @Test
    void segmentsReferToWhatStandsBeforeThem() throws Exception {
        byte[] start = Encoded.random(SEGMENT);
        byte[] twice = Arrays.copyOf(start, SEGMENT + 30_000);
        System.arraycopy(start, SEGMENT - 30_000, twice, SEGMENT, 30_000);

        assertThat(Encoded.of(gzip(6), twice).length - Encoded.of(gzip(6), start).length)
                .isLessThan(1000);
    }

    @Test
    void headTellsNeitherTimeNorName() throws Exception {
        byte[] encoded = Encoded.of(gzip(6), Encoded.text(10));

        assertThat(Arrays.copyOf(encoded, 10)).containsExactly(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 10})
    void refusesOtherLevels(int level) {
        assertThatThrownBy(() -> gzip(level))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("level: got " + level + ", wanted 1 to 9");
    }
}
