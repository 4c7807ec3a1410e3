package io.varve.api;

import static io.varve.api.Frames.DATA;
import static io.varve.api.Frames.END_HEADERS;
import static io.varve.api.Frames.RESET;
import static io.varve.api.Frames.USUAL_WINDOW;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.bus.Slabs;
import io.varve.guard.Deadline;
import io.varve.http.Patience;
import io.varve.oci.Descriptor;
import io.varve.pipeline.FakeImage;
import java.net.URLEncoder;
import java.net.http.HttpClient.Version;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Those who do not ask, do not finish asking, or do not read the answer: each is cut off, and gives back what was kept for him. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SlowClientsIT {
    /** More than no socket's buffers have room for. */
    private static final int LARGE = 16 << 20;

    private static final int CONNECTIONS = 20;

    /** As many archives as are written at once. */
    private static final int STREAMS = 8;

    private static final int PAUSE_MS = 50;
    private static final int CANCEL = 8;

    private static final Patience LITTLE =
            new Patience(Duration.ofMillis(400), Duration.ofMillis(400), Duration.ofMillis(500), 1000);

    private ServedStore served;
    private Descriptor blob;
    private String path;
    private String archive;

    @BeforeAll
    void serve(@TempDir Path directory) throws Exception {
        // Room for one body, or for as many archives as are written at once.
        long servedBytes = STREAMS * 3L * Slabs.SIZE;
        served = ServedStore.open(
                directory.resolve("store"),
                new ApiLimits(
                        servedBytes, 100, 1 << 20, 1 << 20, 1L << 30, 0, CONNECTIONS, 1000, 64L << 20, 256, 256L << 30),
                LITTLE);
        FakeImage image =
                FakeImage.of(served.source, FakeImage.plainLayer(served.source, FakeImage.tar("large", LARGE)));
        served.put("app:1", image.manifest());
        blob = image.layers().getFirst().blob();
        path = "/v2/app/blobs/" + blob.digest();
        archive = "/v1/images/" + URLEncoder.encode(served.api.address() + "/app:1", UTF_8) + "/archive?format=rootfs";
    }

    @AfterAll
    void close() throws Exception {
        served.close();
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        served.awaitCalm();
        assertThat(ServedStore.openFiles(blob.digest().hex()))
                .as("files that are still open")
                .isEmpty();
    }

    private void assertGiven() throws Exception {
        assertThat(served.digest(Version.HTTP_1_1, path)).isEqualTo(blob.digest());
    }

    @Test
    void whoSaysNothingOrNeverFinishesItsHeadIsCutOff() throws Exception {
        try (Wire silent = new Wire(served.port());
                Wire half = new Wire(served.port()).send("GET /v1/jobs HTTP/1.1\r\nHost: localhost\r\n");
                Wire slow = new Wire(served.port())) {
            assertThat(slow.dribble("GET /v1/jobs HTTP/1.1\r\nX: " + "a".repeat(1_000), PAUSE_MS))
                    .isTrue();
            assertThat(silent.isCut()).isTrue();
            assertThat(half.isCut()).isTrue();
        }
    }

    @Test
    void whoAsksOnceAndThenDawdlesIsCutOff() throws Exception {
        String request = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n";
        try (Wire idle = new Wire(served.port());
                Wire slow = new Wire(served.port())) {
            assertThat(idle.send(request + "\r\n").answer().status()).isEqualTo(200);
            assertThat(slow.send(request + "\r\n").answer().status()).isEqualTo(200);

            assertThat(slow.dribble(request + "X: " + "a".repeat(1_000), PAUSE_MS))
                    .isTrue();
            assertThat(idle.isCut()).isTrue();
        }
    }

    @Test
    void whoOnlyPingsIsCutOff() throws Exception {
        try (Frames never = new Frames(served.port(), USUAL_WINDOW);
                Frames once = new Frames(served.port(), USUAL_WINDOW)) {
            assertThat(once.status(once.get("/health/live"))).isEqualTo(200);

            assertThat(once.pingUntilCut(PAUSE_MS)).isTrue();
            assertThat(never.pingUntilCut(PAUSE_MS)).isTrue();
        }
    }

    @Test
    void bodyThatDribblesIsTold() throws Exception {
        String head = "POST /v1/gc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
        try (Wire wire = new Wire(served.port()).send(head + "Content-Length: 1000\r\n\r\n")) {
            assertThat(wire.dribble(" ".repeat(1000), PAUSE_MS)).isTrue();
            assertThat(wire.answer().problem(408).get("detail").textValue()).contains("http.bodyTime");
            assertThat(wire.rest()).isEmpty();
        }
        try (Frames frames = new Frames(served.port(), USUAL_WINDOW)) {
            int stream =
                    frames.begin(END_HEADERS, Frames.request("POST", "/v1/gc", "content-type", "application/json"));
            frames.send(DATA, 0, stream, new byte[] {'{'});
            assertThat(frames.status(stream)).isEqualTo(408);
            assertThat(frames.await(frame -> frame.is(RESET, stream)).error()).isZero();
        }
    }

    @Test
    void blobThatDripsIsTold() throws Exception {
        try (Pusher pusher = new Pusher(served.api.url(), Version.HTTP_1_1, Map.of());
                Wire wire = new Wire(served.port())) {
            String place = pusher.begin("drip");
            wire.send("PATCH " + place + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n");

            assertThat(wire.dribble("a".repeat(1000), PAUSE_MS)).isTrue();
            Wire.Answer answer = wire.answer();

            assertThat(answer.status()).isEqualTo(408);
            assertThat(new String(answer.body(), UTF_8)).contains("http.leastRate");
            assertThat(pusher.send("DELETE", place).statusCode()).isEqualTo(204);
        }
    }

    @Test
    void tarThatDripsIsTold() throws Exception {
        String part = "--x\r\nContent-Disposition: form-data; name=\"";
        String begun = part + "spec\"\r\n\r\n{\"from\": \"scratch\", \"layers\": [{\"tar\": \"app\"}]}\r\n" + part
                + "app\"\r\n\r\n";
        try (Wire wire = new Wire(served.port())) {
            wire.send(Wire.post(
                    "/v1/builds", "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 10000\r\n", begun));

            assertThat(wire.dribble("a".repeat(1000), PAUSE_MS)).isTrue();

            assertThat(wire.answer().problem(408).get("detail").textValue()).contains("http.leastRate");
        }
    }

    @Test
    void bodiesTogetherHaveSoMuchMemoryAndGiveItBack() throws Exception {
        String head = "POST /v1/gc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
        String most = head + "Content-Length: 1000000\r\n\r\n" + " ".repeat(900_000);
        try (Wire first = new Wire(served.port()).send(most);
                Wire second = new Wire(served.port()).send(most)) {
            Wire.Answer one = first.answer();
            Wire.Answer other = second.answer();

            assertThat(List.of(one.status(), other.status())).containsExactlyInAnyOrder(408, 503);
            assertThat((one.status() == 503 ? one : other)
                            .problem(503)
                            .get("detail")
                            .textValue())
                    .contains("limits.bodiesBytes");
        }
        try (Wire wire =
                new Wire(served.port()).send(head + "Content-Length: 900000\r\n\r\n" + " ".repeat(899_998) + "{}")) {
            assertThat(wire.answer().status()).isEqualTo(200);
        }
    }

    @Test
    void whoTakesNothingOfAFileGivesItBack() throws Exception {
        List<Frames> still = new ArrayList<>();
        try (RawClient full = RawClient.get(served.port(), path).begin()) {
            // As many as there is memory for.
            for (int i = 0; i < 12; i++) {
                Frames frames = new Frames(served.port(), i % 2 == 0 ? 0 : 1000);
                still.add(frames);
                frames.get(path);
            }

            assertGiven();

            for (Frames each : still) {
                assertThat(each.await(frame -> frame.is(RESET, 1)).error()).isEqualTo(CANCEL);
            }
            assertThat(full.rest()).isLessThan(blob.size() - 1);
        } finally {
            for (Frames each : still) {
                each.close();
            }
        }
    }

    @Test
    void streamsBesideOneThatIsNotReadGoOn() throws Exception {
        try (Frames frames = new Frames(served.port(), 0)) {
            int still = frames.get(path);
            frames.await(frame -> frame.is(RESET, still));

            assertThat(frames.status(frames.get("/health/live"))).isEqualTo(200);
        }
    }

    @Test
    void whoTakesNothingOfAnArchiveGivesItsThreadBack() throws Exception {
        List<AutoCloseable> still = new ArrayList<>();
        try {
            for (int i = 0; i < STREAMS / 2; i++) {
                Frames frames = new Frames(served.port(), 0);
                still.add(frames);
                frames.get(archive);
                still.add(RawClient.get(served.port(), archive).begin());
            }

            assertThat(served.get(archive).body()).hasSizeGreaterThan(LARGE);
        } finally {
            for (AutoCloseable each : still) {
                each.close();
            }
        }
    }

    @Test
    void whoTakesNothingAtAllIsCutOffWithHisConnection() throws Exception {
        try (Frames frames = new Frames(served.port(), 1 << 30)) {
            frames.send(Frames.WINDOW_UPDATE, 0, 0, new byte[] {0x3f, 0, 0, 0});
            frames.get(path);
            // Nothing is read from here on, so that nothing is sent any more, a reset neither.
            served.awaitCalm();

            assertThat(frames.isCut()).isTrue();
        }
    }

    @Test
    void oneConnectionMoreTakesThePlaceOfTheOneThatDoesNothing() throws Exception {
        List<Wire> many = new ArrayList<>();
        try {
            for (int i = 0; i < 3 * CONNECTIONS; i++) {
                many.add(new Wire(served.port()));
            }
            try (Wire wire = new Wire(served.port())) {
                assertThat(wire.send("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
                                .answer()
                                .status())
                        .isEqualTo(200);
                assertThat(served.api.load().connections()).isLessThanOrEqualTo(CONNECTIONS);
            }
            assertThat(many.getFirst().isCut()).isTrue();
        } finally {
            for (Wire each : many) {
                each.close();
            }
        }
        Deadline.until("all have gone", () -> served.api.load().connections() == 0);
    }

    @Test
    void whoComesWhenAllAreBusyIsCutOff() throws Exception {
        Deadline.until("all have gone", () -> served.api.load().connections() == 0);
        List<RawClient> busy = new ArrayList<>();
        try {
            for (int i = 0; i < CONNECTIONS; i++) {
                busy.add(RawClient.get(served.port(), path));
            }
            Deadline.until("all are busy", () -> served.api.load().requests() == CONNECTIONS);
            try (Wire wire = new Wire(served.port())) {
                assertThat(wire.isCut()).isTrue();
            }
        } finally {
            for (RawClient each : busy) {
                each.close();
            }
        }
    }

    @Test
    void bodyWithoutEndBehindAnUpgradeIsCutOff() throws Exception {
        String upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n";
        try (Wire wire = new Wire(served.port())) {
            wire.send("POST /v1/gc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + upgrade
                    + "Transfer-Encoding: chunked\r\n\r\n");

            assertThat(wire.dribble("1\r\n \r\n".repeat(1_000), 5)).isTrue();
            assertThat(wire.isCut()).isTrue();
        }
    }

    @Test
    void upgradeToNothingIsCutOff() throws Exception {
        String upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: ?\r\n";
        try (Wire wire =
                new Wire(served.port()).send("GET /v1/jobs HTTP/1.1\r\nHost: localhost\r\n" + upgrade + "\r\n")) {
            assertThat(wire.isCut()).isTrue();
        }
    }
}
