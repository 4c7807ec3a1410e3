package io.varve.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.auth.Caller;
import io.varve.guard.WatchedVertx;
import io.varve.job.Admission;
import io.varve.job.Job;
import io.varve.job.JobLimits;
import io.varve.job.Order;
import io.varve.job.Work;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import io.varve.oci.MediaType;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.registry.FakeRegistry;
import io.varve.registry.Fault;
import io.varve.registry.RegistryClient;
import io.varve.registry.RegistryOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.net.URLEncoder;
import java.net.http.HttpClient.Version;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Pulls as jobs, and what is in the store, as clients see it. */
class JobsOverHttpIT {
    private static final int PATIENCE_S = 20;
    private static final Map<String, String> WAIT = Map.of("Prefer", "wait=60");

    @TempDir
    Path directory;

    private final FakeSource source = new FakeSource();
    private Vertx vertx;
    private FakeRegistry registry;
    private RegistryClient client;
    private ServedStore served;

    @BeforeEach
    void start() throws Exception {
        vertx = WatchedVertx.createForSockets();
        registry = FakeRegistry.http(vertx);
        client = RegistryClient.of(vertx, RegistryOptions.DEFAULTS, Map.of(), (host, repository) -> Optional.empty());
        served = ServedStore.open(directory.resolve("store"), new JobLimits(2, 2, 100, 10), vertx, client);
    }

    @AfterEach
    void stop() throws Exception {
        served.close();
        client.close();
        registry.close();
        vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
    }

    private String image(String repository, int... sizes) {
        registry.add(repository, "1", source, FakeImage.gzip(source, repository, sizes));
        return registry.reference(repository, "1").toString();
    }

    private static String body(String image) {
        return Json.object().put("image", image).toString();
    }

    private HttpResponse<byte[]> pull(String image, Map<String, String> headers) throws Exception {
        return served.post(Version.HTTP_2, "/v1/pulls", body(image), headers);
    }

    /** The registry sends nothing of these until it may. */
    private Promise<Void> hold(String paths) {
        Promise<Void> gate = Promise.promise();
        registry.server().always(paths, Fault.stall(0, gate.future()));
        return gate;
    }

    private static ObjectNode json(HttpResponse<byte[]> response) {
        return Json.read(response.body(), Json.DEFAULT_LIMIT);
    }

