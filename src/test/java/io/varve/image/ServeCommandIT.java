package io.varve.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.oci.Digest;
import java.io.BufferedReader;
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
    private static final Pattern ADDRESS = Pattern.compile("at http://(127\\.0\\.0\\.1:(\\d+));");
    private static final int PATIENCE_S = 60;
    private static final int SIZE = 30_000_000;

    @TempDir
    Path directory;

    private Varve varve;
    private Process process;
    private BufferedReader told;
    private String address;
    private int port;

    @BeforeEach
    void serve() throws IOException {
        varve = new Varve(directory);
        process = new ProcessBuilder(
                        Peers.command().toString(),
                        "--store",
                        varve.store().toString(),
                        "serve",
                        "--listen",
                        "127.0.0.1:0")
                .start();
        told = process.errorReader();
        Matcher line = ADDRESS.matcher(told.readLine());
        assertThat(line.find()).isTrue();
        address = line.group(1);
        port = Integer.parseInt(line.group(2));
    }

    @AfterEach
    void end() {
        process.destroyForcibly();
    }

    private void assertEndsWell() throws InterruptedException {
        assertThat(process.waitFor(PATIENCE_S, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
    }

    /** The layer of an image that has a name there now. */
    private Digest put() throws Exception {
        byte[] content = new byte[SIZE];
        new Random(1).nextBytes(content);
        byte[] tar = new Tarball().file("large".getBytes(ISO_8859_1), content).bytes();
        LayoutImage image = new LayoutImage(directory.resolve("layout")).plain(tar);
        String pulled = varve.quiet("pull", image.write().toString()).strip();
        varve.quiet("tag", pulled, address + "/app:1");
        return Digest.sha256(tar);
    }

    private HttpResponse<String> get(HttpClient.Version version, String path) throws Exception {
        try (HttpClient client = HttpClient.newBuilder().version(version).build()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + address + path))
                    .build();
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = HttpClient.Version.class,
            names = {"HTTP_1_1", "HTTP_2"})
    void saysThatItLivesAndIsReady(HttpClient.Version version) throws Exception {
        for (String path : new String[] {"/health/live", "/health/ready"}) {
            HttpResponse<String> answer = get(version, path);

            assertThat(answer.version()).isEqualTo(version);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("{\"status\":\"UP\"}");
        }
        process.toHandle().destroy();
        assertEndsWell();
    }

    @Test
    void storeThatCannotBeReadIsNotReady() throws Exception {
        Files.createDirectories(varve.store());
        Files.writeString(varve.store().resolve("varve.json"), "{\"form\":99}");

        HttpResponse<String> answer = get(HttpClient.Version.HTTP_1_1, "/health/ready");

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("\"status\":\"DOWN\"").contains("a newer Varve wrote this store");
        assertThat(get(HttpClient.Version.HTTP_1_1, "/health/live").statusCode())
                .isEqualTo(200);
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
                        "docker://" + address + "/app:1",
                        "oci:copy")
                .succeed();

        assertThat(directory.resolve("copy/index.json")).exists();
    }

    @Test
    void whoIsBeingAnsweredWhenItIsToldToEndGetsTheRest() throws Exception {
        Digest layer = put();
        try (Socket slow = new Socket()) {
            slow.setReceiveBufferSize(8 << 10);
            slow.setSoTimeout((int) TimeUnit.SECONDS.toMillis(PATIENCE_S));
            slow.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            slow.getOutputStream()
                    .write(("GET /v2/app/blobs/" + layer + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                            .getBytes(ISO_8859_1));
            InputStream in = slow.getInputStream();
            assertThat(new String(in.readNBytes(15), ISO_8859_1)).isEqualTo("HTTP/1.1 200 OK");

            process.toHandle().destroy();
            assertThat(told.readLine()).startsWith("ending");

            assertThat(in.readAllBytes()).hasSizeGreaterThan(SIZE);
        }
        assertEndsWell();
        assertThatThrownBy(() -> get(HttpClient.Version.HTTP_1_1, "/health/live"))
                .isInstanceOf(ConnectException.class);
    }

    @Test
    void addressThatIsTakenIsOneLine() throws Exception {
        Varve.assertFailed(varve.run("serve", "--listen", address), 1, "Unavailable", "listening on " + address);
        Varve.assertFailed(varve.run("serve", "--listen", "0.0.0.0:0"), 1, "Invalid", "wanted one of loopback");
        Varve.assertFailed(varve.run("serve", "--listen", "here"), 1, "Invalid", "wanted ADDRESS:PORT");
    }

    /** Of registries and pools there is something to tell once they were used. */
    @Test
    void dashboardShowsWhatIsMeasured() throws Exception {
        HttpRequest scrape = HttpRequest.newBuilder(URI.create("http://" + address + "/metrics"))
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
