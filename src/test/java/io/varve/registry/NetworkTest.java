package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkTest {

    @ParameterizedTest
    @CsvSource({
        "1.1.1.1, PUBLIC",
        "9.255.255.255, PUBLIC",
        "10.0.0.0, SITE",
        "10.255.255.255, SITE",
        "11.0.0.0, PUBLIC",
        "100.63.255.255, PUBLIC",
        "100.64.0.0, SITE",
        "100.127.255.255, SITE",
        "100.128.0.0, PUBLIC",
        "127.0.0.1, LOOPBACK",
        "127.255.255.255, LOOPBACK",
        "169.253.0.0, PUBLIC",
        "169.254.169.254, LINK",
        "172.15.255.255, PUBLIC",
        "172.16.0.0, SITE",
        "172.31.255.255, SITE",
        "172.32.0.0, PUBLIC",
        "192.0.0.1, SITE",
        "192.0.2.1, PUBLIC",
        "192.167.0.1, PUBLIC",
        "192.168.0.1, SITE",
        "198.17.0.1, PUBLIC",
        "198.18.0.1, SITE",
        "198.19.255.255, SITE",
        "223.255.255.255, PUBLIC",
        "224.0.0.1, NOWHERE",
        "240.0.0.1, NOWHERE",
        "255.255.255.255, NOWHERE",
        "0.0.0.0, NOWHERE",
        "0.1.2.3, NOWHERE",
        "::, NOWHERE",
        "::1, LOOPBACK",
        "::2, NOWHERE",
        "::7f00:1, LOOPBACK",
        "2606:4700::1, PUBLIC",
        "64:ff9b::a9fe:a9fe, LINK",
        "64:ff9b::101:101, PUBLIC",
        "64:ff9b:1::101:101, SITE",
        "2002:7f00:1::1, LOOPBACK",
        "2002:a00:1::1, SITE",
        "2002:101:101::1, PUBLIC",
        "fc00::1, SITE",
        "fdff:ffff::1, SITE",
        "fe80::1, LINK",
        "febf::1, LINK",
        "fec0::1, SITE",
        "fe00::1, NOWHERE",
        "ff02::1, NOWHERE"
    })
    void everyAddressIsOnOneKindOfNetwork(String address, Network network) {
        assertThat(Network.of(InetAddress.ofLiteral(address))).isEqualTo(network);
    }

    @Test
    void mappedAddressesAreThoseThatTheyMap() {
        assertThat(Network.of(InetAddress.ofLiteral("::ffff:127.0.0.1"))).isEqualTo(Network.LOOPBACK);
        assertThat(Network.of(InetAddress.ofLiteral("::ffff:a9fe:a9fe"))).isEqualTo(Network.LINK);
    }

    @ParameterizedTest
    @CsvSource({
        "1.1.1.1, 8.8.8.8, true",
        "127.0.0.1, 8.8.8.8, true",
        "10.0.0.1, 8.8.8.8, true",
        "1.1.1.1, 10.0.0.1, false",
        "1.1.1.1, 127.0.0.1, false",
        "1.1.1.1, ::1, false",
        "10.0.0.1, 127.0.0.1, false",
        "127.0.0.1, 10.0.0.1, false",
        "127.0.0.1, ::1, true",
        "10.0.0.1, 192.168.0.1, true",
        "fd00::1, 10.0.0.1, true",
        "169.254.1.1, 169.254.169.254, false",
        "169.254.169.254, 169.254.169.254, true",
        "1.1.1.1, 224.0.0.1, false",
        "127.0.0.1, 0.0.0.0, false",
        "fe80::1, fe80::1, true",
        "fe80::1, fe80::2, false"
    })
    void registriesLeadToTheirOwnKindOfNetworkAndToPublicOnes(String from, String to, boolean may) {
        assertThat(Network.mayLead(InetAddress.ofLiteral(from), InetAddress.ofLiteral(to)))
                .isEqualTo(may);
    }
}
