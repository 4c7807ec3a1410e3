package io.varve.registry;

import io.varve.failure.Failure;
import io.vertx.core.net.ProxyOptions;
import io.vertx.core.net.ProxyType;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which proxy leads to a host, as the environment says: {@code HTTPS_PROXY} or {@code HTTP_PROXY} by the scheme, else {@code
 * ALL_PROXY}, unless {@code NO_PROXY} names the host. Names in lower case come first, as everywhere. This machine is never
 * looked for behind a proxy.
 */
final class Proxies {
    private final @Nullable ProxyOptions secure;
    private final @Nullable ProxyOptions plain;
    private final List<Exempt> exempt;

    /** @throws Failure Invalid naming the variable, without showing its value, which may hold a password */
    Proxies(Map<String, String> environment, Duration connectTimeout) {
        ProxyOptions all = proxy("ALL_PROXY", environment, connectTimeout);
        ProxyOptions https = proxy("HTTPS_PROXY", environment, connectTimeout);
        ProxyOptions http = proxy("HTTP_PROXY", environment, connectTimeout);
        secure = https == null ? all : https;
        plain = http == null ? all : http;
        exempt = Stream.of(value("NO_PROXY", environment).split("[,\\s]+"))
                .filter(text -> !text.isEmpty())
                .map(Exempt::parse)
                .toList();
    }

    Optional<ProxyOptions> find(Origin target) {
        ProxyOptions proxy = target.secure() ? secure : plain;
        if (proxy == null || AddressText.isLoopback(target.host())) {
            return Optional.empty();
        }
        return exempt.stream().anyMatch(each -> each.names(target)) ? Optional.empty() : Optional.of(proxy);
    }

    private static String value(String variable, Map<String, String> environment) {
        String lower = environment.getOrDefault(variable.toLowerCase(Locale.ROOT), "");
        return lower.isBlank() ? environment.getOrDefault(variable, "").strip() : lower.strip();
    }

    private static @Nullable ProxyOptions proxy(
            String variable, Map<String, String> environment, Duration connectTimeout) {
        String text = value(variable, environment);
        if (text.isEmpty()) {
            return null;
        }
        URI uri;
        try {
            uri = new URI(text.contains("://") ? text : "http://" + text);
        } catch (URISyntaxException e) {
            throw wanted(variable);
        }
        ProxyOptions proxy = new ProxyOptions().setConnectTimeout(connectTimeout);
        switch (uri.getScheme().toLowerCase(Locale.ROOT)) {
            case "http" -> proxy.setType(ProxyType.HTTP).setPort(80);
            case "socks5", "socks5h" -> proxy.setType(ProxyType.SOCKS5).setPort(1080);
            default -> throw wanted(variable);
        }
        Authority authority = Authority.of(uri).orElseThrow(() -> wanted(variable));
        proxy.setHost(unbracketed(authority.host()));
        if (authority.port() > 0) {
            proxy.setPort(authority.port());
        }
        if (authority.user() != null) {
            String[] parts = authority.user().split(":", 2);
            proxy.setUsername(decoded(parts[0])).setPassword(parts.length < 2 ? "" : decoded(parts[1]));
        }
        return proxy;
    }

    private static Failure wanted(String variable) {
        return Failure.invalid(variable + ": wanted http://[USER:PASSWORD@]HOST[:PORT], or the same with socks5");
    }

    /** A plus is a plus in user names, where it is not in forms. */
    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static String unbracketed(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /**
     * One entry of {@code NO_PROXY}: a name, which its subdomains share; a name behind a dot, for these alone; an address; a
     * network; {@code *}.
     *
     * @param port 0 for any
     */
    private record Exempt(String text, byte @Nullable [] network, int prefix, int port) {

        static Exempt parse(String entry) {
            String text = entry.toLowerCase(Locale.ROOT);
            int slash = text.indexOf('/');
            if (slash >= 0) {
                byte[] network = address(text.substring(0, slash));
                String bits = text.substring(slash + 1);
                int prefix = bits.matches("[0-9]{1,3}") ? Integer.parseInt(bits) : -1;
                boolean sound = network != null && prefix >= 0 && prefix <= network.length * 8;
                return new Exempt(text, sound ? network : null, prefix, 0);
            }
            int port = 0;
            int colon = text.lastIndexOf(':');
            boolean hasPort = colon >= 0
                    && text.substring(colon + 1).matches("[0-9]{1,5}")
                    && (text.indexOf(':') == colon || text.charAt(colon - 1) == ']');
            if (hasPort) {
                port = Integer.parseInt(text.substring(colon + 1));
                text = text.substring(0, colon);
            }
            byte[] address = address(text);
            String name = text.startsWith("*.") ? text.substring(1) : text;
            return new Exempt(name, address, address == null ? 0 : address.length * 8, port);
        }

        boolean names(Origin target) {
            if (port != 0 && port != target.port()) {
                return false;
            }
            if (text.equals("*")) {
                return true;
            }
            byte[] address = address(target.host());
            if (network != null) {
                return address != null && contains(network, prefix, address);
            }
            return text.startsWith(".")
                    ? target.host().endsWith(text)
                    : target.host().equals(text) || target.host().endsWith("." + text);
        }

        private static boolean contains(byte[] network, int prefix, byte[] address) {
            if (network.length != address.length) {
                return false;
            }
            for (int bit = 0; bit < prefix; bit++) {
                if (((network[bit / 8] ^ address[bit / 8]) & (0x80 >> bit % 8)) != 0) {
                    return false;
                }
            }
            return true;
        }

        private static byte @Nullable [] address(String host) {
            try {
                return InetAddress.ofLiteral(unbracketed(host)).getAddress();
            } catch (IllegalArgumentException e) {
                return null;
            }
        }
    }
}
