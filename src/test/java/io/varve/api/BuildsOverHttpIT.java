package io.varve.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.auth.CertificateCallers;
import io.varve.auth.Issuer;
import io.varve.auth.TokenRules;
import io.varve.gc.Collector;
import io.varve.guard.Deadline;
import io.varve.image.Tarball;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import io.varve.view.Views;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Builds as jobs, with tars behind their specs, as callers see them who show tokens. */
class BuildsOverHttpIT {
    private static final String FILE = "{'files': [{'path': 'etc/motd', 'text': 'hello'}]}";
    private static final String WITH_TAR =
            "{'from': 'scratch', 'tags': ['a.example/app:1'], 'layers': [" + FILE + ", {'tar': 'app'}]}";
    private static final byte[] TAR = new Tarball()
            .dir("srv")
            .file("srv/app", "0123456789abcdef".repeat(20_000))
            .bytes();

    @TempDir
    Path directory;

    private final Issuer issuer = new Issuer();
    private ServedStore served;

    @BeforeEach
    void start() throws Exception {
        Path jwks = Files.writeString(directory.resolve("jwks.json"), issuer.jwks());
        TokenRules rules = new TokenRules(Issuer.NAME, Issuer.AUDIENCE, Duration.ofSeconds(60));
        served = ServedStore.open(
                directory.resolve("store"),
                new ApiSecurity(
                        null,
                        false,
                        new TokenFiles(jwks, rules),
                        CertificateCallers.NONE,
                        List.of(directory.resolve("open"))));
    }

    @AfterEach
    void stop() throws Exception {
        served.close();
    }

    private String bearer(String scopes) {
        return "Bearer " + issuer.token("somebody", scopes);
    }

    private static String quoted(String json) {
        return json.replace('\'', '"');
    }

    private HttpResponse<byte[]> build(Version version, String spec, String scopes) throws Exception {
        return served.post(
                version, "/v1/builds", quoted(spec), Map.of("Prefer", "wait=20", "Authorization", bearer(scopes)));
    }

    private HttpResponse<byte[]> build(String spec) throws Exception {
        return build(Version.HTTP_1_1, spec, "build:a.example read:a.example");
    }

