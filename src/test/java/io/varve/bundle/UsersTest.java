package io.varve.bundle;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Failure;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsersTest {
    private static final Users USERS = new Users("""
            root:x:0:0:root:/root:/bin/sh
            # a remark:x:7:7::/:
            broken:x:many:1::/:
            short:x
            app:x:1000:1001::/app:/bin/sh
            1234:x:5:6::/:
            """.getBytes(UTF_8), """
            root:x:0:
            wheel:x:10:root,app
            app:x:1001:app
            audio:x:29:other,app
            """.getBytes(UTF_8));

    private static final Users NOBODY = new Users(new byte[0], new byte[0]);

    @ParameterizedTest
    @CsvSource({
        "'', 0, 0, 10",
        "root, 0, 0, 10",
        "0, 0, 0, 10",
        "app, 1000, 1001, 10 29",
        "1000, 1000, 1001, 10 29",
        "app:wheel, 1000, 10, ''",
        "app:77, 1000, 77, ''",
        "77, 77, 0, ''",
        "77:88, 77, 88, ''",
        ":audio, 0, 29, ''",
        "app:, 1000, 1001, 10 29",
        // A name that is a number is a name.
        "1234, 5, 6, ''"
    })
    void areFoundByNameAndNumber(String text, int uid, int gid, String groups) {
        List<Integer> additional = Arrays.stream(groups.split(" ", -1))
                .filter(each -> !each.isEmpty())
                .map(Integer::valueOf)
                .toList();

        assertThat(USERS.find(text)).isEqualTo(new User(uid, gid, additional));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nobody", "broken", "-1", "4294967296", "app:nobody", "# a remark"})
    void thoseThatAreNotThereAreToldByName(String text) {
        assertThatThrownBy(() -> USERS.find(text))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("NotFound: ")
                .hasMessageContaining("which the image's /etc/");
    }

    @Test
    void anImageWithoutFilesHasNumbersAlone() {
        assertThat(NOBODY.find("")).isEqualTo(new User(0, 0, List.of()));
        assertThat(NOBODY.find("1000:1000")).isEqualTo(new User(1000, 1000, List.of()));
        assertThatThrownBy(() -> NOBODY.find("root")).hasMessageContaining("got root");
    }
}
