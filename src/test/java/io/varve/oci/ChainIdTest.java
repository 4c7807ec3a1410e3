package io.varve.oci;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChainIdTest {
    private static final Digest A = digest("a");
    private static final Digest B = digest("b");
    private static final Digest C = digest("c");

    private static Digest digest(String text) {
        return Digest.sha256(text.getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void ofOneLayerIsItsDiffId() {
        assertThat(ChainId.of(List.of(A)).digest()).isEqualTo(A);
    }

    @Test
    void ofMoreIsTheDigestOfTheChainBelowAndTheDiffId() {
        assertThat(ChainId.of(List.of(A, B, C)).digest()).isEqualTo(digest(digest(A + " " + B) + " " + C));
    }

    @Test
    void isWhatOtherToolsMakeOfAKnownStack() {
        // Computed with sha256sum: printf 'sha256:<a> sha256:<b>' | sha256sum
        assertThat(ChainId.of(List.of(A, B)))
                .hasToString("sha256:51c0c8ace48498d6f5fee6b0592cc06f2da0f3cbe09c5a34a97dce85c3889676");
    }

    @Test
    void dependsOnTheOrder() {
        assertThat(ChainId.of(List.of(A, B))).isNotEqualTo(ChainId.of(List.of(B, A)));
    }

    @Test
    void ofNoLayersIsTheDigestOfNoBytes() {
        assertThat(ChainId.of(List.of()).digest()).isEqualTo(digest(""));
    }
}
