package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Failure;
import io.vertx.core.net.ProxyOptions;
import io.vertx.core.net.ProxyType;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxiesTest {

    private static Optional<ProxyOptions> find(String url, Map<String, String> environment) {
        return new Proxies(environment, Duration.ofSeconds(1)).find(Origin.of(URI.create(url)));
    }

    private static String host(String url, Map<String, String> environment) {
        return find(url, environment)
                .map(proxy -> proxy.getHost() + ":" + proxy.getPort())
                .orElse("none");
    }

    @Test
    void schemeDecides() {
        Map<String, String> both = Map.of("HTTP_PROXY", "http://plain:1", "HTTPS_PROXY", "http://secure:2");

        assertThat(host("http://a.example", both)).isEqualTo("plain:1");
        assertThat(host("https://a.example", both)).isEqualTo("secure:2");
        assertThat(host("https://a.example", Map.of("HTTP_PROXY", "plain:1"))).isEqualTo("none");
        assertThat(host("https://a.example", Map.of())).isEqualTo("none");
    }

    @Test
    void allIsForWhatHasNoneOfItsOwn() {
        Map<String, String> all = Map.of("HTTP_PROXY", "plain:1", "ALL_PROXY", "all:3");

        assertThat(host("http://a.example", all)).isEqualTo("plain:1");
        assertThat(host("https://a.example", all)).isEqualTo("all:3");
    }

    @Test
    void lowerCaseComesFirstAndEmptySaysNothing() {
        assertThat(host("https://a.example", Map.of("https_proxy", "lower:1", "HTTPS_PROXY", "upper:1")))
                .isEqualTo("lower:1");
        assertThat(host("https://a.example", Map.of("https_proxy", "", "HTTPS_PROXY", "upper:1")))
                .isEqualTo("upper:1");
    }

    @Test
    void proxiesMayHaveTheNamesOfContainers() {
        ProxyOptions proxy = find("http://a.example", Map.of("HTTP_PROXY", "http://user:p%20w@my_proxy:3128"))
                .orElseThrow();

        assertThat(proxy.getHost()).isEqualTo("my_proxy");
        assertThat(proxy.getPort()).isEqualTo(3128);
        assertThat(proxy.getUsername()).isEqualTo("user");
        assertThat(proxy.getPassword()).isEqualTo("p w");
        assertThat(host("http://a.example", Map.of("ALL_PROXY", "socks5://my_proxy")))
                .isEqualTo("my_proxy:1080");
    }

    @Test
    void proxiesHaveTheirDefaults() {
        assertThat(host("https://a.example", Map.of("ALL_PROXY", "proxy"))).isEqualTo("proxy:80");
        assertThat(host("https://a.example", Map.of("ALL_PROXY", "socks5://proxy")))
                .isEqualTo("proxy:1080");
        assertThat(host("https://a.example", Map.of("ALL_PROXY", "http://[::1]:3128")))
                .isEqualTo("::1:3128");
        assertThat(find("https://a.example", Map.of("ALL_PROXY", "socks5://proxy"))
                        .orElseThrow()
                        .getType())
                .isEqualTo(ProxyType.SOCKS5);
    }

    @Test
    void userAndPasswordAreDecoded() {
        ProxyOptions proxy = find("https://a.example", Map.of("ALL_PROXY", "http://a%40b:c%3A+%2F@proxy:1"))
                .orElseThrow();

        assertThat(proxy.getUsername()).isEqualTo("a@b");
        assertThat(proxy.getPassword()).isEqualTo("c:+/");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://secret@proxy",
                "ftp://secret@proxy",
                "http://secret@",
                "http://secret@a b",
                "http://secret@p:99999"
            })
    void whatIsNoProxyIsRefusedWithoutItsSecret(String text) {
        assertThatThrownBy(() -> find("https://a.example", Map.of("ALL_PROXY", text)))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("Invalid: ALL_PROXY: wanted ")
                .hasMessageNotContaining("secret");
    }

    @ParameterizedTest
    @CsvSource({
        "http://localhost:5000, false",
        "http://127.0.0.1, false",
        "http://[::1]:5000, false",
        "http://a.localhost, false",
        "http://10.0.0.1, true",
        "http://localhost.example, true"
    })
    void thisMachineIsNeverBehindOne(String url, boolean proxied) {
        assertThat(find(url, Map.of("ALL_PROXY", "proxy")).isPresent()).isEqualTo(proxied);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "*|https://a.example|true",
                "a.example|https://a.example|true",
                "a.example|https://b.a.example|true",
                "a.example|https://ba.example|false",
                "A.Example|https://a.EXAMPLE|true",
                ".a.example|https://a.example|false",
                ".a.example|https://b.a.example|true",
                "*.a.example|https://b.a.example|true",
                "a.example:443|https://a.example|true",
                "a.example:443|https://a.example:5000|false",
                "a.example:5000|https://b.a.example:5000|true",
                "x, y ,a.example|https://a.example|true",
                "x y a.example|https://a.example|true",
                "10.0.0.0/8|https://10.1.2.3|true",
                "10.0.0.0/8|https://11.1.2.3|false",
                "10.0.0.0/9|https://10.128.0.1|false",
                "10.1.2.3|https://10.1.2.3|true",
                "10.1.2.3:5000|https://10.1.2.3:5000|true",
                "10.1.2.3:5000|https://10.1.2.3|false",
                "0.0.0.0/0|https://10.1.2.3|true",
                "0.0.0.0/0|https://a.example|false",
                "10.0.0.0/33|https://10.1.2.3|false",
                "fd00::/8|https://[fd12::1]|true",
                "fd00::/8|https://[fe12::1]|false",
                "fd12::1|https://[fd12::1]|true",
                "[fd12::1]:5000|https://[fd12::1]:5000|true",
                "[fd12::1]:5000|https://[fd12::1]|false",
                "nonsense/8|https://a.example|false",
                ",|https://a.example|false"
            })
    void exemptHostsAreNotBehindOne(String noProxy, String url, boolean exempt) {
        assertThat(find(url, Map.of("ALL_PROXY", "proxy", "NO_PROXY", noProxy)).isEmpty())
                .isEqualTo(exempt);
    }
}
