package io.varve.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code varve serve}, as its users start, ask and end it. */
class ServeCommandIT {
    private static final int SIZE = 30_000_000;

    @TempDir
    Path directory;

    private Varve varve;
    private RunningService service;

    @BeforeEach
    void serve() throws IOException {
        varve = new Varve(directory);
        service = RunningService.start(varve, Map.of());
    }

    @AfterEach
    void end() {
        service.close();
    }

    /** The layer of an image that has a name there now. */
    private Digest put() throws Exception {
        byte[] content = new byte[SIZE];
        new Random(1).nextBytes(content);
        byte[] tar = new Tarball().file("large".getBytes(ISO_8859_1), content).bytes();
        LayoutImage image = new LayoutImage(directory.resolve("layout")).plain(tar);
        String pulled = varve.quiet("pull", image.write().toString()).strip();
        varve.quiet("tag", pulled, service.address() + "/app:1");
        return Digest.sha256(tar);
    }

    @ParameterizedTest
    @EnumSource(
            value = HttpClient.Version.class,
            names = {"HTTP_1_1", "HTTP_2"})
    void saysThatItLivesAndIsReady(HttpClient.Version version) throws Exception {
        for (String path : new String[] {"/health/live", "/health/ready"}) {
            HttpResponse<String> answer = service.get(version, path);

            assertThat(answer.version()).isEqualTo(version);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("{\"status\":\"UP\"}");
        }
        service.terminate();
        assertThat(service.end()).isZero();
    }

    @Test
    void storeThatCannotBeReadIsNotReady() throws Exception {
        Files.createDirectories(varve.store());
        Files.writeString(varve.store().resolve("varve.json"), "{\"form\":99}");

        HttpResponse<String> answer = service.get(HttpClient.Version.HTTP_1_1, "/health/ready");

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("\"status\":\"DOWN\"").contains("a newer Varve wrote this store");
        assertThat(service.get(HttpClient.Version.HTTP_1_1, "/health/live").statusCode())
                .isEqualTo(200);
    }

    @Test
    void storeWhoseDiskIsNearlyFullIsNotReady() throws Exception {
        service.close();
        try (RunningService full =
                RunningService.start(varve, Map.of("VARVE_LIMITS_FREE_BYTES", String.valueOf(Long.MAX_VALUE)))) {
            HttpResponse<String> answer = full.get(HttpClient.Version.HTTP_1_1, "/health/ready");

            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.body()).contains("the disk of store " + directory, "wanted limits.freeBytes");
        }
    }

    @Test
    void imageThatIsNamedMeanwhileIsCopiedOutOfIt() throws Exception {
        Peers.need("skopeo");
        put();

        new Program(
                        directory,
                        "skopeo",
                        "copy",
                        "-q",
                        "--src-tls-verify=false",
                        "docker://" + service.address() + "/app:1",
                        "oci:copy")
                .succeed();

        assertThat(directory.resolve("copy/index.json")).exists();
    }

    @Test
    void whoIsBeingAnsweredWhenItIsToldToEndGetsTheRest() throws Exception {
        Digest layer = put();
        try (Socket slow = new Socket()) {
            slow.setReceiveBufferSize(8 << 10);
            slow.setSoTimeout((int) TimeUnit.SECONDS.toMillis(RunningService.PATIENCE_S));
            slow.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), service.port()));
            slow.getOutputStream()
                    .write(("GET /v2/app/blobs/" + layer + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                            .getBytes(ISO_8859_1));
            InputStream in = slow.getInputStream();
            assertThat(new String(in.readNBytes(15), ISO_8859_1)).isEqualTo("HTTP/1.1 200 OK");

            service.terminate();
            service.awaitLine("ending");

            assertThat(in.readAllBytes()).hasSizeGreaterThan(SIZE);
        }
        assertThat(service.end()).isZero();
        assertThatThrownBy(() -> service.get(HttpClient.Version.HTTP_1_1, "/health/live"))
                .isInstanceOf(ConnectException.class);
    }

    @Test
    void addressThatIsTakenIsOneLine() throws Exception {
        Varve.assertFailed(
                varve.run("serve", "--listen", service.address()),
                1,
                "Unavailable",
                "listening on " + service.address());
        Varve.assertFailed(varve.run("serve", "--listen", "0.0.0.0:0"), 1, "Invalid", "wanted one of loopback");
        Varve.assertFailed(varve.run("serve", "--listen", "here"), 1, "Invalid", "wanted ADDRESS:PORT");
    }

    /** Of registries and pools there is something to tell once they were used. */
    @Test
    void dashboardShowsWhatIsMeasured() throws Exception {
        HttpRequest scrape = HttpRequest.newBuilder(URI.create("http://" + service.address() + "/metrics"))
                .build();
        // The second one finds the first measured.
        HttpClient client = HttpClient.newHttpClient();
        client.send(scrape, HttpResponse.BodyHandlers.discarding());
        String measured =
                client.send(scrape, HttpResponse.BodyHandlers.ofString()).body();

        Matcher names = Pattern.compile("(?:varve|vertx_http_server|vertx_pool|jvm|netty)_[a-z_]+")
                .matcher(Files.readString(Path.of("conf/grafana.json")));
        while (names.find()) {
            if (!names.group().startsWith("varve_jobs_")) {
                assertThat(measured).contains("\n" + names.group());
            }
        }
        assertThat(measured).contains("varve_jobs_running 0.0");
        // Who asked is no label: there would be no end of them.
        assertThat(measured).doesNotContain("127.0.0.1");
    }
}
