package io.varve.api;

import static io.varve.api.Frames.DATA;
import static io.varve.api.Frames.END_HEADERS;
import static io.varve.api.Frames.END_STREAM;
import static io.varve.api.Frames.RESET;
import static io.varve.api.Frames.USUAL_WINDOW;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.guard.Deadline;
import io.varve.guard.WatchedVertx;
import io.varve.http.Patience;
import io.varve.job.Job;
import io.varve.job.JobLimits;
import io.varve.oci.Json;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.registry.FakeRegistry;
import io.varve.registry.Fault;
import io.varve.registry.RegistryClient;
import io.varve.registry.RegistryOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.net.http.HttpClient.Version;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Those who wait for a job that does not move, and leave: nothing of them stays with it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ComeAndGoIT {
    private static final int PATIENCE_S = 20;
    private static final int AT_ONCE = 300;
    private static final int STREAMS = 50;
    private static final int CONNECTIONS = 40;
    private static final Map<String, String> KEY = Map.of("Idempotency-Key", "one");

    private final FakeSource source = new FakeSource();
    private final Promise<Void> gate = Promise.promise();
    private Vertx vertx;
    private FakeRegistry registry;
    private RegistryClient client;
    private ServedStore served;
    private String body;
    private Job job;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        vertx = WatchedVertx.createForSockets();
        registry = FakeRegistry.http(vertx);
        client = RegistryClient.of(vertx, RegistryOptions.DEFAULTS, Map.of(), (host, repository) -> Optional.empty());
        served = ServedStore.open(
                directory.resolve("store"),
                new ApiLimits(
                        64L << 20, 100, 1 << 20, 64L << 20, 1L << 30, 0, 1000, AT_ONCE, 64L << 20, 256, 256L << 30),
                new Patience(Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofMillis(800), 0),
                JobLimits.DEFAULTS,
                vertx,
                client);
        registry.add("app", "1", source, FakeImage.gzip(source, "app", 300_000));
        registry.server().always("/blobs/", Fault.stall(0, gate.future()));
        body = Json.object()
                .put("image", registry.reference("app", "1").toString())
                .toString();
        String id = Json.read(
                        served.post(Version.HTTP_1_1, "/v1/pulls", body, KEY).body(), 1 << 20)
                .get("id")
                .textValue();
        job = served.services
                .jobs()
                .find(id)
                .await(PATIENCE_S, TimeUnit.SECONDS)
                .orElseThrow();
        // It has nothing to tell from then on: nothing of the image comes.
        Deadline.until("the job stands still", () -> job.state() == Job.State.RUNNING);
    }

    @AfterEach
    void nobodyIsLeft() {
        served.awaitCalm();
        // What is told on the event bus is not for anybody who could leave.
        Deadline.until("nobody waits for the job", () -> job.waiting() <= 1);
        assertThat(job.state()).isEqualTo(Job.State.RUNNING);
    }

    @AfterAll
    void stop() throws Exception {
        gate.complete();
        served.close();
        client.close();
        registry.close();
        vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
    }

    private String events() {
        return "/v1/jobs/" + job.id() + "/events";
    }

    private int wait(Frames frames) throws Exception {
        int stream = frames.begin(
                END_HEADERS,
                Frames.request(
                        "POST",
                        "/v1/pulls",
                        "content-type",
                        "application/json",
                        "prefer",
                        "wait=600",
                        "idempotency-key",
                        "one"));
        frames.send(DATA, END_STREAM, stream, body.getBytes(UTF_8));
        return stream;
    }

    @Test
    void thousandsOfListenersAndWaitersLeaveNothing() throws Exception {
        for (int i = 0; i < CONNECTIONS; i++) {
            try (Frames frames = new Frames(served.port(), USUAL_WINDOW)) {
                int last = 0;
                for (int j = 0; j < STREAMS; j += 2) {
                    wait(frames);
                    last = frames.get(events());
                }
                assertThat(frames.status(last)).isEqualTo(200);
                if (i == 0) {
                    Deadline.until("they all wait", () -> job.waiting() >= STREAMS);
                }
                int reset = last;
                frames.send(RESET, 0, reset, new byte[] {0, 0, 0, 8});
            }
        }
        for (int i = 0; i < 200; i++) {
            RawClient.get(served.port(), events()).begin().vanish();
        }
    }

    @Test
    void whatWasSaidBehindAQuestionGoesWithWhoeverSaidIt() throws Exception {
        String events = "GET " + events() + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
        String behind =
                "POST /v1/gc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50000\r\n\r\n"
                        + " ".repeat(40_000);
        for (int i = 0; i < 200; i++) {
            try (Wire wire = new Wire(served.port())) {
                wire.send(events).send(behind).head();
                wire.vanish();
            }
        }
    }

    @Test
    void listenersWhoDoNotListenAreCutOff() throws Exception {
        try (Frames frames = new Frames(served.port(), 0)) {
            for (int i = 0; i < STREAMS; i++) {
                frames.get(events());
            }

            assertThat(frames.await(frame -> frame.type() == RESET).error()).isEqualTo(8);
            served.awaitCalm();
        }
    }

    @Test
    void whoIsOneTooManyIsAskedToComeAgain() throws Exception {
        List<Frames> many = new ArrayList<>();
        try {
            for (int i = 0; i < AT_ONCE / STREAMS; i++) {
                Frames frames = new Frames(served.port(), USUAL_WINDOW);
                many.add(frames);
                for (int j = 0; j < STREAMS; j++) {
                    frames.get(events());
                }
            }
            Deadline.until("all are answered", () -> served.api.load().requests() == AT_ONCE);

            try (Wire wire = new Wire(served.port())) {
                Wire.Answer answer = wire.send(Wire.get("/v1/jobs")).answer();
                answer.problem(503);
                assertThat(answer.headers()).containsEntry("retry-after", "1");
                // Whoever watches over the process is not to end it.
                assertThat(wire.send(Wire.get("/health/live")).answer().status())
                        .isEqualTo(200);
            }
        } finally {
            for (Frames each : many) {
                each.close();
            }
        }
    }
}
