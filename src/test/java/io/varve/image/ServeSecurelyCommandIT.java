package io.varve.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.auth.Issuer;
import io.varve.guard.Deadline;
import io.varve.oci.Json;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.registry.CertificateAuthority;
import io.varve.registry.FakeRegistry;
import io.vertx.core.Vertx;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code varve serve} for whom it knows. */
class ServeSecurelyCommandIT {
    private static final int PATIENCE_S = 60;
    private static final Pattern ADDRESS = Pattern.compile("at (https://127\\.0\\.0\\.1:\\d+);");

    @TempDir
    Path directory;

    private final Issuer issuer = new Issuer();
    private final CertificateAuthority authority = new CertificateAuthority("Ours");
    private final StringBuilder answers = new StringBuilder();
    private HttpClient client = HttpClient.newHttpClient();
    private String url = "";

    private Path settings() throws Exception {
        CertificateAuthority.Identity server = authority.server();
        Files.writeString(directory.resolve("tls.crt"), server.certificatePem());
        Files.writeString(directory.resolve("tls.key"), server.keyPem());
        Files.writeString(directory.resolve("jwks.json"), issuer.jwks());
        return Files.writeString(
                directory.resolve("varve.yaml"), """
                http:
                  tls: {certificate: %1$s/tls.crt, key: %1$s/tls.key}
                  auth: {jwks: %1$s/jwks.json, issuer: '%2$s', audience: '%3$s'}
                log: {json: true}
                """.formatted(directory, Issuer.NAME, Issuer.AUDIENCE));
    }

