package io.varve.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.varve.failure.Failure;
import io.varve.oci.Compression;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecodersTest {

    @ParameterizedTest
    @CsvSource({
        "1f8b0800, GZIP",
        "1f8b08, GZIP",
        "1f8b, NONE",
        "1f8b0700, NONE",
        "28b52ffd, ZSTD",
        "28b52f, NONE",
        "502a4d18, ZSTD",
        "5f2a4d18, ZSTD",
        "602a4d18, NONE",
        "24b52ffd, NONE",
        "2e2f0000, NONE",
        "'', NONE",
    })
    void tellsCompressionByTheFirstBytes(String hex, Compression expected) {
        ByteBuf head =
                Unpooled.wrappedBuffer(HexFormat.of().parseHex("ff" + hex)).skipBytes(1);
        assertThat(Decoders.sniff(head)).isEqualTo(expected);
        assertThat(head.readerIndex()).isEqualTo(1);
    }

    @Test
    void tellsCompressionOfAStreamThatGivesOneByteAtATime() throws IOException {
        byte[] zstd = HexFormat.of().parseHex("28b52ffd00");
        assertThat(Decoders.sniff(Channels.newChannel(new ByteArrayInputStream(zstd) {
                    @Override
                    public synchronized int read(byte[] into, int at, int length) {
                        return super.read(into, at, Math.min(length, 1));
                    }
                })))
                .isEqualTo(Compression.ZSTD);
        assertThat(Decoders.sniff(Channels.newChannel(new ByteArrayInputStream(new byte[0]))))
                .isEqualTo(Compression.NONE);
    }

    @Test
    void refusesLimitsWithoutMeaning() {
        assertThatThrownBy(() -> new DecodeLimits(0, 1, 0, 27, true))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("limits.inflatedBytes: got 0");
        assertThatThrownBy(() -> new DecodeLimits(1, 0, 0, 27, true)).hasMessageContaining("limits.ratio: got 0");
        assertThatThrownBy(() -> new DecodeLimits(1, 1, -1, 27, true))
                .hasMessageContaining("limits.ratioFloor: got -1");
        assertThatThrownBy(() -> new DecodeLimits(1, 1, 0, 32, true))
                .hasMessageContaining("limits.zstdWindowLog: got 32, wanted 10 to 31");
    }
}