    private static String encoded(String reference) {
        return URLEncoder.encode(reference, UTF_8);
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void whoWaitsGetsTheFinishedJobAndTheImageIsThere(Version version) throws Exception {
        String image = image("app", 1_000, 300_000);

        HttpResponse<byte[]> answer = served.post(version, "/v1/pulls", body(image), WAIT);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Preference-Applied")).contains("wait=60");
        ObjectNode job = json(answer);
        assertThat(job.get("state").textValue()).isEqualTo("done");
        assertThat(job.at("/result/image").textValue()).isEqualTo(image);
        assertThat(job.get("layers"))
                .hasSize(2)
                .allMatch(layer -> layer.get("state").textValue().equals("committed"));
        assertThat(job.at("/progress/network").longValue())
                .isEqualTo(job.at("/progress/size").longValue());

        HttpResponse<byte[]> found = served.get("/v1/images/" + encoded(image));
        assertThat(found.statusCode()).isEqualTo(200);
        assertThat(json(found).get("digest")).isEqualTo(job.at("/result/digest"));
        assertThat(json(found).get("layers")).hasSize(2);
    }

    @Test
    void whoDoesNotWaitIsToldWhereToAskAndHearsHowItEnds() throws Exception {
        HttpResponse<byte[]> answer = pull(image("app", 300_000), Map.of());

        assertThat(answer.statusCode()).isEqualTo(202);
        String location = answer.headers().firstValue("Location").orElseThrow();
        assertThat(location).isEqualTo("/v1/jobs/" + json(answer).get("id").textValue());

        HttpResponse<byte[]> events = served.get(location + "/events");
        assertThat(events.headers().firstValue("Content-Type")).contains("text/event-stream");
        List<String> last = new String(events.body(), UTF_8).strip().lines().toList();
        assertThat(last.get(last.size() - 2)).isEqualTo("event: done");
        assertThat(last.getLast()).startsWith("data: {").contains("\"state\":\"done\"", "\"state\":\"committed\"");
        assertThat(json(served.get(location)).get("state").textValue()).isEqualTo("done");
    }

    @Test
    void jobWhoseCallerDoesNotWaitLongEnoughGoesOn() throws Exception {
        String image = image("app", 300_000);
        Promise<Void> gate = hold("/blobs/");

        HttpResponse<byte[]> answer = pull(image, Map.of("Prefer", "wait=1"));

        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(json(answer).get("state").textValue()).isEqualTo("running");
        gate.complete();
        String events = new String(
                served.get(answer.headers().firstValue("Location").orElseThrow() + "/events")
                        .body(),
                UTF_8);
        assertThat(events).contains("event: done");
    }

    @Test
    void imageThatIsNotThereIsAFailedJob() throws Exception {
        String missing = registry.reference("none", "1").toString();

        ObjectNode job = json(pull(missing, WAIT));

        assertThat(job.get("state").textValue()).isEqualTo("failed");
        assertThat(job.at("/problem/category").textValue()).isEqualTo("NotFound");
        assertThat(job.at("/problem/status").intValue()).isEqualTo(404);
        assertThat(job.at("/problem/detail").textValue()).contains(missing);
    }

    @Test
    void keyMeansTheSameJobAndAnotherBodyIsRefused() throws Exception {
        String image = image("app", 1_000);
        Map<String, String> key = Map.of("Idempotency-Key", "a", "Prefer", "wait=60");

        ObjectNode first = json(pull(image, key));
        assertThat(json(pull(image, key)).get("id")).isEqualTo(first.get("id"));
        HttpResponse<byte[]> other = pull(image("other", 1_000), key);

        assertThat(other.statusCode()).isEqualTo(422);
        assertThat(json(other).get("detail").textValue())
                .contains(first.get("id").textValue());
    }

    @Test
    void moreThanIsTakenOnIsToldToComeAgainLater() throws Exception {
        Promise<Void> gate = hold("/manifests/");
        List<String> locations = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            HttpResponse<byte[]> answer = pull(image("app" + i, 1_000), Map.of());
            assertThat(answer.statusCode()).isEqualTo(202);
            locations.add(answer.headers().firstValue("Location").orElseThrow());
        }

        HttpResponse<byte[]> more = pull(image("more", 1_000), Map.of());

        assertThat(more.statusCode()).isEqualTo(429);
        assertThat(Integer.parseInt(more.headers().firstValue("Retry-After").orElseThrow()))
                .isBetween(1, 60);
        assertThat(json(more).get("queued").intValue()).isEqualTo(2);
        gate.complete();
        for (String location : locations) {
            assertThat(new String(served.get(location + "/events").body(), UTF_8))
                    .contains("event: done");
        }
    }

    @Test
    void cancelledJobEndsAndLeavesNoImage() throws Exception {
        String image = image("app", 300_000);
        Promise<Void> gate = hold("/blobs/");
        String location = pull(image, Map.of()).headers().firstValue("Location").orElseThrow();

        HttpResponse<byte[]> cancelled = served.ask(Version.HTTP_1_1, "DELETE", location, Map.of());

        assertThat(cancelled.statusCode()).isEqualTo(200);
        assertThat(json(cancelled).at("/problem/category").textValue()).isEqualTo("Cancelled");
        gate.complete();
        assertThat(served.get("/v1/images/" + encoded(image)).statusCode()).isEqualTo(404);
        assertThat(json(served.get(location)).get("state").textValue()).isEqualTo("failed");
    }