    private HttpClient trusting() throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry(
                "ours",
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(
                                new ByteArrayInputStream(authority.self().certificate())));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, trust.getTrustManagers(), null);
        return HttpClient.newBuilder().sslContext(tls).build();
    }

    private int ask(String path, String authorization, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path))
                .header("Authorization", authorization)
                .header("Prefer", "wait=30");
        if (!body.isEmpty()) {
            request.header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body));
        }
        HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        answers.append(answer.headers()).append(answer.body()).append('\n');
        return answer.statusCode();
    }

    private static String awaitLine(Path file) throws Exception {
        String said = Deadline.await(
                "it serves",
                () -> Files.readString(file),
                lines -> ADDRESS.matcher(lines).find());
        Matcher line = ADDRESS.matcher(said);
        assertThat(line.find()).isTrue();
        return line.group(1);
    }

    private Process start() throws Exception {
        Process process = new ProcessBuilder(
                        Peers.command().toString(),
                        "--store",
                        store().toString(),
                        "--config",
                        settings().toString(),
                        "-v",
                        "serve",
                        "--listen",
                        "127.0.0.1:0")
                .redirectError(err().toFile())
                .redirectOutput(out().toFile())
                .start();
        url = awaitLine(err());
        client = trusting();
        return process;
    }

    private Path store() {
        return directory.resolve("store");
    }

    private Path err() {
        return directory.resolve("err");
    }

    private Path out() {
        return directory.resolve("out");
    }

    /** Neither what it says, nor what it answers, nor what it leaves behind has anything of them. */
    @Test
    void tokensAndPasswordsAreNowhereToBeSeen() throws Exception {
        Process process = start();
        List<String> secrets = new ArrayList<>(List.of("hush-hush"));
        try {
            String pull = Json.object()
                    .put("image", "127.0.0.1:1/app:1")
                    .set("credentials", Json.object().put("username", "me").put("password", "hush-hush"))
                    .toString();
            String all = "pull read write delete rootfs metrics admin";
            for (String algorithm : List.of("HS256", "RS256", "ES256", "EdDSA")) {
                String good = issuer.token(algorithm, claims -> claims.put("scope", all));
                String over = issuer.token(
                        algorithm, claims -> claims.put("scope", all).put("exp", 1));
                String forged = new Issuer().token(algorithm, claims -> claims.put("scope", all));
                for (String token : List.of(good, over, forged, good + "x", "very-secret-" + algorithm)) {
                    String basic = Base64.getEncoder().encodeToString(("me:" + token).getBytes(UTF_8));
                    secrets.add(basic);
                    // Headers are the same for everybody and tell nothing.
                    secrets.addAll(List.of(token.split("\\.", -1))
                            .subList(token.contains(".") ? 1 : 0, token.contains(".") ? 3 : 1));
                    int expected = token.equals(good) ? 200 : 401;
                    for (String path : List.of("/v1/images", "/v2/", "/metrics", "/v1/jobs")) {
                        assertThat(ask(path, "Bearer " + token, "")).isEqualTo(expected);
                        assertThat(ask(path, "Basic " + basic, "")).isEqualTo(401);
                    }
                    assertThat(ask("/v1/images/none", "Bearer " + token, "")).isEqualTo(expected == 200 ? 404 : 401);
                    assertThat(ask("/v1/pulls", "Bearer " + token, pull)).isEqualTo(expected);
                    assertThat(ask("/v1/images?access_token=" + token, "none", ""))
                            .isEqualTo(401);
                    assertThat(ask("/v1/images?access_token=" + token, "Bearer " + good, ""))
                            .isEqualTo(400);
                }
            }
            assertThat(answers).contains("no public address");
        } finally {
            client.close();
            process.toHandle().destroy();
            assertThat(process.waitFor(PATIENCE_S, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(process.exitValue()).isZero();
        assertNowhere(secrets, "the answers", answers.toString());
        assertNowhere(secrets, "stderr", Files.readString(err()));
        assertNowhere(secrets, "stdout", Files.readString(out()));
        try (Stream<Path> files = Files.walk(store())) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertNowhere(secrets, file.toString(), new String(Files.readAllBytes(file), ISO_8859_1));
            }
        }
    }

    private static void assertNowhere(List<String> secrets, String place, String content) {
        for (String secret : secrets) {
            assertThat(content.contains(secret)).as("%s has %s", place, secret).isFalse();
        }
    }

    /** They come by the socket of the store, and send it wherever they want. */
    @Test
    void commandsBesideItMayDoEverything() throws Exception {
        Vertx vertx = Vertx.vertx();
        Process process = start();
        try (FakeRegistry registry = FakeRegistry.http(vertx)) {
            FakeSource source = new FakeSource();
            registry.add("app", "1", source, FakeImage.gzip(source, "app", 1_000));
            String image = registry.reference("app", "1").toString();
            Varve varve = new Varve(directory);

            varve.quiet("pull", image);
            varve.quiet("tag", image, "registry.example/app:1");
            varve.quiet("rm", image);

            assertThat(Files.readString(err())).contains("pull " + image);
            assertThat(ask("/v1/images/registry.example%2Fapp:1", "Bearer " + issuer.token("a", "read"), ""))
                    .isEqualTo(200);
            assertThat(ask("/v1/images/registry.example%2Fapp:1", "none", "")).isEqualTo(401);
        } finally {
            client.close();
            process.toHandle().destroy();
            assertThat(process.waitFor(PATIENCE_S, TimeUnit.SECONDS)).isTrue();
            vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
        }
    }

    @Test
    void whatIsMissingForOthersIsOneLine() throws Exception {
        Varve varve = new Varve(directory);
        String config = settings().toString();

        Varve.assertFailed(
                varve.run("serve", "--listen", "0.0.0.0:0"),
                1,
                "Invalid",
                "listen address: got 0.0.0.0, wanted one of loopback, or http.auth.jwks");
        Files.delete(directory.resolve("jwks.json"));
        Varve.assertFailed(
                varve.run("--config", config, "serve", "--listen", "0.0.0.0:0"),
                1,
                "Unavailable",
                "keys of tokens (http.auth.jwks)",
                "jwks.json");
    }
}
