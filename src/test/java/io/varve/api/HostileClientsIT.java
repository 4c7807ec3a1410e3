package io.varve.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.image.Tarball;
import io.varve.oci.Json;
import io.varve.pipeline.FakeImage;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests of HTTP/1 that are malformed, oversized or meant to be misunderstood: each is told what is wrong, and leaves nothing. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileClientsIT {
    /** What somebody hopes to get past whoever reads the request in another way. */
    private static final String HIDDEN = "POST /v1/gc HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";

    private ServedStore served;
    private String files;

    @BeforeAll
    void serve(@TempDir Path directory) throws Exception {
        served = ServedStore.open(directory.resolve("store"), ApiLimits.DEFAULTS);
        Tarball tar = new Tarball().dir("etc/").file("etc/passwd", "root\n");
        served.put(
                "app:1",
                FakeImage.of(served.source, FakeImage.gzipLayer(served.source, tar.bytes()))
                        .manifest());
        files = "/v1/images/" + URLEncoder.encode(served.api.address() + "/app:1", UTF_8) + "/files/";
    }

    @AfterAll
    void close() throws Exception {
        served.close();
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        served.awaitCalm();
        assertThat(Json.read(served.get("/v1/jobs").body(), Json.DEFAULT_LIMIT).get("jobs"))
                .isEmpty();
        assertThat(ServedStore.openFiles("/blobs/"))
                .as("files of the store that are open")
                .isEmpty();
    }

    private Wire connected() throws IOException {
        return new Wire(served.port());
    }

    private ObjectNode refusedForGood(String request, int status) throws IOException {
        return Wire.refusedForGood(served.port(), request, status);
    }

    private ObjectNode refused(String request, int status) throws IOException {
        return Wire.refused(served.port(), request, status);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Transfer-Encoding: gzip, identity",
                "Transfer-Encoding: identity",
                "Transfer-Encoding: gzip, chunked",
                "Transfer-Encoding: chunked, chunked",
                "Transfer-Encoding: chunked, identity",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip",
                "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: xchunked",
                "Transfer-Encoding: \"chunked\"",
                "Transfer-Encoding: chunked;q=1",
                "Transfer-Encoding:",
                "Transfer-Encoding : chunked",
                "Transfer-Encoding\t: chunked",
                "Transfer-Encoding:\r\n chunked",
                "X: y\r\n Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
                "Transfer-Encoding: \u000bchunked",
                "Transfer-Encoding: chunked\u0000",
                "Transfer\u0000-Encoding: chunked",
                "Transfer-Encoding: chunked\r\nContent-Length: 3",
                "Content-Length: 3\r\nTransfer-Encoding: chunked",
                "Content-Length: 3\r\nContent-Length: 4",
                "Content-Length: 3\r\nContent-Length: 3",
                "Content-Length: 3, 3",
                "Content-Length: +3",
                "Content-Length: -3",
                "Content-Length: 0x3",
                "Content-Length: 3 4",
                "Content-Length:\r\n 3",
                "Content-Length: ",
                "Content-Length: 99999999999999999999",
                "Host: y",
                "no colon",
                ": no name",
                "bare: lf\nX: y",
                "bare: cr\rX: y",
            })
    void requestThatCanBeReadInTwoWaysIsRefusedAndNothingBehindIt(String header) throws Exception {
        for (String line : List.of("POST /v1/gc", "GET /v1/jobs", "GET /v2/", "POST /v2/app/blobs/uploads/")) {
            refusedForGood(line + " HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n\r\n" + HIDDEN, 400);
        }
    }

    @Test
    void requestBehindOneThatIsStillAnsweredIsNoLessSuspect() throws Exception {
        try (Wire wire = connected()) {
            wire.send(Wire.get("/v1/images")
                    + "GET /v1/jobs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, identity\r\n\r\n"
                    + HIDDEN);

            assertThat(wire.answer().status()).isEqualTo(200);
            wire.answer().problem(400);
            assertThat(wire.isCut()).isTrue();
        }
    }

    @Test
    void nothingIsReadBehindABodyOfHttp10WhoseLengthMayHaveBeenSaidTwice() throws Exception {
        String twice = "Connection: keep-alive\r\nContent-Length: 0\r\nContent-Length: " + HIDDEN.length();
        try (Wire wire = connected()) {
            wire.send("POST /v1/gc HTTP/1.0\r\n" + twice + "\r\n\r\n" + HIDDEN);

            assertThat(wire.answer().status()).isEqualTo(200);
            assertThat(wire.rest()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'GET /v1/jobs HTTP/1.1',            400",
        "'GET /v1/jobs HTTP/1.1\r\nHost: a b', 400",
        "'GET /v1/jobs HTTP/1.1\r\nHost: a:99999', 400",
        "'GET  HTTP/1.1\r\nHost: x',         400",
        "'GET\r\nHost: x',                   400",
        "'GET /v1/jobs HTTP/3.0\r\nHost: x', 505",
        "'GET /v1/jobs HTTP/1.2\r\nHost: x', 505",
        "'GET /v1/jobs FTP/1.1\r\nHost: x',  505",
        "'GET /v1/jobs HTTP/x\r\nHost: x',   400",
        "'\u0001\u0002 / HTTP/1.1\r\nHost: x', 400",
    })
    void headThatIsNoneIsTold(String head, int status) throws Exception {
        refused(head + "\r\n\r\n", status);
    }

    @Test
    void headThatIsTooLargeIsTold() throws Exception {
        refusedForGood(Wire.get("/v1/" + "a".repeat(20_000)), 414);
        refusedForGood(Wire.get("/v1/jobs").replace("\r\n\r\n", "\r\nX: " + "a".repeat(20_000) + "\r\n\r\n"), 431);
        refusedForGood(Wire.get("/v1/jobs").replace("\r\n\r\n", "\r\n" + "X: y\r\n".repeat(5_000) + "\r\n"), 431);
    }

    @Test
    void endlessHeadIsToldWhileItIsStillSent() throws Exception {
        try (Wire wire = connected()) {
            wire.send("GET /v1/jobs HTTP/1.1\r\nX: ");
            wire.send("a".repeat(1 << 20));

            wire.answer().problem(431);
            assertThat(wire.rest()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/jobs?limit=%zz",
                "/v1/jobs?limit=%",
                "/v1/jobs?%zz=1",
                "/v1/jobs?after=%00",
                "/v1/jobs?after=%c0%80",
                "/v1/jobs?after=%ff",
                "/v1/jobs?after=%ed%a0%80",
                "/v1/jobs/%zz",
                "/v1/jobs/%00",
                "/v1/jobs/%c0%af",
                "/v1/images/%ff",
                "/v1/images/a%0/files",
                "/v1/images?prefix=\u0001",
                "/v1/images?prefix=\u00e9",
                "/%",
                "/\u007f",
            })
    void escapesThatAreNoneAreTold(String target) throws Exception {
        refused(Wire.get(target), 400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../../../../etc/hostname",
                "..%2f..%2f..%2fetc%2fhostname",
                "%2e%2e/%2e%2e/etc/hostname",
                "%2e%2e%2f%2e%2e%2fetc%2fhostname",
                "..%5c..%5cetc%5chostname",
                "..\\..\\etc\\hostname",
                "%252e%252e%252fetc%252fhostname",
                "etc/passwd%2f..%2f..%2f..%2fetc%2fhostname",
                "....//....//etc/hostname",
                "etc./hostname",
                "/etc/hostname",
                "%2fetc%2fhostname",
                "%c0%ae%c0%ae/etc/hostname",
            })
    void pathsOfFilesLeadNowhereElse(String path) throws Exception {
        refused(Wire.get(files + path), 404);
    }

    @Test
    void noFileHasAByteThatIsNull() throws Exception {
        refused(Wire.get(files + "etc/passwd%00.txt"), 400);
        refused(Wire.get(files + "%00"), 400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sha256:ABCDEF0000000000000000000000000000000000000000000000000000000000",
                "SHA256:0000000000000000000000000000000000000000000000000000000000000000",
                "sha256:000000000000000000000000000000000000000000000000000000000000000",
                "sha256:00000000000000000000000000000000000000000000000000000000000000000",
                "sha512:0000000000000000000000000000000000000000000000000000000000000000",
                "sha256-0000000000000000000000000000000000000000000000000000000000000000",
                "sha256:000000000000000000000000000000000000000000000000000000000000000g",
                "sha256:%20000000000000000000000000000000000000000000000000000000000000000",
                "sha256:%EF%BC%90000000000000000000000000000000000000000000000000000000000000",
                "sha256%253a0000000000000000000000000000000000000000000000000000000000000000",
                "0000000000000000000000000000000000000000000000000000000000000000",
            })
    void digestsThatAreNoneAreTold(String digest) throws Exception {
        refused(Wire.get("/v1/why/" + digest), 400);
        try (Wire wire = connected()) {
            assertThat(wire.send(Wire.get("/v2/app/blobs/" + digest)).answer().status())
                    .isEqualTo(400);
        }
    }

    @Test
    void methodsThatThereAreNotAreTold() throws Exception {
        refused("BREW /v1/jobs HTTP/1.1\r\nHost: localhost\r\n\r\n", 405);
        refused("TRACE /v1/jobs HTTP/1.1\r\nHost: localhost\r\n\r\n", 405);
        refused("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 404);
        refusedForGood("CONNECT example.org:80 HTTP/1.1\r\nHost: localhost\r\n\r\n" + HIDDEN, 405);
    }

    @Test
    void goodRequestsOnOneConnectionAreAnsweredOneAfterTheOther() throws Exception {
        try (Wire wire = connected()) {
            String headers = "Content-Type: application/json\r\nTransfer-Encoding: Chunked\r\n";
            wire.send(Wire.get("/health/live")
                    + Wire.get("/v1/none")
                    + Wire.post("/v1/gc", headers, "2\r\n{}\r\n0\r\n\r\n"));

            assertThat(wire.answer().status()).isEqualTo(200);
            Wire.Answer missing = wire.answer();
            missing.problem(404);
            assertThat(missing.headers())
                    .as("nothing is wrong with the connection")
                    .doesNotContainKey("connection");
            assertThat(wire.answer().status()).isEqualTo(200);
            assertThat(wire.send(Wire.get("/health/live")).answer().status()).isEqualTo(200);
        }
    }
}
