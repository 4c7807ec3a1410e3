package io.varve.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MediaTypeTest {
    @ParameterizedTest
    @EnumSource(MediaType.Known.class)
    void findsEveryKnownTypeByItsText(MediaType.Known known) {
        assertThat(MediaType.parse(known.toString())).isSameAs(known);
        assertThat(known.kind()).isNotEqualTo(MediaType.Kind.OTHER);
    }

    @ParameterizedTest
    @CsvSource({
        "application/vnd.oci.image.layer.v1.tar, NONE, true",
        "application/vnd.oci.image.layer.v1.tar+gzip, GZIP, true",
        "application/vnd.oci.image.layer.v1.tar+zstd, ZSTD, true",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd, ZSTD, false",
        "application/vnd.docker.image.rootfs.diff.tar.gzip, GZIP, true",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip, GZIP, false",
    })
    void knowsHowLayersAreCompressed(String text, Compression compression, boolean distributable) {
        MediaType.Known known = (MediaType.Known) MediaType.parse(text);
        assertThat(known.kind()).isEqualTo(MediaType.Kind.LAYER);
        assertThat(known.compression()).isEqualTo(compression);
        assertThat(known.distributable()).isEqualTo(distributable);
    }

    @Test
    void carriesOtherTypesVerbatim() {
        MediaType other = MediaType.parse("application/vnd.Example+JSON");
        assertThat(other).hasToString("application/vnd.Example+JSON");
        assertThat(other.kind()).isEqualTo(MediaType.Kind.OTHER);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "application", ".a/b", "a/.b", "a/b/c", "a/b; c=d", "a /b", "a/\n"})
    void refusesWhatIsNoMediaType(String text) {
        assertThatThrownBy(() -> MediaType.parse(text)).isInstanceOf(Failure.class);
    }
}
