package io.varve.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.auth.CertificateCallers;
import io.varve.auth.Issuer;
import io.varve.auth.Scopes;
import io.varve.auth.TokenRules;
import io.varve.failure.Failure;
import io.varve.guard.Deadline;
import io.varve.http.Patience;
import io.varve.registry.CertificateAuthority;
import io.vertx.core.Vertx;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The service behind TLS, as its callers meet it. */
class TlsOverHttpIT {
    private static final CertificateAuthority OURS = new CertificateAuthority("Ours");
    private static final CertificateAuthority OTHERS = new CertificateAuthority("Others");

    @TempDir
    Path directory;

    private final Issuer issuer = new Issuer();
    private TlsFiles files;
    private ServedStore served;

    @BeforeEach
    void serve() throws Exception {
        files = new TlsFiles(directory.resolve("tls.crt"), directory.resolve("tls.key"), directory.resolve("ca.crt"));
        write(OURS.server());
        Files.writeString(directory.resolve("ca.crt"), OURS.self().certificatePem());
        Path jwks = Files.writeString(directory.resolve("jwks.json"), issuer.jwks());
        served = ServedStore.open(
                directory.resolve("store"),
                new ApiSecurity(
                        files,
                        false,
                        new TokenFiles(jwks, new TokenRules(Issuer.NAME, Issuer.AUDIENCE, Duration.ofSeconds(60))),
                        new CertificateCallers(Map.of("CN=ci", Scopes.of(List.of("read"))))));
    }

    @AfterEach
    void close() throws Exception {
        served.close();
    }

    private void write(CertificateAuthority.Identity identity) throws IOException {
        Files.writeString(files.key(), identity.keyPem());
        Files.writeString(files.certificate(), identity.certificatePem());
    }

    private static Certificate read(byte[] der) throws Exception {
        return CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }

