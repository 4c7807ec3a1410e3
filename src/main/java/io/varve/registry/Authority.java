package io.varve.registry;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What stands between the scheme of a URL and its path. The names of hosts may have underscores, as those of containers do, in which
 * {@link URI} sees no host. With TLS Java trusts no certificate for such a name.
 *
 * @param user with the password, as it is written; null for none
 * @param host an IPv6 address is in brackets
 * @param port 1 to 65535; -1 for none
 */
public record Authority(@Nullable String user, String host, int port) {
    private static final int MOST_PORT = 65535;
    private static final String LABEL = "[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?";

    /** With an underscore, and no longer than names can be. */
    private static final Pattern UNDERSCORED = Pattern.compile("(?:(?<user>[^@]*)@)?"
            + "(?<host>(?=[^:_]*_)(?=[^:]{1,253}(?::|$))" + LABEL + "(?:\\." + LABEL + ")*\\.?)"
            + "(?::(?<port>[0-9]{1,5}))?");

    /** @return empty where there is no host, or a port that none can be */
    public static Optional<Authority> of(URI uri) {
        return split(uri).filter(each -> each.port != 0 && each.port <= MOST_PORT);
    }

    private static Optional<Authority> split(URI uri) {
        if (uri.getHost() != null) {
            return Optional.of(new Authority(uri.getRawUserInfo(), uri.getHost(), uri.getPort()));
        }
        Matcher parts = UNDERSCORED.matcher(uri.getRawAuthority() == null ? "" : uri.getRawAuthority());
        if (!parts.matches()) {
            return Optional.empty();
        }
        String port = parts.group("port");
        return Optional.of(
                new Authority(parts.group("user"), parts.group("host"), port == null ? -1 : Integer.parseInt(port)));
    }

    /** Whether a text is a host, with or without a port, and nothing else. */
    public static boolean isHost(String text) {
        try {
            URI uri = new URI("https://" + text);
            return text.equals(uri.getRawAuthority())
                    && of(uri).filter(each -> each.user == null).isPresent();
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
