package io.varve.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PatternsTest {
    private static boolean matches(String pattern, String path) {
        return new Patterns(List.of(pattern)).match(path);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            a,            a,          true
            a,            ab,         false
            a,            b/a,        false
            ./a/,         a,          true
            *.tmp,        x.tmp,      true
            *.tmp,        .tmp,       true
            *.tmp,        a/x.tmp,    false
            **/*.tmp,     x.tmp,      true
            **/*.tmp,     a/b/x.tmp,  true
            a/**,         a/b/c,      true
            a/**,         a,          false
            a/**/c,       a/c,        true
            a/**/c,       a/b/b/c,    true
            a/**/c,       abc,        false
            **/c,         bc,         false
            **c,          a/bc,       true
            ?,            ä,          true
            ?,            /,          false
            [a-c]x,       bx,         true
            [^a-c]x,      bx,         false
            [,            [,          true
            a.b,          axb,        false
            """)
    void starsStopAtSlashesAndTwoOfThemDoNot(String pattern, String path, boolean match) {
        assertThat(matches(pattern, path)).isEqualTo(match);
    }

    /** To try one way after the other would take longer than anybody lives. */
    @Test
    @Timeout(60)
    void patternOfManyStarsEnds() {
        assertThat(matches("*a".repeat(50) + "b", "a".repeat(255))).isFalse();
        assertThat(matches("**/".repeat(50) + "b", "a/".repeat(1000) + "a")).isFalse();
    }

    @Test
    void patternThatIsNoneIsRefused() {
        for (String pattern : List.of("!a", "[z-a]", "a".repeat(5000))) {
            assertThatThrownBy(() -> matches(pattern, "a")).hasMessageStartingWith("Invalid: exclude: got ");
        }
    }
}
