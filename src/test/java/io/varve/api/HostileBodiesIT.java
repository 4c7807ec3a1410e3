package io.varve.api;

import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.oci.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that are malformed, too large, endless, or for nobody: each is told what is wrong, and leaves nothing. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileBodiesIT {
    /** What somebody hopes to get past whoever reads the request in another way. */
    private static final String HIDDEN = "POST /v1/gc HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";

    private ServedStore served;

    @BeforeAll
    void serve(@TempDir Path directory) throws Exception {
        served = ServedStore.open(directory.resolve("store"), ApiLimits.DEFAULTS);
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

    @Test
    void chunksThatAreNoneAreTold() throws Exception {
        for (String chunk :
                List.of("zz\r\n", "-1\r\n", "3\nabc\n0\n\n", "1;a\nb\r\nx\r\n0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n")) {
            try (Wire wire = connected()) {
                wire.send(Wire.post(
                        "/v1/gc", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n", chunk + HIDDEN));

                wire.answer().problem(400);
                assertThat(wire.rest()).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\ufeff{}",
                "\u0000",
                "{\"dryRun\": true}\u0000",
                "{\"dryRun\": true} {}",
                "{\"dryRun\": 1e999999999}",
                "{\"dryRun\": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1",
                "{\"dryRun\": \"\\ud800\"}",
                "{\"dryRun\": NaN}",
                "{\"dry\u00ffRun\": true}",
                "{'dryRun': true}",
                "{\"dryRun\": true,}",
                "{\"dryRun\": true, \"dryRun\": true}",
                "{\"__proto__\": {}, \"dryRun\": true}",
                "/* */ {}",
                "dryRun=true",
                "null",
                "[]",
                "\"",
            })
    void jsonThatIsNotWhatIsWantedIsTold(String body) throws Exception {
        String type = "Content-Type: application/json\r\nContent-Length: " + body.getBytes(UTF_8).length + "\r\n";
        try (Wire wire = connected()) {
            wire.send(Wire.post("/v1/gc", type, ""))
                    .send(body.getBytes(UTF_8))
                    .answer()
                    .problem(400);
        }
        String odd = "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n";
        refused(Wire.post("/v1/gc", odd, body.replace('\ufeff', '\u00ff')), 400);
    }

    /** JSON can say it, and nothing can write it: neither what is wrong with it, nor what became of it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/pulls {\"\\ud800\": 1}",
                "/v1/pulls {\"image\": \"\\udc00\\ud800\"}",
                "/v1/builds {\"\\ud800\": 1}",
                "/v1/builds {\"from\": \"scratch\", \"layers\": [{\"files\": [{\"path\": \"\\ud800\", \"text\": \"\"}]}]}",
                "/v1/builds {\"from\": \"scratch\", \"config\": {\"labels\": {\"a\": \"\\ud800\"}}}",
            })
    void halfOfACharacterIsTold(String asked) throws Exception {
        String path = asked.substring(0, asked.indexOf(' '));
        String body = asked.substring(path.length() + 1);
        String headers =
                "Prefer: wait=20\r\nContent-Type: application/json\r\nContent-Length: " + body.length() + "\r\n";

        assertThat(refused(Wire.post(path, headers, body), 400).get("detail").textValue())
                .contains("half of a character");
    }

    @Test
    void numbersAndNestingWithoutEndAreTold() throws Exception {
        for (String value : List.of("9".repeat(100_000), "[".repeat(100_000), "{\"a\":".repeat(50_000))) {
            String body = "{\"dryRun\": " + value;
            String headers = "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n";
            refused(Wire.post("/v1/gc", headers, body), 400);
        }
    }

    @Test
    void jsonInAnotherEncodingIsTold() throws Exception {
        byte[] body = "{\"dryRun\": true}".getBytes(UTF_16);
        try (Wire wire = connected()) {
            wire.send(Wire.post(
                            "/v1/gc", "Content-Type: application/json\r\nContent-Length: " + body.length + "\r\n", ""))
                    .send(body)
                    .answer()
                    .problem(400);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/jsonx",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "application/json, text/plain",
                "*/*",
                "\u0000",
            })
    void bodyOfAnotherTypeIsNotRead(String type) throws Exception {
        String headers = "Content-Type: " + type + "\r\nContent-Length: 1000000\r\n";
        refusedForGood(Wire.post("/v1/gc", headers, "x"), type.equals("\u0000") ? 400 : 415);
    }

    @Test
    void bodyThatIsTooLargeIsToldBeforeItHasCome() throws Exception {
        String type = "Content-Type: application/json\r\n";
        refusedForGood(Wire.post("/v1/gc", type + "Content-Length: 100000000000\r\n", "{"), 413);
        String endless = ("10000\r\n" + " ".repeat(1 << 16) + "\r\n").repeat(64);
        refusedForGood(Wire.post("/v1/gc", type + "Transfer-Encoding: chunked\r\n", endless), 413);
    }

    /** The event loop that reads them is watched. */
    @Test
    void bodiesThatTakeLongToReadKeepNobodyWaiting() throws Exception {
        String fields =
                IntStream.range(0, 20_000).mapToObj(i -> "\"" + i + "\":1,").collect(Collectors.joining());
        String names =
                IntStream.range(0, 20_000).mapToObj(i -> "\"" + i + "\"").collect(Collectors.joining(",", "[", "]"));
        List<List<String>> asked = List.of(
                List.of("/v1/pulls", "{" + fields + "\"image\":\"a\"}"),
                List.of("/v1/images/remove", "{\"images\":" + names + "}"),
                List.of("/v1/builds", "{\"from\":\"scratch\",\"layers\":[{\"remove\":" + names + "}],\"tags\":5}"),
                List.of("/v1/builds", "{\"from\":\"scratch\",\"layers\":[{\"remove\":" + names + "},{}]}"));
        for (List<String> each : asked) {
            String headers = "Content-Type: application/json\r\nContent-Length: "
                    + each.getLast().length() + "\r\n";
            refused(Wire.post(each.getFirst(), headers, each.getLast()), 400);
        }
    }

    @Test
    void bodyWhereNoneIsWantedIsNotRead() throws Exception {
        for (String line : List.of(
                "GET /v1/jobs", "DELETE /v1/jobs/none", "PUT /v1/images/a/tags/b", "GET /v1/images/a/files/b")) {
            String request = line + " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n";
            assertThat(refusedForGood(request, 400).get("detail").textValue()).contains("body");
        }
        try (Wire wire = connected()) {
            wire.send("GET /v2/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nx");
            assertThat(wire.answer().status()).isEqualTo(400);
            assertThat(wire.rest()).isEmpty();
        }
    }

    @Test
    void endlessBodyWhereNobodyReadsItIsCutOff() throws Exception {
        try (Wire wire = connected()) {
            wire.send(Wire.post("/none", "Transfer-Encoding: chunked\r\n", ""));
            byte[] chunk = ("10000\r\n" + " ".repeat(1 << 16) + "\r\n").getBytes(UTF_8);
            int sent = 0;
            try {
                for (; sent < 100_000; sent++) {
                    wire.send(chunk);
                }
            } catch (IOException cut) {
                // As it should be.
            }
            assertThat(sent).isLessThan(100_000);
        }
    }
}
