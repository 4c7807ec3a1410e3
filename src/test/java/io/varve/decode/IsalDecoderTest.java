package io.varve.decode;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.image.Peers;
import io.varve.oci.Compression;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class IsalDecoderTest extends GzipContract {

    IsalDecoderTest() {
        super(true, "invalid block");
    }

    @BeforeAll
    static void thereIsOne() {
        Peers.need(Isal.get().isPresent(), "ISA-L");
    }

    @Test
    void isWhatADecoderIsUnlessTheLimitsSayNo() {
        DecodeLimits without = new DecodeLimits(1, 1, 0, 27, false);
        try (Decoder with = Decoders.of(Compression.GZIP, DecodeLimits.DEFAULTS);
                Decoder other = Decoders.of(Compression.GZIP, without)) {
            assertThat(with.stateBytes()).isEqualTo(IsalInflate.STATE_BYTES);
            assertThat(other.stateBytes()).isLessThan(IsalInflate.STATE_BYTES);
        }
    }
}
