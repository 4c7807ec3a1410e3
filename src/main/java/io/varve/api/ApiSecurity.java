package io.varve.api;

import io.varve.auth.CertificateCallers;
import io.varve.failure.Failure;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask, and how what he asks is kept from others.
 *
 * @param tls null for connections without it
 * @param plain whether somebody else sees to that, so that others than this machine may ask without TLS
 * @param tokens null when nobody shows a token
 * @param certificates what those may who show a certificate
 * @param directories of this machine that builds of theirs may read
 */
public record ApiSecurity(
        @Nullable TlsFiles tls,
        boolean plain,
        @Nullable TokenFiles tokens,
        CertificateCallers certificates,
        List<Path> directories) {
    /** Everybody may do everything. */
    public static final ApiSecurity OPEN = new ApiSecurity(null, false, null, CertificateCallers.NONE);

    /** @throws Failure Invalid for certificates of callers that nobody can tell, or that nobody may use */
    public ApiSecurity {
        boolean shown = tls != null && tls.clientCa() != null;
        if (shown && certificates.isEmpty()) {
            throw Failure.invalid("http.tls.clientCa: wanted http.auth.certificates with it");
        }
        if (!shown && !certificates.isEmpty()) {
            throw Failure.invalid("http.auth.certificates: wanted http.tls.clientCa with it");
        }
        if (!directories.isEmpty() && tokens == null && certificates.isEmpty()) {
            throw Failure.invalid(
                    "http.buildDirectories: wanted http.auth.jwks or http.auth.certificates with it, to know who asks");
        }
        for (Path each : directories) {
            if (!each.isAbsolute() || !each.equals(each.normalize())) {
                throw Failure.invalid("http.buildDirectories: got " + each + ", wanted an absolute path");
            }
        }
    }

    /** Where builds read no directories. */
    public ApiSecurity(
            @Nullable TlsFiles tls, boolean plain, @Nullable TokenFiles tokens, CertificateCallers certificates) {
        this(tls, plain, tokens, certificates, List.of());
    }

    /** Whether callers have to say who they are. */
    public boolean authenticates() {
        return tokens != null || !certificates.isEmpty();
    }

    /** @throws Failure Invalid when it is not enough for others than this machine */
    void requireForOthers(String host) {
        if (!authenticates()) {
            throw Failure.invalid("listen address: got " + host
                    + ", wanted one of loopback, or http.auth.jwks or http.auth.certificates to know who asks");
        }
        if (tls == null && !plain) {
            throw Failure.invalid(
                    "listen address: got " + host
                            + ", wanted one of loopback, or http.tls.certificate, or http.plain: true behind a proxy that has one");
        }
    }
}