    @Test
    void imagesAreListedPageByPageTaggedAndTakenAway() throws Exception {
        String a = image("a", 1_000);
        String b = image("b", 2_000);
        String digest = json(pull(a, WAIT)).at("/result/digest").textValue();
        pull(b, WAIT);

        ObjectNode page = json(served.get("/v1/images?limit=1"));
        assertThat(page.at("/images/0/name").textValue()).isEqualTo(a);
        ObjectNode rest =
                json(served.get("/v1/images?after=" + encoded(page.get("next").textValue())));
        assertThat(rest.get("images")).hasSize(1);
        assertThat(rest.at("/images/0/name").textValue()).isEqualTo(b);
        assertThat(rest.has("next")).isFalse();

        String tag = "/v1/images/" + encoded(a) + "/tags/" + encoded("registry.example/c:2");
        assertThat(json(served.ask(Version.HTTP_1_1, "PUT", tag, Map.of()))
                        .get("digest")
                        .textValue())
                .isEqualTo(digest);
        assertThat(json(served.get("/v1/images?prefix=registry.example")).get("images"))
                .hasSize(1);

        assertThat(json(served.get("/v1/why/" + digest)).at("/reasons")).hasSize(2);
        for (String name : List.of(a, "registry.example/c:2")) {
            assertThat(served.ask(Version.HTTP_1_1, "DELETE", "/v1/images/" + encoded(name), Map.of())
                            .statusCode())
                    .isEqualTo(200);
        }
        ObjectNode would = json(served.post(Version.HTTP_1_1, "/v1/gc", "{\"dryRun\":true}", Map.of()));
        assertThat(would.get("bytes").longValue()).isPositive();
        ObjectNode freed = json(served.ask(Version.HTTP_1_1, "POST", "/v1/gc", Map.of()));
        assertThat(freed.get("bytes")).isEqualTo(would.get("bytes"));
        assertThat(served.get("/v1/why/" + digest).statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{}                                        | 400 | image",
                "{\"image\": 5}                            | 400 | body image: Instance type number is invalid. Expected string",
                "{\"image\": \"a\", \"imgae\": \"b\"}      | 400 | there is no field imgae",
                "{\"image\": \"a\", \"image\": \"b\"}      | 400 | Duplicate field 'image'",
                "{\"image\": \"a\"                         | 400 | JSON at byte",
                "[]                                        | 400 | wanted an object",
                "{\"image\": \"oci:/etc\"}                 | 400 | oci:/etc",
                "{\"image\": \"a b\"}                      | 400 | a b",
                "{\"image\": \"a\", \"platform\": \"x\"}   | 400 | x",
                "{\"image\": \"a\", \"platform\": \"present\"} | 400 | present",
                "{\"image\": \"a\", \"credentials\": {\"username\": \"u\"}} | 400 | credentials",
            })
    void bodyThatIsWrongIsToldWhatIsWrongWithIt(String body, int status, String wrong) throws Exception {
        HttpResponse<byte[]> answer = served.post(Version.HTTP_1_1, "/v1/pulls", body, Map.of());

        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(json(answer).get("detail").textValue()).contains(wrong);
        assertThat(json(answer).get("category").textValue()).isEqualTo("Invalid");
        assertThat(json(served.get("/v1/jobs")).get("jobs")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "GET,    /v1/none,                   404, nothing at /v1/none",
        "GET,    /v1,                        404, nothing",
        "PUT,    /v1/pulls,                  405, PUT",
        "GET,    /v1/pulls,                  405, GET",
        "GET,    /v1/jobs/none,              404, got no job none",
        "DELETE, /v1/jobs/..%2f..%2fetc,     404, got no job",
        "GET,    /v1/jobs?limit=0,           400, limit",
        "GET,    /v1/jobs?limit=x,           400, limit",
        "GET,    /v1/jobs?state=odd,         400, state",
        "GET,    /v1/jobs?limit=1&limit=2,   400, twice",
        "GET,    /v1/jobs?other=1,           400, there is no parameter other",
        "GET,    /v1/images/UPPER%20CASE,    400, UPPER CASE",
        "GET,    /v1/images/none,            404, docker.io/library/none:latest",
        "GET,    /v1/images/sha256:12,       404, sha256:12",
        "GET,    /v1/why/md5:12,             400, md5:12",
        "POST,   /v1/pulls,                  400, body",
    })
    void questionThatIsWrongIsToldWhatIsWrongWithIt(String method, String path, int status, String wrong)
            throws Exception {
        for (Version version : Version.values()) {
            HttpResponse<byte[]> answer = served.ask(version, method, path, Map.of());

            assertThat(answer.statusCode()).isEqualTo(status);
            assertThat(json(answer).get("status").intValue()).isEqualTo(status);
            assertThat(json(answer).get("detail").textValue()).contains(wrong);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            PUT  | /v1/pulls              | POST
            POST | /v1/jobs/none          | DELETE, GET, HEAD
            POST | /v1/images/a%2fb       | DELETE, GET, HEAD
            POST | /v1/images/a/files/b/c | GET, HEAD
            """)
    void methodThatIsNotForAPathIsToldThoseThatAre(String method, String path, String allowed) throws Exception {
        for (Version version : Version.values()) {
            HttpResponse<byte[]> answer = served.ask(version, method, path, Map.of());

            assertThat(answer.statusCode()).isEqualTo(405);
            assertThat(answer.headers().firstValue("Allow")).contains(allowed);
        }
    }

    @Test
    void pageOfJobsWithManyLayersHasFewerOfThem() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            String subject = "job" + i;
            Work work = (wanted, listener) -> {
                for (int layer = 0; layer < 2000; layer++) {
                    byte[] name = Integer.toString(layer).getBytes(UTF_8);
                    listener.waiting(Descriptor.of(MediaType.Known.OCI_LAYER, Digest.sha256(name), 1));
                }
                return Future.succeededFuture(Json.object());
            };
            Admission admission = served.services
                    .jobs()
                    .submit(new Order(Caller.ANYBODY.name(), "pull", subject, null, subject, subject, work))
                    .await(PATIENCE_S, TimeUnit.SECONDS);
            Job job = ((Admission.Accepted) admission).job();
            job.ended().await(PATIENCE_S, TimeUnit.SECONDS);
            ids.addFirst(job.id());
        }

        ObjectNode first = json(served.get("/v1/jobs?limit=6"));
        assertThat(first.get("jobs")).hasSize(5);
        ObjectNode rest = json(served.get("/v1/jobs?after=" + first.get("next").textValue()));
        assertThat(rest.has("next")).isFalse();
        List<String> listed = new ArrayList<>();
        first.get("jobs").forEach(job -> listed.add(job.get("id").textValue()));
        rest.get("jobs").forEach(job -> listed.add(job.get("id").textValue()));
        assertThat(listed).isEqualTo(ids);
    }

    @Test
    void bodyThatIsTooLargeOrOfAnotherTypeIsNotTaken() throws Exception {
        String large = body("a".repeat(2 << 20));
        assertThat(served.post(Version.HTTP_2, "/v1/pulls", large, Map.of()).statusCode())
                .isEqualTo(413);
        try (RawClient client = new RawClient(
                served.port(),
                "POST /v1/gc HTTP/1.1",
                "Host: localhost",
                "Content-Type: text/plain",
                "Content-Length: 1000000")) {
            // Nothing of it is waited for.
            assertThat(client.head()).startsWith("HTTP/1.1 415 ").contains("connection: close");
        }
    }

    @Test
    void secretsOfARequestAreNowhereToBeSeenAfterwards() throws Exception {
        String request = Json.object()
                .put("image", image("app", 1_000))
                .set("credentials", Json.object().put("username", "me").put("password", "hush-hush"))
                .toString();
        ObjectNode job = json(served.post(Version.HTTP_2, "/v1/pulls", request, WAIT));
        served.store.close();

        assertThat(job.toString()).doesNotContain("hush-hush");
        assertThat(Files.readAllBytes(served.store.directory().resolve("catalogue.db")))
                .asString()
                .doesNotContain("hush-hush");
    }
}
