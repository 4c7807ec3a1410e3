package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Failure;
import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTextTest {

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, 127.0.0.1",
        "127.0.0.1., 127.0.0.1",
        "10.20.30.255, 10.20.30.255",
        "[::1], ::1",
        "[::ffff:127.0.0.1], 127.0.0.1",
        "localhost, 127.0.0.1",
        "a.localhost, 127.0.0.1"
    })
    void addressesSayThatTheyAreOnes(String host, String address) {
        assertThat(AddressText.of(host).orElseThrow().getHostAddress())
                .isEqualTo(InetAddress.ofLiteral(address).getHostAddress());
    }

    @ParameterizedTest
    @ValueSource(strings = {"registry.example", "1.2.3.example", "a1", "0xg", "mylocalhost", "1and1.com", "dead.beef"})
    void namesAreNot(String host) {
        assertThat(AddressText.of(host)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2130706433",
                "0x",
                "0x7f000001",
                "0x7f.1",
                "0177.0.0.1",
                "127.1",
                "127.0.1",
                "127.0.0.01",
                "127.0.0.256",
                "1.2.3.4.5",
                "a.1",
                "[1::2::3]",
                "[]",
                "1.2.3.0x4"
            })
    void spellingsThatReadersCouldDisagreeAboutAreRefused(String host) {
        assertThatThrownBy(() -> AddressText.of(host))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("Invalid: host: got " + host);
    }
}
