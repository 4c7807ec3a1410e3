package io.varve.api;

import static io.varve.api.Frames.CONTINUATION;
import static io.varve.api.Frames.DATA;
import static io.varve.api.Frames.END_HEADERS;
import static io.varve.api.Frames.END_STREAM;
import static io.varve.api.Frames.GO_AWAY;
import static io.varve.api.Frames.HEADERS;
import static io.varve.api.Frames.PING;
import static io.varve.api.Frames.RESET;
import static io.varve.api.Frames.SETTINGS;
import static io.varve.api.Frames.USUAL_WINDOW;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames of HTTP/2 that are malformed, too many, or for nobody. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileFramesIT {
    private static final int NO_ERROR = 0;
    private static final int PROTOCOL_ERROR = 1;
    private static final int CANCEL = 8;
    private static final int ENHANCE_YOUR_CALM = 11;
    private static final byte[] NOTHING = {};

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
    void nothingIsLeftAndOthersAreServed() throws Exception {
        served.awaitCalm();
        assertThat(served.get("/health/ready").statusCode()).isEqualTo(200);
    }

    private Frames connected() throws IOException {
        return new Frames(served.port(), USUAL_WINDOW);
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/json"})
    void refusedBodyIsAnsweredAndItsStreamEndsWithoutAnError(String type) throws Exception {
        try (Frames frames = connected()) {
            int stream = frames.begin(
                    END_HEADERS, Frames.request("POST", "/v1/gc", "content-type", type, "content-length", "100000000"));
            frames.send(DATA, 0, stream, new byte[1000]);

            assertThat(frames.status(stream)).isEqualTo(type.equals("text/plain") ? 415 : 413);
            frames.await(frame -> frame.is(DATA, stream) && frame.flags() == END_STREAM);
            assertThat(frames.await(frame -> frame.is(RESET, stream)).error()).isEqualTo(NO_ERROR);
            assertThat(frames.status(frames.get("/health/live"))).isEqualTo(200);
        }
    }

    @Test
    void bodyThatBecomesTooLargeIsRefusedThen() throws Exception {
        try (Frames frames = connected()) {
            int stream =
                    frames.begin(END_HEADERS, Frames.request("POST", "/v1/gc", "content-type", "application/json"));
            for (int window = USUAL_WINDOW; ; ) {
                for (; window >= 16_384; window -= 16_384) {
                    frames.send(DATA, 0, stream, new byte[16_384]);
                }
                Frames.Frame frame =
                        frames.await(each -> each.is(HEADERS, stream) || each.is(Frames.WINDOW_UPDATE, stream));
                if (frame.type() == HEADERS) {
                    break;
                }
                window += ByteBuffer.wrap(frame.payload()).getInt();
            }
            assertThat(frames.await(frame -> frame.is(RESET, stream)).error()).isEqualTo(NO_ERROR);
        }
    }

    @Test
    void bodyWhereNoneIsWantedIsNotTaken() throws Exception {
        try (Frames frames = connected()) {
            int announced = frames.begin(END_HEADERS, Frames.request("GET", "/v1/jobs", "content-length", "5"));
            assertThat(frames.status(announced)).isEqualTo(400);
            assertThat(frames.await(frame -> frame.is(RESET, announced)).error())
                    .isEqualTo(NO_ERROR);

            int endless = frames.begin(END_HEADERS, Frames.request("GET", "/health/ready"));
            frames.send(DATA, 0, endless, new byte[5]);
            assertThat(frames.await(frame -> frame.is(RESET, endless)).error()).isIn(NO_ERROR, CANCEL);

            int empty = frames.begin(END_HEADERS, Frames.request("GET", "/v1/jobs"));
            frames.send(DATA, END_STREAM, empty, NOTHING);
            assertThat(frames.status(empty)).isEqualTo(200);
        }
    }

    @Test
    void bodyThatIsNotNeededNeedNotBeThere() throws Exception {
        try (Frames frames = connected()) {
            assertThat(frames.status(frames.begin(END_HEADERS | END_STREAM, Frames.request("POST", "/v1/gc"))))
                    .isEqualTo(200);
            int empty = frames.begin(END_HEADERS, Frames.request("POST", "/v1/gc"));
            frames.send(DATA, END_STREAM, empty, NOTHING);
            assertThat(frames.status(empty)).isEqualTo(200);
            int needed = frames.begin(END_HEADERS | END_STREAM, Frames.request("POST", "/v1/pulls"));
            assertThat(frames.status(needed)).isEqualTo(400);
        }
    }

    @Test
    void requestsThatAreNoneAreReset() throws Exception {
        String[][] malformed = {
            {":method", "GET", ":scheme", "http", ":authority", "localhost"},
            {":method", "GET", ":authority", "localhost", ":path", "/v1/jobs"},
            {":scheme", "http", ":authority", "localhost", ":path", "/v1/jobs"},
            Frames.request("GET", ""),
            Frames.request("GET", "/v1/jobs", "transfer-encoding", "chunked"),
            Frames.request("GET", "/v1/jobs", "connection", "close"),
            Frames.request("GET", "/v1/jobs", "Upper", "case"),
            Frames.request("GET", "/v1/jobs", "x\r\ny", "z"),
            Frames.request("GET", "/v1/jobs", ":path", "/v1/gc"),
            Frames.request("GET", "/v1/jobs", ":status", "200"),
            Frames.request("GET", "/v1/jobs", "host", "other"),
            Frames.request("GET", "/v1/jobs", "content-length", "5"),
            Frames.request("GET", "/v1/jobs", "content-length", "-5"),
        };
        for (String[] headers : malformed) {
            try (Frames frames = connected()) {
                int stream = frames.begin(END_HEADERS | END_STREAM, headers);
                Frames.Frame frame =
                        frames.await(each -> each.is(RESET, stream) || each.is(GO_AWAY, 0) || each.is(HEADERS, stream));
                assertThat(frame.type()).as(String.join(", ", headers)).isNotEqualTo(HEADERS);
                assertThat(frame.error()).isEqualTo(PROTOCOL_ERROR);
            }
        }
    }

    @Test
    void targetsThatAreNoneAreTold() throws Exception {
        try (Frames frames = connected()) {
            for (String path : new String[] {"/v1/jobs?limit=%zz", "/v1/jobs/%00", "/v1/jobs?x=%ff", "/a b"}) {
                assertThat(frames.status(frames.get(path))).isEqualTo(400);
            }
            assertThat(frames.status(frames.begin(
                            END_HEADERS | END_STREAM, ":method", "GET", ":scheme", "http", ":path", "/v1/jobs")))
                    .isEqualTo(400);
        }
    }

    @Test
    void headersThatWouldBeLinesElsewhereAreTold() throws Exception {
        try (Frames frames = connected()) {
            for (String value : new String[] {"a\r\nb: c", "a\nb", "a\u0000b"}) {
                int stream = frames.begin(END_HEADERS | END_STREAM, Frames.request("GET", "/v1/jobs", "x", value));
                assertThat(frames.status(stream)).isEqualTo(400);
            }
        }
    }

    @Test
    void headersThatAreTooLargeAreTold() throws Exception {
        try (Frames frames = connected()) {
            int stream = frames.begin(0, Frames.request("GET", "/v1/jobs", "x", "a".repeat(15_000)));
            frames.send(CONTINUATION, 0, stream, Frames.block("y", "a".repeat(15_000)));
            frames.send(CONTINUATION, END_HEADERS, stream, Frames.block("z", "a".repeat(4_000)));

            assertThat(frames.status(stream)).isEqualTo(431);
        }
    }

    @Test
    void headThatComesInManyPartsEndsTheConnection() throws Exception {
        try (Frames frames = connected()) {
            int stream = frames.begin(0, Frames.request("GET", "/v1/jobs"));
            frames.flood(10_000, CONTINUATION, 0, stream, NOTHING);

            assertThat(frames.isCut()).isTrue();
        }
        try (Frames frames = connected()) {
            int stream = frames.begin(0, Frames.request("GET", "/v1/jobs"));
            frames.flood(1_000, CONTINUATION, 0, stream, Frames.block("x", "a".repeat(16_000)));

            assertThat(frames.isCut()).isTrue();
        }
    }

    @Test
    void whoAsksAndTakesItBackOverAndOverIsCutOff() throws Exception {
        try (Frames frames = connected()) {
            boolean taken = true;
            for (int i = 0; taken && i < 5_000; i++) {
                try {
                    frames.send(RESET, 0, frames.get("/v1/images"), new byte[] {0, 0, 0, CANCEL});
                } catch (IOException cut) {
                    taken = false;
                }
            }
            assertThat(frames.isCut()).isTrue();
        }
    }

    @Test
    void whoMakesUsTakeItBackOverAndOverIsCutOff() throws Exception {
        try (Frames frames = connected()) {
            boolean taken = true;
            for (int i = 0; taken && i < 5_000; i++) {
                try {
                    frames.begin(END_HEADERS, Frames.request("POST", "/v1/gc", "content-length", "9"));
                } catch (IOException cut) {
                    taken = false;
                }
            }
            assertThat(frames.isCut()).isTrue();
        }
    }

    @Test
    void whoOnlyPingsOrSettlesIsCutOff() throws Exception {
        for (int type : new int[] {PING, SETTINGS}) {
            try (Frames frames = connected()) {
                frames.flood(20_000, type, 0, 0, type == PING ? new byte[8] : NOTHING);

                assertThat(frames.isCut()).isTrue();
            }
        }
    }

    @Test
    void whoPolitelyPingsIsNotCutOff() throws Exception {
        try (Frames frames = connected()) {
            frames.flood(1_000, PING, 0, 0, new byte[8]);

            assertThat(frames.status(frames.get("/health/live"))).isEqualTo(200);
        }
    }

    @Test
    void goodRequestsAreNotReset() throws Exception {
        try (Frames frames = connected()) {
            for (int i = 0; i < 500; i++) {
                int stream = frames.get(i % 2 == 0 ? "/health/live" : "/v1/images?limit=1");
                Frames.Frame end = frames.await(
                        each -> each.type() == RESET || (each.is(DATA, stream) && each.flags() == END_STREAM));
                assertThat(end.type()).isEqualTo(DATA);
            }
        }
    }

    @Test
    void tunnelsAreNotDug() throws Exception {
        try (Frames frames = connected()) {
            assertThat(frames.status(frames.begin(END_HEADERS, ":method", "CONNECT", ":authority", "x:80")))
                    .isEqualTo(405);
        }
    }

    @Test
    void framesThatAreNoneEndTheConnection() throws Exception {
        byte[][] bad = {
            Frames.frame(DATA, 0, 0, new byte[1]),
            Frames.frame(DATA, 0, 7, new byte[1]),
            Frames.frame(HEADERS, END_HEADERS, 2, Frames.block(Frames.request("GET", "/"))),
            Frames.frame(HEADERS, END_HEADERS, 1, new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff}),
            Frames.frame(PING, 0, 0, new byte[7]),
            Frames.frame(SETTINGS, 0, 0, new byte[5]),
            Frames.frame(Frames.WINDOW_UPDATE, 0, 0, new byte[4]),
            Frames.frame(5, END_HEADERS, 1, new byte[4]),
            Frames.frame(DATA, 0, 1, new byte[20_000]),
            Frames.frame(CONTINUATION, 0, 1, new byte[1]),
        };
        for (byte[] each : bad) {
            try (Frames frames = connected()) {
                frames.raw(each);

                assertThat(frames.isCut()).isTrue();
            }
        }
    }

    @Test
    void moreStreamsThanThereMayBeAreRefused() throws Exception {
        try (Frames frames = new Frames(served.port(), 0)) {
            int last = 0;
            for (int i = 0; i < 101; i++) {
                last = frames.get("/openapi.yaml");
            }
            int refused = last;
            Frames.Frame frame = frames.await(each -> each.is(RESET, refused) || each.is(GO_AWAY, 0));
            assertThat(frame.error()).isNotEqualTo(ENHANCE_YOUR_CALM);
        }
    }
}
