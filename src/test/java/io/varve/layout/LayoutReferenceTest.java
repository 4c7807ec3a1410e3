package io.varve.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LayoutReferenceTest {
    private static final String HALF = "0123456789abcdef0123456789abcdef";
    private static final String DIGEST = "sha256:" + HALF + HALF;

    @ParameterizedTest
    @CsvSource({
        "oci:out, out,",
        "oci:/srv/images, /srv/images,",
        "oci:out:latest, out, latest",
        "oci:a@b:latest, a@b, latest",
        "oci:out:docker.io/library/debian:bookworm, out, docker.io/library/debian:bookworm",
        "oci:out:localhost:5000/app, out, localhost:5000/app",
    })
    void endsTheDirectoryAtTheFirstColon(String text, String directory, String name) {
        LayoutReference reference = LayoutReference.parse(text);
        assertThat(reference.path()).hasToString(directory);
        assertThat(reference.name()).isEqualTo(name);
        assertThat(reference.digest()).isNull();
        assertThat(reference).hasToString(text);
    }

    @Test
    void takesADigest() {
        LayoutReference reference = LayoutReference.parse("oci:a@b@" + DIGEST);
        assertThat(reference.path()).hasToString("a@b");
        assertThat(reference.name()).isNull();
        assertThat(reference.digest()).hasToString(DIGEST);
        assertThat(reference).hasToString("oci:a@b@" + DIGEST);
    }

    @ParameterizedTest
    @CsvSource({
        "oci-archive:a.tar, a.tar, ,",
        "oci-archive:/srv/a.tar:localhost:5000/app:1, /srv/a.tar, localhost:5000/app:1,",
        "oci-archive:a@b.tar@" + DIGEST + ", a@b.tar, ," + DIGEST,
    })
    void namesArchivesAsDirectories(String text, String path, String name, String digest) {
        LayoutReference reference = LayoutReference.parse(text);
        assertThat(reference.form()).isEqualTo(LayoutReference.Form.ARCHIVE);
        assertThat(reference.path()).hasToString(path);
        assertThat(reference.name()).isEqualTo(name);
        assertThat(reference.digest()).isEqualTo(digest == null ? null : Digest.parse(digest));
        assertThat(reference).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "out",
                "oci:",
                "oci::tag",
                "oci:out:",
                "oci:@" + "sha256:00",
                "oci:out@sha256:00",
                "oci:a\0b",
                "oci-archive:",
                "oci-archive:a:",
                "oci-archives:a"
            })
    void refusesOtherForms(String text) {
        assertThatThrownBy(() -> LayoutReference.parse(text))
                .isInstanceOfSatisfying(
                        Failure.class, f -> assertThat(f.category()).isEqualTo(Category.INVALID));
    }

    @Test
    void isNoRegistryReference() {
        assertThat(LayoutReference.matches("oci:out")).isTrue();
        assertThat(LayoutReference.matches("oci-archive:out")).isTrue();
        assertThat(LayoutReference.matches("oci/out")).isFalse();
    }
}
