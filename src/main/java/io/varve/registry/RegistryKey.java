package io.varve.registry;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Under which name a credential is kept, in any of the spellings that Docker and others have written over the years:
 * {@code https://index.docker.io/v1/}, {@code https://host/v1/}, {@code host}, {@code host/namespace/repository}.
 *
 * @param host as references have it, in lower case; Docker Hub is {@code docker.io} whatever it was called
 * @param path of the repository, or of those below, that it is kept for; empty for all of the host
 */
record RegistryKey(String host, String path) {
    private static final String HUB = "docker.io";
    private static final String HUB_SERVER = "https://index.docker.io/v1/";
    private static final Pattern SPELLING =
            Pattern.compile("(?<scheme>https?://)?(?<host>[^/]*)/*(?<path>.*?)/*", Pattern.CASE_INSENSITIVE);

    static RegistryKey parse(String text) {
        Matcher parts = SPELLING.matcher(text.strip());
        if (!parts.matches()) {
            return new RegistryKey("", "");
        }
        String path = parts.group("path");
        boolean ofApi = parts.group("scheme") != null || path.equals("v1") || path.equals("v2");
        return new RegistryKey(host(parts.group("host")), ofApi ? "" : path);
    }

    private static String host(String spelled) {
        String host = spelled.toLowerCase(Locale.ROOT);
        return switch (host) {
            case "index.docker.io", "registry-1.docker.io" -> HUB;
            default -> host;
        };
    }

    /** What Docker and its helpers call the registry. */
    String server() {
        return host.equals(HUB) ? HUB_SERVER : host;
    }

    boolean holds(RegistryKey repository) {
        return host.equals(repository.host)
                && (path.isEmpty() || path.equals(repository.path) || repository.path.startsWith(path + "/"));
    }

    @Override
    public String toString() {
        return path.isEmpty() ? host : host + "/" + path;
    }
}
