package io.varve.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImagePathTest {
    @ParameterizedTest
    @CsvSource({
        "/v1/images/a/files,               a,          ''",
        "/v1/images/a/files/,              a,          ''",
        "/v1/images/a%2Fb:1/files/etc/x,   a/b:1,      etc/x",
        "/v1/images/a@sha256:12/files/%2f, a@sha256:12, /",
        "/v1/images/a/files/a%20b+c,       a,          a b+c",
        "/v1/images/a/files/files/files,   a,          files/files",
        "/v1/images/a/files/..%2f../etc,   a,          ../../etc",
    })
    void referenceAndFileAreDecoded(String path, String reference, String file) {
        ImagePath parsed = ImagePath.parse(path);

        assertThat(parsed.reference()).isEqualTo(reference);
        assertThat(new String(parsed.file(), ISO_8859_1)).isEqualTo(file);
    }

    @Test
    void namesAreBytes() {
        assertThat(ImagePath.parse("/v1/images/a/files/%ff%00%c3%a4").file()).containsExactly(0xff, 0, 0xc3, 0xa4);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/images/a/filesystem",
                "/v1/images/a",
                "/v1/images/a/../b/files/x",
                "/v1/images//a/files/x",
                "/v1/image/a/files/x",
                ""
            })
    void otherPathsAreNone(String path) {
        assertThatThrownBy(() -> ImagePath.parse(path))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("NotFound: there is nothing at ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"%", "%f", "%zz", "%-1", "a%2"})
    void escapesThatAreNoneAreRefused(String file) {
        assertThatThrownBy(() -> ImagePath.parse("/v1/images/a/files/" + file))
                .isInstanceOf(Failure.class)
                .hasMessageMatching("Invalid: path: got %.*, wanted %HH");
    }
}
