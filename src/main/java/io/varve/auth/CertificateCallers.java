package io.varve.auth;

import io.varve.failure.Failure;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.security.auth.x500.X500Principal;

/**
 * What callers may who show a certificate, by what is in it: its whole subject, {@code CN=ci,O=Example}, or one of its other names,
 * {@code DNS:ci.example} or {@code URI:spiffe://example/ci}. Who may sign such certificates is for whoever accepts connections.
 *
 * @param byName what each of these names allows; of several in one certificate all that they allow
 */
public record CertificateCallers(Map<String, Scopes> byName) {
    public static final CertificateCallers NONE = new CertificateCallers(Map.of());

    private static final int DNS = 2;
    private static final int URI = 6;

    /** @throws Failure Invalid for what cannot be the name of a certificate */
    public CertificateCallers {
        byName = Map.copyOf(byName);
        byName.keySet().forEach(CertificateCallers::canonical);
    }

    public boolean isEmpty() {
        return byName.isEmpty();
    }

    /** Subjects are the same however they are spelt. */
    private static String canonical(String name) {
        if (name.startsWith("DNS:") || name.startsWith("URI:")) {
            return name;
        }
        try {
            return new X500Principal(name).getName(X500Principal.CANONICAL);
        } catch (IllegalArgumentException e) {
            throw Failure.invalid("http.auth.certificates: got " + name
                    + ", wanted a subject such as CN=ci,O=Example, or DNS:NAME, or URI:NAME");
        }
    }

    /** Empty when the settings know none of its names. */
    public Optional<Caller> find(X509Certificate certificate) {
        // By how each is compared, as it is to be shown.
        Map<String, String> names = new LinkedHashMap<>();
        X500Principal subject = certificate.getSubjectX500Principal();
        names.put(subject.getName(X500Principal.CANONICAL), subject.getName());
        for (List<?> each : alternatives(certificate)) {
            String kind = each.get(0).equals(DNS) ? "DNS:" : each.get(0).equals(URI) ? "URI:" : "";
            if (!kind.isEmpty()) {
                names.put(kind + each.get(1), kind + each.get(1));
            }
        }
        Map<String, Scopes> known = new TreeMap<>();
        byName.forEach((name, scopes) -> {
            String shown = names.get(canonical(name));
            if (shown != null) {
                known.put(shown, scopes);
            }
        });
        return known.values().stream()
                .reduce(Scopes::and)
                .map(scopes -> new Caller("certificate " + String.join(" ", known.keySet()), scopes));
    }

    private static Collection<List<?>> alternatives(X509Certificate certificate) {
        try {
            Collection<List<?>> all = certificate.getSubjectAlternativeNames();
            return all == null ? List.of() : all;
        } catch (CertificateParsingException e) {
            return List.of();
        }
    }
}
