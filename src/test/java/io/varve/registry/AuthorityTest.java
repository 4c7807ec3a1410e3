package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthorityTest {
    private static String read(String url) {
        return Authority.of(URI.create(url))
                .map(each -> each.user() + " " + each.host() + " " + each.port())
                .orElse("none");
    }

    @ParameterizedTest
    @CsvSource({
        "http://a.example, null a.example -1",
        "https://user:pw@a.example:5000/x?y, user:pw a.example 5000",
        "http://[::1]:5000, null [::1] 5000",
        "http://auth_service:5001/token, null auth_service 5001",
        "https://my_bucket.s3.amazonaws.com/x?y@z, null my_bucket.s3.amazonaws.com -1",
        "https://u_1:p%40@my_proxy:3128, u_1:p%40 my_proxy 3128",
        "http://_, null _ -1",
        "http://a_b.example., null a_b.example. -1"
    })
    void hostsAreReadWithOrWithoutUnderscores(String url, String read) {
        assertThat(read(url)).isEqualTo(read);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http:/a_b",
                "mailto:a_b",
                "http://a.example:0",
                "http://a.example:65536",
                "http://a_b:0",
                "http://a_b:65536",
                "http://a_b:",
                "http://a_b:x",
                "http://a_b:1:2",
                "http://-a_b",
                "http://a_b-",
                "http://a_b..c",
                "http://.a_b",
                "http://a_b%2e",
                "http://a@b@a_b",
                "http://a_b,c",
                "http://a-.b",
                "http://a.123"
            })
    void whatIsNoHostIsNone(String url) {
        assertThat(read(url)).isEqualTo("none");
    }

    @Test
    void nameIsNoLongerThanNamesCanBe() {
        assertThat(read("http://_" + ".a".repeat(126))).isNotEqualTo("none");
        assertThat(read("http://_" + ".a".repeat(127))).isEqualTo("none");
        assertThat(read("http://_" + ".a".repeat(100_000))).isEqualTo("none");
    }

    @Test
    void hostAloneHasNothingBesideIt() {
        assertThat(new String[] {"a.example", "a.example:5000", "[::1]:5000", "my_registry:5000"})
                .allMatch(Authority::isHost);
        assertThat(new String[] {
                    "", "user@a.example", "user@a_b", "a_b/", "a_b?x", "a_b#x", "a b", "a.example:0", "http://a_b"
                })
                .noneMatch(Authority::isHost);
    }
}
