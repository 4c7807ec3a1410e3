package io.varve.registry;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Arrays;

/**
 * What kind of network an address is on. Registries say where to go next, by redirects and by the realms of tokens, and must
 * not send us to where only we can go.
 */
enum Network {
    PUBLIC,
    /** Of one organisation: RFC 1918, RFC 6598, RFC 4193, and what is set aside for tests and relays within one. */
    SITE,
    /** This machine. */
    LOOPBACK,
    /** One cable; clouds have their metadata there. */
    LINK,
    /** No single machine: unspecified, multicast, broadcast, reserved. */
    NOWHERE;

    static Network of(InetAddress address) {
        byte[] bytes = address.getAddress();
        return address instanceof Inet4Address ? v4(u8(bytes, 0), u8(bytes, 1), u8(bytes, 2)) : v6(bytes);
    }

    private static Network v4(int a, int b, int c) {
        return switch (a) {
            case 0 -> NOWHERE;
            case 10 -> SITE;
            case 100 -> b >= 64 && b < 128 ? SITE : PUBLIC;
            case 127 -> LOOPBACK;
            case 169 -> b == 254 ? LINK : PUBLIC;
            case 172 -> b >= 16 && b < 32 ? SITE : PUBLIC;
            case 192 -> b == 168 || (b == 0 && c == 0) ? SITE : PUBLIC;
            case 198 -> b == 18 || b == 19 ? SITE : PUBLIC;
            default -> a >= 224 ? NOWHERE : PUBLIC;
        };
    }

    private static Network v6(byte[] bytes) {
        int a = u8(bytes, 0);
        int b = u8(bytes, 1);
        if (isZero(bytes, 0, 12)) {
            boolean low = isZero(bytes, 12, 15);
            return low && bytes[15] == 0 ? NOWHERE : low && bytes[15] == 1 ? LOOPBACK : embedded(bytes, 12);
        }
        // An IPv4 address seen through an IPv6 one: mapped, translated (RFC 6052), or tunnelled (6to4).
        if (isZero(bytes, 0, 10) && u8(bytes, 10) == 0xff && u8(bytes, 11) == 0xff) {
            return embedded(bytes, 12);
        }
        if (a == 0x00 && b == 0x64 && u8(bytes, 2) == 0xff && u8(bytes, 3) == 0x9b) {
            return u8(bytes, 5) == 1 ? SITE : embedded(bytes, 12);
        }
        if (a == 0x20 && b == 0x02) {
            return embedded(bytes, 2);
        }
        if (a == 0xfe) {
            return b >= 0xc0 ? SITE : b >= 0x80 ? LINK : NOWHERE;
        }
        return a == 0xff ? NOWHERE : (a & 0xfe) == 0xfc ? SITE : PUBLIC;
    }

    private static Network embedded(byte[] bytes, int at) {
        return v4(u8(bytes, at), u8(bytes, at + 1), u8(bytes, at + 2));
    }

    /**
     * Whether a registry may send us to an address.
     *
     * @param from where the registry itself has answered
     */
    static boolean mayLead(InetAddress from, InetAddress to) {
        if (Arrays.equals(from.getAddress(), to.getAddress())) {
            return true;
        }
        Network target = of(to);
        return switch (target) {
            case PUBLIC -> true;
            case SITE, LOOPBACK -> of(from) == target;
            case LINK, NOWHERE -> false;
        };
    }

    private static int u8(byte[] bytes, int at) {
        return bytes[at] & 0xff;
    }

    private static boolean isZero(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }
}
