package io.varve;

import com.fasterxml.jackson.databind.JsonNode;
import io.varve.failure.Failure;
import io.varve.registry.Authority;
import io.varve.registry.HostOptions;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tree {@code registries}, whose keys are hosts and have dots of their own. */
final class RegistrySettings {
    private static final String TREE = "registries";

    private RegistrySettings() {}

    /**
     * @param tree null for none
     * @throws Failure Invalid naming a key that is not known or has no such value
     */
    static Map<String, HostOptions> hosts(@Nullable JsonNode tree) {
        Map<String, HostOptions> hosts = new LinkedHashMap<>();
        if (tree == null || tree.isNull()) {
            return hosts;
        }
        if (!tree.isObject()) {
            throw wanted(TREE, tree, "hosts with what holds for them");
        }
        for (Map.Entry<String, JsonNode> host : tree.properties()) {
            String key = TREE + "." + host.getKey();
            String name = host.getKey().toLowerCase(Locale.ROOT);
            if (!Authority.isHost(name)) {
                throw Failure.invalid(key + ": got " + host.getKey() + ", wanted HOST or HOST:PORT")
                        .during("reading settings");
            }
            hosts.put(name, host(key, host.getValue()));
        }
        return hosts;
    }

    private static HostOptions host(String key, JsonNode node) {
        HostOptions defaults = HostOptions.DEFAULTS;
        if (node.isNull()) {
            return defaults;
        }
        if (!node.isObject()) {
            throw wanted(key, node, "mirrors, plainHttp, and so on below it");
        }
        List<URI> mirrors = defaults.mirrors();
        Boolean plainHttp = defaults.plainHttp();
        boolean insecure = defaults.insecure();
        Path ca = defaults.ca();
        Path clientCertificate = defaults.clientCertificate();
        Path clientKey = defaults.clientKey();
        int connections = defaults.connections();
        int requests = defaults.requests();
        boolean http2 = defaults.http2();
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            String name = key + "." + field.getKey();
            JsonNode value = field.getValue();
            switch (field.getKey()) {
                case "mirrors" -> mirrors = urls(name, value);
                case "plainHttp" -> plainHttp = flag(name, value);
                case "insecure" -> insecure = flag(name, value);
                case "ca" -> ca = path(name, value);
                case "clientCertificate" -> clientCertificate = path(name, value);
                case "clientKey" -> clientKey = path(name, value);
                case "connections" -> connections = count(name, value);
                case "requests" -> requests = count(name, value);
                case "http2" -> http2 = flag(name, value);
                default -> throw Failure.invalid("there is no setting " + name).during("reading settings");
            }
        }
        try {
            return new HostOptions(
                    mirrors, plainHttp, insecure, ca, clientCertificate, clientKey, connections, requests, http2);
        } catch (Failure e) {
            throw e.during(key).during("reading settings");
        }
    }

    private static List<URI> urls(String key, JsonNode node) {
        List<URI> urls = new ArrayList<>();
        if (!node.isArray()) {
            throw wanted(key, node, "a list of URLs");
        }
        for (JsonNode each : node) {
            try {
                urls.add(new URI(each.asText()));
            } catch (URISyntaxException e) {
                throw wanted(key, each, "a URL");
            }
        }
        return urls;
    }

    private static boolean flag(String key, JsonNode node) {
        if (!node.isBoolean()) {
            throw wanted(key, node, "true or false");
        }
        return node.booleanValue();
    }

    private static Path path(String key, JsonNode node) {
        if (!node.isTextual() || node.textValue().isEmpty() || node.textValue().indexOf('\0') >= 0) {
            throw wanted(key, node, "a file");
        }
        return Path.of(node.textValue());
    }

    private static int count(String key, JsonNode node) {
        if (!node.isInt() || node.intValue() < 1) {
            throw wanted(key, node, "a number from 1 to " + Integer.MAX_VALUE);
        }
        return node.intValue();
    }

    private static Failure wanted(String key, JsonNode got, String wanted) {
        String shown = got.isValueNode() ? got.asText() : got.isArray() ? "a list" : "keys below it";
        return Failure.invalid(key + ": got " + shown + ", wanted " + wanted).during("reading settings");
    }
}
