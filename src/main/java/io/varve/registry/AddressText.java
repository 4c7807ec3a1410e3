package io.varve.registry;

import io.varve.failure.Failure;
import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Pattern;

/** Hosts that are addresses, and say so themselves. */
final class AddressText {
    private static final String BYTE = "(?:[0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])";
    private static final Pattern DECIMAL = Pattern.compile(BYTE + "(?:\\." + BYTE + "){3}");

    /** Whoever takes such a host for an address may read it as octal, as hexadecimal, or with fewer parts. */
    private static final Pattern NUMBER_AT_THE_END = Pattern.compile("(?:.*\\.)?(?:[0-9]+|0[xX][0-9a-fA-F]*)");

    private AddressText() {}

    /**
     * The address that a host is, if it is not a name; {@code localhost} is one of both.
     *
     * @throws Failure Invalid for an address in a spelling that readers could disagree about
     */
    static Optional<InetAddress> of(String host) {
        String text = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        if (text.startsWith("[") && text.endsWith("]")) {
            return Optional.of(literal(text.substring(1, text.length() - 1), host));
        }
        if (DECIMAL.matcher(text).matches()) {
            return Optional.of(literal(text, host));
        }
        if (NUMBER_AT_THE_END.matcher(text).matches()) {
            throw wanted(host);
        }
        return text.equals("localhost") || text.endsWith(".localhost")
                ? Optional.of(InetAddress.getLoopbackAddress())
                : Optional.empty();
    }

    /** Whether it is this machine, by its text alone. */
    static boolean isLoopback(String host) {
        return of(host).filter(address -> Network.of(address) == Network.LOOPBACK)
                .isPresent();
    }

    private static InetAddress literal(String text, String host) {
        try {
            return InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException e) {
            throw wanted(host);
        }
    }

    private static Failure wanted(String host) {
        return Failure.invalid("host: got " + host + ", wanted a name, four decimal numbers, or [an IPv6 address]");
    }
}