    private HttpResponse<byte[]> upload(Version version, byte[] body, String... headers) throws Exception {
        try (HttpClient client = HttpClient.newBuilder().version(version).build()) {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(served.api.url() + "/v1/builds"))
                    .timeout(Duration.ofSeconds(ServedStore.PATIENCE_S))
                    .header("Content-Type", "multipart/form-data; boundary=frontier")
                    .header("Authorization", bearer("build:a.example"))
                    .header("Prefer", "wait=20")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(body));
            if (headers.length > 0) {
                request.headers(headers);
            }
            return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        }
    }

    /** @param parts names, each with its bytes behind it */
    private static byte[] multipart(Object... parts) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int i = 0; i < parts.length; i += 2) {
            body.writeBytes(("--frontier\r\nContent-Disposition: form-data; name=\"" + parts[i] + "\"\r\n\r\n")
                    .getBytes(ISO_8859_1));
            body.writeBytes((byte[]) parts[i + 1]);
            body.writeBytes("\r\n".getBytes(ISO_8859_1));
        }
        body.writeBytes("--frontier--\r\n".getBytes(ISO_8859_1));
        return body.toByteArray();
    }

    private static byte[] spec(String json) {
        return quoted(json).getBytes(ISO_8859_1);
    }

    private static ObjectNode json(HttpResponse<byte[]> response) {
        return Json.read(response.body(), Json.DEFAULT_LIMIT);
    }

    /** Nobody sees anything of it, and nothing stays. */
    private void assertNothing() {
        served.awaitCalm();
        assertThat(served.store
                        .read(catalogue -> catalogue.tags("", "", 10).size())
                        .orElse(0))
                .isZero();
        Instant later = Instant.now().plus(served.store.options().lease()).plusSeconds(60);
        new Collector(served.store, new Views(served.store.directory().resolve("views"))).collect(later);
        assertThat(served.store.read(catalogue -> catalogue.nodes().size()).orElse(0))
                .isZero();
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void whoWaitsGetsTheImage(Version version) throws Exception {
        String spec = "{'from': 'scratch', 'tags': ['a.example/app:1'], 'layers': [" + FILE + "]}";

        ObjectNode job = json(build(version, spec, "build:a.example"));

        assertThat(job.get("kind").textValue()).isEqualTo("build");
        assertThat(job.get("state").textValue()).isEqualTo("done");
        assertThat(job.at("/result/image").textValue()).isEqualTo("a.example/app:1");
        assertThat(job.at("/result/digest").textValue()).startsWith("sha256:");
        assertThat(job.at("/result/unchanged").booleanValue()).isFalse();
        ObjectNode again = json(build(version, spec, "build:a.example"));
        assertThat(again.at("/result/unchanged").booleanValue()).isTrue();
        assertThat(again.at("/result/digest")).isEqualTo(job.at("/result/digest"));
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void tarsComeBehindTheSpec(Version version) throws Exception {
        HttpResponse<byte[]> answer = upload(version, multipart("spec", spec(WITH_TAR), "app", TAR));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(json(answer).get("state").textValue()).isEqualTo("done");
        assertThat(json(answer).at("/result/tags/0").textValue()).isEqualTo("a.example/app:1");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            {'from': 'scratch', 'form': 1}                                           | form
            {'from': 'scratch', 'layers': [{'files': [{'path': '../x', 'text': ''}]}]} | layers[0].files[0].path
            {'from': 'scratch', 'compressionLevel': 99}                              | compressionLevel
            {'from': 'scratch', 'push': true}                                        | push
            {'layers': []}                                                           | from
            {'from': 'scratch', 'credentials': {'registryToken': 5}}                 | credentials.registryToken
            {'from': 'scratch', 'credentials': {'username': 'a', 'password': {}}}    | credentials.password
            {'from': 'scratch', 'credentials': {'username': 'a', 'password': '', 'x': 1}} | there is no field x
            {'from': 'scratch', 'credentials': 'a'}                                  | credentials
            """)
    void badSpecIsRefusedWithItsField(String spec, String field) throws Exception {
        HttpResponse<byte[]> answer = build(spec);

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(json(answer).get("detail").textValue()).contains(field);
        assertThat(upload(Version.HTTP_1_1, multipart("spec", spec(spec))).statusCode())
                .isEqualTo(400);
        assertNothing();
    }

    @Test
    void moreLayersThanAnImageMayHaveAreRefusedBeforeAnyIsLookedFor() throws Exception {
        int most = served.store.options().plan().layers();
        String spec = "{'from': 'scratch', 'layers': [%s]}"
                .formatted(Stream.generate(() -> "{'blob': '" + Digest.sha256(new byte[0]) + "'}")
                        .limit(most + 1)
                        .collect(joining(",")));

        HttpResponse<byte[]> answer = build(spec);

        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(json(answer).get("detail").textValue()).contains("limits.layers");
        assertNothing();
    }

    /** A list may come as several lines. */
    @Test
    void preferencesAreHeardOneByOneToo() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(served.api.url() + "/v1/builds"))
                .timeout(Duration.ofSeconds(ServedStore.PATIENCE_S))
                .header("Content-Type", "application/json")
                .header("Authorization", bearer("build:a.example"))
                .header("Prefer", "handling=lenient")
                .header("Prefer", "wait=20")
                .POST(HttpRequest.BodyPublishers.ofString(
                        quoted("{'from': 'scratch', 'tags': ['a.example/app:1'], 'layers': [" + FILE + "]}")))
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<byte[]> answer = client.send(request, HttpResponse.BodyHandlers.ofByteArray());

            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue("Preference-Applied")).contains("wait=20");
        }
    }

    @Test
    void nameTakesBuildAndBaseTakesRead() throws Exception {
        String spec = "{'from': 'scratch', 'tags': ['a.example/app:1'], 'layers': [" + FILE + "]}";

        assertThat(build(Version.HTTP_1_1, spec, "read pull push").statusCode()).isEqualTo(403);
        assertThat(build(Version.HTTP_1_1, spec, "build:b.example").statusCode())
                .isEqualTo(403);
        assertThat(build(Version.HTTP_1_1, spec.replace("scratch", "c.example/base:1"), "build:a.example")
                        .statusCode())
                .isIn(403, 404);
        assertThat(build(Version.HTTP_1_1, spec.replace("'layers'", "'push': true, 'layers'"), "build:a.example")
                        .statusCode())
                .isEqualTo(403);
        assertNothing();
    }

    @Test
    void layersThatAreMadeOfWhatIsCalledTheSameAreToldOneByOneAndBriefly() throws Exception {
        String name = "a/".repeat(1000);
        String layer = "{'files': [{'path': '" + name + "', 'text': 'LAYER'}]}";
        String spec = "{'from': 'scratch', 'layers': [" + layer.replace("LAYER", "1") + ", "
                + layer.replace("LAYER", "2") + "]}";

        ObjectNode job = json(build(spec));

        assertThat(job.get("state").textValue()).isEqualTo("done");
        assertThat(job.get("layers")).hasSize(2).allSatisfy(told -> {
            assertThat(told.get("state").textValue()).isEqualTo("committed");
            assertThat(told.get("step").textValue())
                    .startsWith("varve build: files /a/a/")
                    .hasSizeLessThan(220);
        });
    }

    @Test
    void directoriesOfTheMachineAreNobodys() throws Exception {
        HttpResponse<byte[]> answer = build("{'from': 'scratch', 'layers': [{'directory': '/etc'}]}");

        assertThat(new String(answer.body(), ISO_8859_1)).contains("directory: got /etc", "Invalid");
        assertThat(build("{'from': 'scratch', 'context': '/'}").statusCode()).isEqualTo(403);
        assertNothing();
    }

    private void assertRefused(byte[] body, String said) throws Exception {
        HttpResponse<byte[]> answer = upload(Version.HTTP_1_1, body);

        assertThat(new String(answer.body(), ISO_8859_1)).contains(said, "Invalid");
        assertNothing();
    }

    @Test
    void partsAreThoseThatTheSpecNames() throws Exception {
        assertRefused(multipart("spec", spec(WITH_TAR)), "part app: got none");
        assertRefused(multipart("spec", spec(WITH_TAR), "other", TAR), "part other: the spec names no such tar");
        assertRefused(multipart("spec", spec(WITH_TAR), "app", TAR, "app", TAR), "part app: got it twice");
        assertRefused(multipart("app", TAR, "spec", spec(WITH_TAR)), "wanted the part spec before all others");
        assertRefused(multipart(), "body: got no part spec");
    }

    /** It would promise that another tar is told from this one. */
    @Test
    void keyIsForASpecAlone() throws Exception {
        HttpResponse<byte[]> answer =
                upload(Version.HTTP_1_1, multipart("spec", spec(WITH_TAR), "app", TAR), "Idempotency-Key", "once");

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(json(answer).get("detail").textValue())
                .isEqualTo("Idempotency-Key: got one with multipart/form-data, wanted it with a spec alone,"
                        + " as application/json");
        assertNothing();
    }

    @Test
    void tarThatLiesLeavesNothing() throws Exception {
        assertRefused(
                multipart(
                        "spec",
                        spec(WITH_TAR),
                        "app",
                        "no tar at all".repeat(100).getBytes(ISO_8859_1)),
                "tar app");
    }

    @Test
    void uploadThatIsCutOffLeavesNothing() throws Exception {
        byte[] body = multipart("spec", spec(WITH_TAR), "app", TAR);
        for (int at : new int[] {0, 30, 150, 300, 500, 1500, body.length / 2, body.length - 600, body.length - 20}) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), served.port())) {
                String head = "POST /v1/builds HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                        + bearer("build:a.example")
                        + "\r\nContent-Type: multipart/form-data; boundary=frontier\r\nContent-Length: " + body.length
                        + "\r\n\r\n";
                socket.getOutputStream().write(head.getBytes(ISO_8859_1));
                socket.getOutputStream().write(body, 0, at);
                socket.getOutputStream().flush();
            }
            served.awaitCalm();
        }
        Deadline.until(
                "no build goes on",
                () -> served.store
                        .read(catalogue -> catalogue.unfinishedJobs().isEmpty())
                        .orElse(true));
        assertNothing();
    }

    @Test
    void directoryThatTheServiceLetsOthersReadIsALayer() throws Exception {
        Path open = Files.createDirectories(directory.resolve("open"));
        Path secret = Files.createDirectories(directory.resolve("secret"));
        Files.writeString(secret.resolve("key"), "key");
        Files.writeString(Files.createDirectories(open.resolve("app/lib")).resolve("a"), "a");
        Files.createSymbolicLink(open.resolve("way-out"), secret);

        ObjectNode job = json(build(ofDirectory(open.resolve("app"))));

        assertThat(job.get("state").textValue()).isEqualTo("done");
        for (Path hidden : List.of(
                secret,
                open.resolve("../secret"),
                open.resolve("way-out"),
                open.resolve("app/../../secret"),
                Path.of("app"))) {
            assertThat(new String(build(ofDirectory(hidden)).body(), ISO_8859_1))
                    .as(hidden.toString())
                    .contains("layers[0]")
                    .doesNotContain("\"done\"");
        }
    }

    private static String ofDirectory(Path directory) {
        return "{'from': 'scratch', 'layers': [{'directory': '" + directory + "', 'dest': 'srv'}]}";
    }
}
