package io.varve.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Failure;
import io.varve.registry.CertificateAuthority;
import java.io.ByteArrayInputStream;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CertificateCallersTest {
    private static final CertificateAuthority AUTHORITY = new CertificateAuthority("An authority");

    private static X509Certificate certificate(byte[] der) throws Exception {
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }

    private static CertificateCallers callers(String name, String... scopes) {
        return new CertificateCallers(Map.of(name, Scopes.of(List.of(scopes))));
    }

    @Test
    void subjectIsTheWholeOfIt() throws Exception {
        X509Certificate ci = certificate(AUTHORITY.client("ci").certificate());

        Caller caller = callers("cn=CI", "read").find(ci).orElseThrow();

        assertThat(caller.name()).isEqualTo("certificate CN=ci");
        assertThat(caller.scopes()).isEqualTo(Scopes.of(List.of("read")));
        assertThat(callers("CN=ci,O=Example", "read").find(ci)).isEmpty();
        assertThat(callers("CN=c", "read").find(ci)).isEmpty();
        assertThat(callers("DNS:ci", "read").find(ci)).isEmpty();
        assertThat(CertificateCallers.NONE.find(ci)).isEmpty();
    }

    @Test
    void otherNamesHaveTheirKindInFront() throws Exception {
        X509Certificate server = certificate(AUTHORITY.server().certificate());

        assertThat(callers("DNS:localhost", "pull").find(server).orElseThrow().name())
                .isEqualTo("certificate DNS:localhost");
        assertThat(callers("URI:localhost", "pull").find(server)).isEmpty();
        Caller both = new CertificateCallers(
                        Map.of("DNS:localhost", Scopes.of(List.of("pull")), "CN=localhost", Scopes.of(List.of("read"))))
                .find(server)
                .orElseThrow();
        assertThat(both.scopes().allow(Action.PULL)).isTrue();
        assertThat(both.scopes().allow(Action.READ)).isTrue();
    }

    @Test
    void namesThatNoCertificateHasAreRefused() {
        assertThatThrownBy(() -> callers("ci", "read"))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("http.auth.certificates: got ci, wanted a subject");
    }
}
