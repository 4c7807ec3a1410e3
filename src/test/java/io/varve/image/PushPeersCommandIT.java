package io.varve.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code varve serve} as those who push find it. */
class PushPeersCommandIT {
    @TempDir
    Path directory;

    private Varve varve;
    private RunningService service;
    private String image;

    @BeforeEach
    void start() throws Exception {
        Peers.need("skopeo", "curl");
        varve = new Varve(directory);
        service = RunningService.start(varve, Map.of());
        image = new WrittenImage(directory.resolve("layout"))
                .gzip(new Tarball().dir("etc/").file("etc/digits", "0123456789"))
                .gzip(new Tarball().file("etc/more", "1"))
                .tag();
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private String skopeo(String... words) throws Exception {
        return new Program(
                        directory,
                        Stream.concat(Stream.of("skopeo", "--insecure-policy"), Stream.of(words))
                                .toArray(String[]::new))
                .succeed();
    }

    private String repository(String name) {
        return "docker://" + service.address() + "/" + name;
    }

    private String curl(String... words) throws Exception {
        return new Program(
                        directory,
                        Stream.concat(Stream.of("curl", "-sS", "--max-time", "60"), Stream.of(words))
                                .toArray(String[]::new))
                .succeed();
    }

    @Test
    void skopeoPushesWhatCommandsThenOpen() throws Exception {
        skopeo("copy", "--quiet", "--dest-tls-verify=false", image, repository("demo/it:1"));
        skopeo(
                "copy",
                "--quiet",
                "--format",
                "v2s2",
                "--src-tls-verify=false",
                "--dest-tls-verify=false",
                repository("demo/it:1"),
                repository("other/it:2"));

        assertThat(varve.quiet("cat", service.address() + "/demo/it:1", "/etc/digits"))
                .isEqualTo("0123456789");
        assertThat(curl("http://" + service.address() + "/v1/images/" + service.address()
                        + "%2Fother%2Fit:2/files/etc/digits"))
                .isEqualTo("0123456789");
        assertThat(varve.quiet("verify")).doesNotContain("missing");
        skopeo("delete", "--tls-verify=false", repository("demo/it:1"));
        assertThat(curl("http://" + service.address() + "/v2/demo/it/tags/list"))
                .contains("\"tags\":[]");
    }

    @Test
    void curlPushesInBothVersionsAndIsAskedForTheBody() throws Exception {
        Path blob = Files.write(directory.resolve("blob"), new byte[3_000_000]);
        String digest = "sha256:"
                + new Program(directory, "sha256sum", "blob").succeed().substring(0, 64);
        for (String version : List.of("--http1.1", "--http2-prior-knowledge")) {
            String url = "http://" + service.address();
            String begun = curl(
                    version, "-X", "POST", "-o", "/dev/null", "-w", "%header{location}", url + "/v2/c/blobs/uploads/");
            assertThat(curl(
                            version,
                            "-H",
                            "Expect: 100-continue",
                            "-T",
                            blob.toString(),
                            "-w",
                            "%{http_code}",
                            url + begun.strip() + "?digest=" + digest))
                    .isEqualTo("201");
            assertThat(curl(
                            version,
                            "-H",
                            "Transfer-Encoding: chunked",
                            "-X",
                            "POST",
                            "--data-binary",
                            "@" + blob,
                            "-w",
                            "%{http_code}",
                            url + "/v2/c/blobs/uploads/?digest=" + digest))
                    .isEqualTo("201");
        }
    }

    @Test
    void killedUploadLeavesNothingAndWhatWasAcknowledgedStays() throws Exception {
        skopeo("copy", "--quiet", "--dest-tls-verify=false", image, repository("demo/it:1"));
        String place = curl(
                        "-X",
                        "POST",
                        "-o",
                        "/dev/null",
                        "-w",
                        "%header{location}",
                        "http://" + service.address() + "/v2/demo/it/blobs/uploads/")
                .strip();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
            socket.getOutputStream()
                    .write(("PATCH " + place + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n")
                            .getBytes(ISO_8859_1));
            socket.getOutputStream().write(new byte[600_000]);
            assertThat(service.get(Version.HTTP_1_1, "/v2/demo/it/tags/list").body())
                    .contains("\"1\"");
            service.kill();
        }
        assertThat(ingest()).isNotEmpty();
        String old = service.address();
        assertThat(varve.quiet("gc")).isNotNull();
        assertThat(ingest()).isEmpty();
        assertThat(varve.quiet("cat", old + "/demo/it:1", "/etc/more")).isEqualTo("1");
    }

    private List<Path> ingest() throws IOException {
        try (Stream<Path> all = Files.list(varve.store().resolve("ingest"))) {
            return all.toList();
        }
    }
}
