package io.varve.distribution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RouteTest {
    @Test
    void namesMayHaveManyParts() {
        assertThat(Route.parse("/v2/a/manifests/1")).isEqualTo(new Route.Manifest("a", "1"));
        assertThat(Route.parse("/v2/a/b/c/blobs/sha256:12")).isEqualTo(new Route.Blob("a/b/c", "sha256:12"));
        assertThat(Route.parse("/v2/a/b/tags/list")).isEqualTo(new Route.Tags("a/b"));
    }

    @Test
    void wordsOfThePathMayBePartsOfNames() {
        assertThat(Route.parse("/v2/manifests/blobs/manifests/tags"))
                .isEqualTo(new Route.Manifest("manifests/blobs", "tags"));
        assertThat(Route.parse("/v2/tags/list/tags/list")).isEqualTo(new Route.Tags("tags/list"));
    }

    @Test
    void digestsMayBeEncoded() {
        assertThat(Route.parse("/v2/a/blobs/sha256%3A12")).isEqualTo(new Route.Blob("a", "sha256:12"));
        assertThat(Route.parse("/v2/a/manifests/a+b")).isEqualTo(new Route.Manifest("a", "a+b"));
    }

    @Test
    void knowsTheRest() {
        assertThat(Route.parse("/v2/")).isEqualTo(new Route.Version());
        assertThat(Route.parse("/v2")).isEqualTo(new Route.Version());
        assertThat(Route.parse("/v2/_catalog")).isEqualTo(new Route.Catalog());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "*",
                "/v1/",
                "/v2x",
                "//v2/",
                "/v2/a",
                "/v2/manifests/1",
                "/v2/a/manifests/",
                "/v2/a/tags/list/",
                "/v2/a/tags",
                "/v2/a/referrers/",
                "/v2/a/blobs/%",
                "/v2/a/blobs/%zz",
                "/v2/_catalog/"
            })
    void refusesWhatThereIsNot(String path) {
        assertThatThrownBy(() -> Route.parse(path))
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.status()).isEqualTo(404));
    }
}
