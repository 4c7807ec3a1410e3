package io.varve.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.decode.DecodeLimits;
import io.varve.gc.Collector;
import io.varve.guard.Deadline;
import io.varve.oci.Json;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.TestStages;
import io.varve.registry.FakeRegistry;
import io.varve.registry.Fault;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.varve.verify.Finding;
import io.varve.verify.Verifier;
import io.varve.verify.VerifyListener;
import io.varve.view.Views;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.net.URLEncoder;
import java.net.http.HttpClient.Version;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** {@code varve serve} told to end, and killed, while it pulls. Each test has a store and a registry of its own. */
@Timeout(300)
// Longer than most others, so that its tests are shared out.
@Execution(ExecutionMode.CONCURRENT)
class ServeDeathsCommandIT {
    private static final int LAYER = 2_000_000;
    private static final int KILLS = 6;
    private static final int IMAGES = 5;

    @TempDir
    Path directory;

    private final FakeSource source = new FakeSource();
    private Vertx vertx;
    private FakeRegistry registry;
    private Varve varve;

    @BeforeEach
    void start() throws Exception {
        vertx = Vertx.vertx();
        registry = FakeRegistry.http(vertx);
        varve = new Varve(directory);
    }

    @AfterEach
    void stop() throws Exception {
        registry.close();
        vertx.close().await(RunningService.PATIENCE_S, TimeUnit.SECONDS);
    }

    private String image(String repository) {
        registry.add(repository, "1", source, FakeImage.gzip(source, repository, LAYER, LAYER));
        return registry.reference(repository, "1").toString();
    }

    private static HttpResponse<String> order(RunningService service, String image, String... headers)
            throws Exception {
        return service.post("/v1/pulls", Json.object().put("image", image), headers);
    }

    /** The job that is to go on while nobody waits for it. */
    private static String acknowledged(RunningService service, String image) throws Exception {
        HttpResponse<String> answer = order(service, image);
        assertThat(answer.statusCode()).isEqualTo(202);
        return answer.headers().firstValue("Location").orElseThrow();
    }

    private static void pull(RunningService service, String image) throws Exception {
        HttpResponse<String> answer = order(service, image, "Prefer", "wait=60");
        assertThat(answer.body()).contains("\"state\":\"done\"");
    }

    private static String state(ObjectNode job) {
        return job.path("state").textValue();
    }

    /** A job once that holds of it. */
    private static ObjectNode await(RunningService service, String location, Predicate<ObjectNode> wanted)
            throws Exception {
        return Deadline.await("the job is as wanted", () -> service.json(location), wanted);
    }

    /** A job that has begun, and of which the registry sends no more. */
    private String stalled(RunningService service) throws Exception {
        registry.server()
                .always(
                        "/blobs/",
                        Fault.stall(LAYER / 2, Promise.<Void>promise().future()));
        String location = acknowledged(service, image("stalled"));
        await(service, location, job -> job.at("/progress/network").longValue() > 0);
        return location;
    }

    @Test
    void jobsThatDoNotEndInTimeAreCancelledAndTheNextProcessKnows() throws Exception {
        String location;
        try (RunningService service = RunningService.start(varve, Map.of("VARVE_HTTP_DRAIN", "2s"))) {
            location = stalled(service);

            service.terminate();
            service.awaitLine("ending");

            assertThat(service.get(Version.HTTP_1_1, "/health/ready").statusCode())
                    .isEqualTo(503);
            assertThat(order(service, image("late")).statusCode()).isEqualTo(503);
            assertThat(service.end()).isZero();
        }
        assertStoreIsSound();
        registry.server().reset();

        try (RunningService service = RunningService.start(varve, Map.of())) {
            ObjectNode job = service.json(location);

            assertThat(state(job)).isEqualTo("failed");
            assertThat(job.at("/problem/category").textValue()).isEqualTo("Cancelled");
            pull(service, registry.reference("stalled", "1").toString());
        }
    }

    @Test
    void secondSignalEndsItAtOnce() throws Exception {
        String location;
        try (RunningService service = RunningService.start(varve, Map.of("VARVE_HTTP_DRAIN", "19s"))) {
            location = stalled(service);

            service.terminate();
            service.awaitLine("ending");
            do {
                service.terminate();
            } while (!service.hasEnded(50));

            assertThat(service.end()).isEqualTo(128 + 15);
        }
        assertStoreIsSound();

        try (RunningService service = RunningService.start(varve, Map.of())) {
            ObjectNode job = await(service, location, found -> !state(found).equals("queued"));

            assertThat(state(job)).isEqualTo("failed");
        }
    }

    /**
     * After a kill, once somebody has written: that brings index.json up to date, which may be a second behind. In this process, which the two
     * commands would take a second to start.
     */
    private void assertStoreIsSound() {
        List<Finding> findings = Collections.synchronizedList(new ArrayList<>());
        try (Store store = new Store(varve.store(), StoreOptions.DEFAULTS)) {
            new Collector(store, new Views(varve.store().resolve("views"))).collect(Instant.now());
            new Verifier(store, new LayerPull(store, DecodeLimits.DEFAULTS, 1, TestStages::unwatched), 1)
                    .verify(new VerifyListener() {
                        @Override
                        public void found(Finding finding) {
                            findings.add(finding);
                        }
                    });
        }
        assertThat(findings).isEmpty();
    }

    /** Whatever was promised to somebody is there, and the rest can be asked for again. */
    @Test
    void killedAtAnyInstantItLosesNothingThatItPromised() throws Exception {
        Random random = new Random(7);
        List<String> images = new ArrayList<>();
        List<String> promised = new ArrayList<>();
        for (int kill = 0; kill < KILLS; kill++) {
            try (RunningService service = RunningService.start(varve, Map.of())) {
                List<String> now = new ArrayList<>();
                for (int each = 0; each < IMAGES; each++) {
                    images.add(image("app" + kill + "x" + each));
                    now.add(acknowledged(service, images.getLast()));
                }
                long bytes = random.nextLong(2L * LAYER);
                await(
                        service,
                        now.get(random.nextInt(IMAGES)),
                        job -> job.at("/progress/network").longValue() >= bytes
                                || state(job).equals("done"));
                service.kill();
                promised.addAll(now);
            }
            assertStoreIsSound();
        }
        try (RunningService service = RunningService.start(varve, Map.of())) {
            for (int each = 0; each < promised.size(); each++) {
                ObjectNode job = await(
                        service,
                        promised.get(each),
                        found -> List.of("done", "failed").contains(state(found)));
                if (state(job).equals("done")) {
                    assertThat(service.get(Version.HTTP_2, "/v1/images/" + URLEncoder.encode(images.get(each), UTF_8))
                                    .statusCode())
                            .isEqualTo(200);
                }
                pull(service, images.get(each));
            }
        }
        assertStoreIsSound();
        varve.assertStoreIsClean();
    }
}
