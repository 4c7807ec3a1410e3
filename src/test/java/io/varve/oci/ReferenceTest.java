package io.varve.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReferenceTest {
    private static final String HEX = "0123456789abcdef".repeat(4);

    @ParameterizedTest
    @CsvSource({
        "debian, docker.io/library/debian, debian",
        "debian:bookworm, docker.io/library/debian:bookworm, debian:bookworm",
        "grafana/grafana, docker.io/grafana/grafana, grafana/grafana",
        "index.docker.io/debian, docker.io/library/debian, debian",
        "docker.io/library/a/b, docker.io/library/a/b, library/a/b",
        "localhost/debian, localhost/debian, localhost/debian",
        "localhost:5000, docker.io/library/localhost:5000, localhost:5000",
        "127.0.0.1:5000/app:1, 127.0.0.1:5000/app:1, 127.0.0.1:5000/app:1",
        "Host/app, Host/app, Host/app",
        "quay.io/a/b_c/d--e.f, quay.io/a/b_c/d--e.f, quay.io/a/b_c/d--e.f",
        "'[fd00::1]:5000/app', '[fd00::1]:5000/app', '[fd00::1]:5000/app'",
    })
    void normalizesAsDockerDoes(String text, String canonical, String familiar) {
        Reference reference = Reference.normalized(text);
        assertThat(reference).hasToString(canonical);
        assertThat(reference.familiar()).isEqualTo(familiar);
        assertThat(Reference.parse(canonical)).isEqualTo(reference);
    }

    @Test
    void hasItsParts() {
        Reference reference = Reference.normalized("quay.io:443/a/b:1.0@sha256:" + HEX);
        assertThat(reference.domain()).isEqualTo("quay.io:443");
        assertThat(reference.path()).isEqualTo("a/b");
        assertThat(reference.name()).isEqualTo("quay.io:443/a/b");
        assertThat(reference.tag()).isEqualTo("1.0");
        assertThat(reference.digest()).hasToString("sha256:" + HEX);
    }

    @Test
    void addsNothingWhenOnlyParsed() {
        assertThat(Reference.parse("debian").domain()).isNull();
        assertThat(Reference.parse("library/debian").domain()).isEqualTo("library");
        assertThat(Reference.parse("some_one/debian").domain()).isNull();
    }

    @Test
    void defaultsToLatestOnlyWithoutTagAndDigest() {
        assertThat(Reference.normalized("debian").withDefaultTag()).hasToString("docker.io/library/debian:latest");
        assertThat(Reference.normalized("debian:12").withDefaultTag()).hasToString("docker.io/library/debian:12");
        assertThat(Reference.normalized("debian@sha256:" + HEX).withDefaultTag().tag())
                .isNull();
    }

    @Test
    void pullsByDigestWhereThereIsOne() {
        assertThat(Reference.normalized("debian:12@sha256:" + HEX).forPull())
                .hasToString("docker.io/library/debian@sha256:" + HEX);
        assertThat(Reference.normalized("debian").forPull()).hasToString("docker.io/library/debian:latest");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-foo",
                "foo/",
                "/foo",
                "a//b",
                "a..b",
                "a___b",
                "https://debian",
                "debian:",
                "debian:-1",
                "debian@",
                "debian@sha256:0123",
                "debian@md5:0123456789abcdef0123456789abcdef",
                "[fe80::1%eth0]:5000/debian",
                "a\nb",
                "débian",
                "debian:tag:tag",
                "../debian"
            })
    void refusesWhatIsNoReference(String text) {
        assertThatThrownBy(() -> Reference.normalized(text))
                .isInstanceOfSatisfying(
                        Failure.class, f -> assertThat(f.category()).isEqualTo(Category.INVALID));
    }

    @Test
    void saysWhatTheUserWrote() {
        assertThatThrownBy(() -> Reference.normalized("a b"))
                .hasMessage("Invalid: reference: got a b, wanted [HOST[:PORT]/]PATH[:TAG][@DIGEST]");
        assertThatThrownBy(() -> Reference.normalized("")).hasMessageStartingWith("Invalid: reference: got nothing,");
    }

    @Test
    void matchesTheLongestTextsWithoutEnd() {
        assertThat(Reference.parse("a.".repeat(500) + "a/b").domain()).hasSize(1001);
        assertThatThrownBy(() -> Reference.parse("a-".repeat(511) + "!")).isInstanceOf(Failure.class);
        assertThatThrownBy(() -> Reference.parse("a/".repeat(511) + "!")).isInstanceOf(Failure.class);
        assertThatThrownBy(() -> Reference.parse("a".repeat(1023) + "!")).isInstanceOf(Failure.class);
    }

    @Test
    void saysWhenOnlyTheCaseIsWrong() {
        assertThatThrownBy(() -> Reference.normalized("quay.io/Debian"))
                .hasMessage("Invalid: reference: got quay.io/Debian, wanted the repository in lower case");
    }

    @Test
    void boundsLengths() {
        assertThat(Reference.parse("a".repeat(255)).path()).hasSize(255);
        assertThatThrownBy(() -> Reference.parse("a".repeat(256))).hasMessageContaining("256 characters");
        assertThat(Reference.parse("a:" + "t".repeat(128)).tag()).hasSize(128);
        assertThatThrownBy(() -> Reference.parse("a:" + "t".repeat(129))).isInstanceOf(Failure.class);
        assertThatThrownBy(() -> Reference.parse("a/".repeat(1 << 20) + "a"))
                .hasMessage("Invalid: reference: got 2097153 characters, wanted at most 1024");
    }

    @Test
    void cannotBePutTogetherFromWrongParts() {
        assertThatThrownBy(() -> new Reference("quay.io", "../x", null, null)).isInstanceOf(Failure.class);
        assertThatThrownBy(() -> new Reference("quay.io/x", "y", null, null)).isInstanceOf(Failure.class);
        assertThatThrownBy(() -> new Reference("quay.io", "x", "a b", null)).isInstanceOf(Failure.class);
    }

    @Test
    void takesHexForAnIdentifierOnlyWhereThatIsAskedFor() {
        assertThatThrownBy(() -> Reference.normalized(HEX)).isInstanceOf(Failure.class);
        assertThat(ImageName.parse(HEX)).isEqualTo(Digest.parse("sha256:" + HEX));
        assertThat(ImageName.parse("sha256:" + HEX)).isEqualTo(Digest.parse("sha256:" + HEX));
        assertThat(ImageName.parse("sha512:" + HEX + HEX)).isEqualTo(Digest.parse("sha512:" + HEX + HEX));
        assertThat(ImageName.parse("sha256:latest")).hasToString("docker.io/library/sha256:latest");
        assertThat(ImageName.parse(HEX.substring(1))).hasToString("docker.io/library/" + HEX.substring(1));
    }
}
