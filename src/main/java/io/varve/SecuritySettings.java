package io.varve;

import com.fasterxml.jackson.databind.JsonNode;
import io.varve.api.ApiSecurity;
import io.varve.api.TlsFiles;
import io.varve.api.TokenFiles;
import io.varve.auth.CertificateCallers;
import io.varve.auth.Scopes;
import io.varve.auth.TokenRules;
import io.varve.failure.Failure;
import io.varve.registry.Upstreams;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What stands below {@code http.tls}, {@code http.auth} and {@code upstreams}. */
final class SecuritySettings {
    private static final String DIRECTORIES = "http.buildDirectories";
    private static final String CERTIFICATES = "http.auth.certificates";

    private SecuritySettings() {}

    /** @throws Failure Invalid for what has no such value, or does not go together */
    static ApiSecurity of(SettingsSource source) {
        try {
            return new ApiSecurity(
                    tls(source),
                    source.flag("http.plain", false),
                    tokens(source),
                    certificates(source),
                    source.texts(DIRECTORIES).stream()
                            .map(each -> path(DIRECTORIES, each))
                            .toList());
        } catch (Failure e) {
            throw e.during("reading settings");
        }
    }

    private static @Nullable TlsFiles tls(SettingsSource source) {
        Path certificate = file(source, "http.tls.certificate");
        Path key = file(source, "http.tls.key");
        Path clientCa = file(source, "http.tls.clientCa");
        if (certificate == null && key == null && clientCa == null) {
            return null;
        }
        if (certificate == null || key == null) {
            throw Failure.invalid("http.tls: wanted both certificate and key");
        }
        return new TlsFiles(certificate, key, clientCa);
    }

    private static @Nullable TokenFiles tokens(SettingsSource source) {
        Path jwks = file(source, "http.auth.jwks");
        String issuer = source.text("http.auth.issuer", "");
        String audience = source.text("http.auth.audience", "");
        TokenRules rules = jwks == null
                ? null
                : new TokenRules(issuer, audience, source.duration("http.auth.clockSkew", TokenRules.SKEW));
        source.duration("http.auth.clockSkew", TokenRules.SKEW);
        if (jwks == null || rules == null) {
            if (!issuer.isEmpty() || !audience.isEmpty()) {
                throw Failure.invalid("http.auth.issuer and http.auth.audience: wanted http.auth.jwks with them");
            }
            return null;
        }
        return new TokenFiles(jwks, rules);
    }

    private static CertificateCallers certificates(SettingsSource source) {
        JsonNode tree = source.tree(CERTIFICATES);
        if (tree == null || tree.isNull()) {
            return CertificateCallers.NONE;
        }
        if (!tree.isObject()) {
            throw Failure.invalid(CERTIFICATES + ": wanted names of certificates with lists of scopes");
        }
        Map<String, Scopes> callers = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> each : tree.properties()) {
            String key = CERTIFICATES + "." + each.getKey();
            try {
                callers.put(each.getKey(), Scopes.of(SettingsSource.texts(key, each.getValue())));
            } catch (Failure e) {
                throw e.during(key);
            }
        }
        return new CertificateCallers(callers);
    }

    static Upstreams upstreams(SettingsSource source) {
        String addresses = source.text("upstreams.privateAddresses", "");
        Upstreams.Addresses wanted = addresses.isEmpty()
                ? Upstreams.Addresses.BY_CALLERS
                : source.flag("upstreams.privateAddresses", false)
                        ? Upstreams.Addresses.PRIVATE
                        : Upstreams.Addresses.PUBLIC;
        try {
            return new Upstreams(source.texts("upstreams.allow"), wanted);
        } catch (Failure e) {
            throw e.during("reading settings");
        }
    }

    private static @Nullable Path file(SettingsSource source, String key) {
        String text = source.text(key, "");
        return text.isEmpty() ? null : path(key, text);
    }

    private static Path path(String key, String text) {
        if (text.indexOf('\0') >= 0) {
            throw Failure.invalid(key + ": wanted a path");
        }
        return Path.of(text);
    }
}
