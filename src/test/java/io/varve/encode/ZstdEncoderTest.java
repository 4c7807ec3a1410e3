package io.varve.encode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStream;
import io.varve.failure.Failure;
import io.varve.oci.Compression;
import io.varve.oci.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ZstdEncoderTest {
    private static final int SEGMENT = 2 << 20;
    private static final Map<String, byte[]> INPUTS = Encoded.inputs(SEGMENT);

    private static Encoding zstd(int level) {
        return new Encoding(Compression.ZSTD, level);
    }

    private static byte[] plain(byte[] zstd) throws IOException {
        try (ZstdInputStream in = new ZstdInputStream(new ByteArrayInputStream(zstd))) {
            return in.readAllBytes();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 6})
    void whatGoesInComesOut(int level) throws Exception {
        for (Map.Entry<String, byte[]> input : INPUTS.entrySet()) {
            byte[] encoded = Encoded.of(zstd(level), input.getValue());

            assertThat(plain(encoded)).as(input.getKey()).isEqualTo(input.getValue());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {13, 19})
    void whatGoesInComesOutOfTheHighLevels(int level) throws Exception {
        byte[] text = Encoded.text(100_000);

        assertThat(plain(Encoded.of(zstd(level), text))).isEqualTo(text);
    }

    @Test
    void bytesAreTheSameHoweverTheyCome() throws Exception {
        byte[] text = Encoded.text(SEGMENT + 40_000);
        byte[] whole = Encoded.of(zstd(3), text, text.length);

        for (int write : new int[] {7, 65_536, SEGMENT - 1, SEGMENT, SEGMENT + 1}) {
            assertThat(Encoded.of(zstd(3), text, write)).as("by " + write).isEqualTo(whole);
        }
    }

    /** Layers that were made once have their digests for good: whoever changes this changes the version of {@link Encoding#location}. */
    @Test
    void bytesAreTheSameForEver() throws Exception {
        byte[] encoded = Encoded.of(zstd(3), Encoded.text(SEGMENT + 100_000));

        assertThat(Digest.sha256(encoded).hex()).startsWith("3f9e0811ca17d4134dc11c04ae8e4312");
    }

    @Test
    void framesTellTheirSizeAndHaveChecksums() throws Exception {
        byte[] encoded = Encoded.of(zstd(3), Encoded.text(SEGMENT + 1));
        assertThat(Zstd.getFrameContentSize(encoded)).isEqualTo(SEGMENT);

        byte[] damaged = Encoded.of(zstd(3), Encoded.text(1000));
        damaged[damaged.length - 1] ^= 1;
        assertThatThrownBy(() -> plain(damaged)).isInstanceOf(IOException.class).hasMessageContaining("checksum");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 20})
    void refusesOtherLevels(int level) {
        assertThatThrownBy(() -> zstd(level))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("level: got " + level + ", wanted 1 to 19");
    }
}
