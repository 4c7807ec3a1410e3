package io.varve.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class NameTest {
    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "/", "a/b", "../x", "/etc", "a\0", "\0"})
    void refusesWhatCouldBeAPath(String text) {
        assertRefused(text, Errno.EINVAL);
    }

    @Test
    void refusesMoreBytesThanLinuxAllows() {
        assertRefused("x".repeat(256), Errno.ENAMETOOLONG);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "...", "..a", ".a", " ", "\n", "ÿþ"})
    void takesEveryOtherBytes(String text) throws OsException {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        assertThat(Name.of(bytes).toBytes()).isEqualTo(bytes);
    }

    @Test
    void forgetsALongerNameWhenItBecomesAShorterOne() throws OsException {
        Name name = Name.of("x".repeat(255).getBytes(StandardCharsets.US_ASCII));
        byte[] array = {'a', 'b', 'c'};
        assertThat(name.set(array, 2).toBytes()).containsExactly('a', 'b');
    }

    private static void assertRefused(String text, Errno errno) {
        assertThatThrownBy(() -> Name.of(text.getBytes(StandardCharsets.ISO_8859_1)))
                .isInstanceOfSatisfying(
                        OsException.class, e -> assertThat(e.errno()).isEqualTo(errno));
    }
}
