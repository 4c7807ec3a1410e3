package io.varve.layerfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EntryPathTest {
    @ParameterizedTest
    @CsvSource({
        "a, a",
        "/a, a",
        "///a, a",
        "./a, a",
        "a/, a",
        "a//b, a/b",
        "a/./b/., a/b",
        "a/../b, b",
        "a/b/../../c, c",
        "a/b/.., a",
        "..., ...",
        "..a/.b, ..a/.b",
        "./, ''",
        "/, ''",
        "., ''",
        "a/.., ''"
    })
    void cleansNamesLexically(String name, String path) {
        assertThat(clean(name)).isEqualTo(path);
    }

    @ParameterizedTest
    @ValueSource(strings = {"..", "/..", "a/../..", "./../a", "a/b/../../../c"})
    void refusesNamesThatLeadAboveTheRoot(String name) {
        assertThatThrownBy(() -> clean(name)).hasMessageContaining("Invalid").hasMessageContaining("above the root");
    }

    @Test
    void refusesANameOf256BytesWhateverTheLimits() {
        assertThat(clean("n".repeat(255))).hasSize(255);
        assertThatThrownBy(() -> clean("d/" + "n".repeat(256)))
                .isInstanceOfSatisfying(
                        Failure.class, e -> assertThat(e.category()).isEqualTo(Category.EXCEEDED));
    }

    @Test
    void refusesMoreDirectoriesThanTheLimitAllows() {
        assertThat(clean("d/".repeat(16) + "f")).endsWith("f");
        assertThatThrownBy(() -> clean("d/".repeat(17) + "f")).hasMessageContaining("limits.depth");
    }

    @Test
    void findsTheParentOfAPath() {
        assertThat(EntryPath.parent(bytes("a/b/c"))).isEqualTo(bytes("a/b"));
        assertThat(EntryPath.parent(bytes("a"))).isEmpty();
    }

    private static String clean(String name) {
        return new String(EntryPath.clean(bytes(name), 16), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