    private static HttpClient client(Version version, CertificateAuthority.@Nullable Identity shown) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("ours", read(OURS.self().certificate()));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        KeyManager[] keys = {};
        if (shown != null) {
            KeyStore own = KeyStore.getInstance("PKCS12");
            own.load(null, null);
            own.setKeyEntry("own", shown.key(), new char[0], new Certificate[] {read(shown.certificate())});
            KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(own, new char[0]);
            keys = factory.getKeyManagers();
        }
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(keys, trust.getTrustManagers(), null);
        return HttpClient.newBuilder().version(version).sslContext(tls).build();
    }

    private HttpResponse<String> get(HttpClient client, String path, String... headers) throws Exception {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(served.api.url() + path)).timeout(Duration.ofSeconds(60));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString(UTF_8));
    }

    /** Of the certificate that a new connection sees. */
    private BigInteger serial() throws Exception {
        try (HttpClient client = client(Version.HTTP_1_1, null)) {
            return ((X509Certificate) get(client, "/health/live")
                            .sslSession()
                            .orElseThrow()
                            .getPeerCertificates()[0])
                    .getSerialNumber();
        }
    }

    private static BigInteger serial(CertificateAuthority.Identity identity) throws Exception {
        return ((X509Certificate) read(identity.certificate())).getSerialNumber();
    }

    @ParameterizedTest
    @EnumSource(
            value = Version.class,
            names = {"HTTP_1_1", "HTTP_2"})
    void bothVersionsAreSpokenAndTokensAreTaken(Version version) throws Exception {
        served.put("app:1", 500_000);
        assertThat(served.api.url()).startsWith("https://127.0.0.1:");
        try (HttpClient client = client(version, null)) {
            HttpResponse<String> nobody = get(client, "/v1/images");
            assertThat(nobody.version()).isEqualTo(version);
            assertThat(nobody.statusCode()).isEqualTo(401);
            assertThat(nobody.headers().firstValue("WWW-Authenticate").orElseThrow())
                    .startsWith("Bearer realm=\"https://127.0.0.1:");

            HttpResponse<String> somebody =
                    get(client, "/v1/images", "Authorization", "Bearer " + issuer.token("a", "read"));
            assertThat(somebody.version()).isEqualTo(version);
            assertThat(somebody.statusCode()).isEqualTo(200);
            assertThat(somebody.body()).contains("/app:1");
        }
    }

    @Test
    void whoDoesNotSpeakItIsToldNothing() {
        assertThatThrownBy(() -> {
                    try (RawClient client = RawClient.get(served.port(), "/health/live")) {
                        client.head();
                    }
                })
                .isInstanceOf(IOException.class);
    }

    @ParameterizedTest
    @EnumSource(
            value = Version.class,
            names = {"HTTP_1_1", "HTTP_2"})
    void certificateSaysWhoAsks(Version version) throws Exception {
        try (HttpClient ci = client(version, OURS.client("ci"));
                HttpClient other = client(version, OURS.client("other"))) {
            assertThat(get(ci, "/v1/images").statusCode()).isEqualTo(200);
            assertThat(get(ci, "/metrics").statusCode()).isEqualTo(403);
            // Whoever shows a token is who that says.
            assertThat(get(ci, "/metrics", "Authorization", "Bearer " + issuer.token("a", "metrics"))
                            .statusCode())
                    .isEqualTo(200);
            assertThat(get(ci, "/v1/images", "Authorization", "Bearer x").statusCode())
                    .isEqualTo(401);
            assertThat(get(other, "/v1/images").statusCode()).isEqualTo(401);
            assertThat(get(other, "/health/live").statusCode()).isEqualTo(200);
        }
        try (HttpClient stranger = client(version, OTHERS.client("ci"))) {
            HttpResponse<String> answer = get(stranger, "/v1/images");
            // Java's client shows none that the service has not asked for.
            assertThat(answer.statusCode()).isEqualTo(401);
        }
    }

    @Test
    void changedCertificateIsShownAndABrokenOneIsNot() throws Exception {
        BigInteger first = serial();
        CertificateAuthority.Identity next = OURS.server();
        write(next);

        Deadline.until(() -> serial().equals(serial(next)));
        assertThat(first).isNotEqualTo(serial(next));

        Files.writeString(files.key(), OURS.server().keyPem());
        Logged.until("certificate and key (http.tls) stay as they were: Invalid: the key is not that of");
        assertThat(serial()).isEqualTo(serial(next));
        Files.writeString(files.certificate(), "no certificate");
        Logged.until("certificate and key (http.tls) stay as they were: Invalid: wanted a certificate");
        assertThat(serial()).isEqualTo(serial(next));

        CertificateAuthority.Identity last = OURS.server();
        write(last);
        Deadline.until(() -> serial().equals(serial(last)));
        try (HttpClient client = client(Version.HTTP_2, OURS.client("ci"))) {
            HttpResponse<String> answer = get(client, "/v1/images");
            assertThat(answer.version()).isEqualTo(Version.HTTP_2);
            assertThat(answer.statusCode()).isEqualTo(200);
        }
    }

    @Test
    void filesThatWillNotDoInTheBeginningAreTold() throws Exception {
        Vertx vertx = Vertx.vertx();
        try {
            for (String broken : List.of("tls.crt", "tls.key", "ca.crt")) {
                TlsFiles wrong = new TlsFiles(
                        directory.resolve("wrong-tls.crt"),
                        directory.resolve("wrong-tls.key"),
                        directory.resolve("wrong-ca.crt"));
                for (String each : List.of("tls.crt", "tls.key", "ca.crt")) {
                    Files.writeString(
                            directory.resolve("wrong-" + each),
                            each.equals(broken) ? "nothing" : Files.readString(directory.resolve(each)));
                }
                ApiSecurity security = new ApiSecurity(
                        wrong, false, null, new CertificateCallers(Map.of("CN=ci", Scopes.of(List.of("read")))));
                ApiOptions options =
                        new ApiOptions("127.0.0.1", 0, "", ApiLimits.DEFAULTS, security, Patience.DEFAULTS);

                assertThatThrownBy(() -> Api.listen(vertx, served.services, options))
                        .isInstanceOf(Failure.class)
                        .hasMessageStartingWith("Invalid: listening on 127.0.0.1:0: certificate and key (http.tls): ");
            }
        } finally {
            vertx.close().await(ServedStore.PATIENCE_S, TimeUnit.SECONDS);
        }
    }
}
