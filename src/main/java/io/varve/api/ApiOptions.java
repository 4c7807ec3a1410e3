package io.varve.api;

import io.varve.failure.Failure;
import io.varve.http.Patience;
import io.varve.oci.Reference;
import java.net.InetAddress;

/**
 * Where to listen, and as whom.
 *
 * @param host an address: one of loopback, unless callers have to say who they are
 * @param port 0 for one that the system chooses
 * @param publicName what the names of the images that are served begin with, a registry's {@code host[:port]}; empty for the
 *     address itself
 * @param patience how long it waits for whoever is connected to it
 */
public record ApiOptions(
        String host, int port, String publicName, ApiLimits limits, ApiSecurity security, Patience patience) {
    private static final int MOST_PORT = 65_535;

    /** @throws Failure Invalid for other addresses, and for what names no registry */
    public ApiOptions {
        if (!isLoopback(host)) {
            security.requireForOthers(host);
        }
        if (port < 0 || port > MOST_PORT) {
            throw Failure.invalid("port: got " + port + ", wanted 0 to " + MOST_PORT);
        }
        if (!publicName.isEmpty() && !Reference.isRegistry(publicName)) {
            throw Failure.invalid("http.publicName: got " + publicName + ", wanted HOST[:PORT]");
        }
    }

    /** For everybody on this machine. */
    public ApiOptions(String host, int port, String publicName, ApiLimits limits) {
        this(host, port, publicName, limits, ApiSecurity.OPEN, Patience.DEFAULTS);
    }

    /**
     * @param listen {@code 127.0.0.1:7077}, {@code [::1]:7077}
     * @throws Failure Invalid when it is none
     */
    public static ApiOptions of(
            String listen, String publicName, ApiLimits limits, ApiSecurity security, Patience patience) {
        int colon = listen.lastIndexOf(':');
        String host = listen.substring(0, Math.max(0, colon));
        String literal = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
        try {
            return new ApiOptions(
                    literal, Integer.parseInt(listen.substring(colon + 1)), publicName, limits, security, patience);
        } catch (NumberFormatException e) {
            throw Failure.invalid("listen address: got " + listen + ", wanted ADDRESS:PORT");
        }
    }

    /** The same at another address. */
    public ApiOptions at(String listen) {
        return of(listen, publicName, limits, security, patience);
    }

    /** With the same limits on a port of this machine that the system chooses, named by its address, for everybody there. */
    public ApiOptions anywhere() {
        return new ApiOptions("127.0.0.1", 0, "", limits, ApiSecurity.OPEN, patience);
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.ofLiteral(host).isLoopbackAddress();
        } catch (IllegalArgumentException e) {
            throw Failure.invalid("listen address: got " + host + ", wanted an address");
        }
    }

    /** Whether that leads to this machine alone, or is what it is called in public. */
    boolean isOurs(String name) {
        String literal = name.startsWith("[") && name.endsWith("]") ? name.substring(1, name.length() - 1) : name;
        String called = publicName.replaceFirst(":[0-9]+$", "");
        return literal.equalsIgnoreCase("localhost") || name.equalsIgnoreCase(called) || isLoopbackLiteral(literal);
    }

    private static boolean isLoopbackLiteral(String host) {
        try {
            return InetAddress.ofLiteral(host).isLoopbackAddress();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** How it is spoken to. */
    String scheme() {
        return security.tls() == null ? "http" : "https";
    }

    /** As references have it. */
    String address(int actualPort) {
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + actualPort;
    }

    String name(int actualPort) {
        return publicName.isEmpty() ? address(actualPort) : publicName;
    }
}
