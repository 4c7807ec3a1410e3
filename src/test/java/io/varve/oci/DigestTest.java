package io.varve.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Failure;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DigestTest {
    private static final String EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    @Test
    void isThatOfTheBytes() {
        assertThat(Digest.sha256(new byte[0])).hasToString(EMPTY).isEqualTo(Digest.parse(EMPTY));
    }

    @Test
    void isWhatARunningHashHasComeTo() {
        MessageDigest hash = Digest.Algorithm.SHA512.hash();
        hash.update("abc".getBytes(StandardCharsets.US_ASCII));
        assertThat(Digest.of(Digest.Algorithm.SHA512, hash))
                .hasToString("sha512:"
                        + "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                        + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "sha256",
                "sha256:",
                "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",
                "sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
                "SHA256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "sha512:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "sha256:../../../../../../../../../../../../../../../../../../../etc/shadow",
                "md5:d41d8cd98f00b204e9800998ecf8427e"
            })
    void refusesOtherSpellings(String text) {
        assertThatThrownBy(() -> Digest.parse(text))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("Invalid: digest: got ");
    }

    @Test
    void sortsAsItsTextDoes() {
        assertThat(Digest.parse(EMPTY)).isLessThan(Digest.parse("sha512:" + "0".repeat(128)));
    }
}
