package io.varve.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.auth.CertificateCallers;
import io.varve.auth.Issuer;
import io.varve.auth.TokenRules;
import io.varve.guard.WatchedVertx;
import io.varve.oci.Json;
import io.varve.pipeline.FakeImage;
import io.varve.registry.FakeRegistry;
import io.varve.registry.Fault;
import io.varve.registry.RegistryClient;
import io.varve.registry.RegistryOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.net.http.HttpClient.Version;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pushes as jobs, as callers see them who show tokens. */
class PushesOverHttpIT {
    private static final int PATIENCE_S = 20;

    @TempDir
    Path directory;

    private final Issuer issuer = new Issuer();
    private Vertx vertx;
    private FakeRegistry registry;
    private RegistryClient client;
    private ServedStore served;
    private FakeImage image;

    @BeforeEach
    void start() throws Exception {
        vertx = WatchedVertx.createForSockets();
        registry = FakeRegistry.http(vertx);
        client = RegistryClient.of(vertx, RegistryOptions.DEFAULTS, Map.of(), (host, repository) -> Optional.empty());
        Path jwks = Files.writeString(directory.resolve("jwks.json"), issuer.jwks());
        TokenRules rules = new TokenRules(Issuer.NAME, Issuer.AUDIENCE, Duration.ofSeconds(60));
        served = ServedStore.open(
                directory.resolve("store"),
                new ApiSecurity(null, false, new TokenFiles(jwks, rules), CertificateCallers.NONE),
                vertx,
                client);
        image = FakeImage.gzip(served.source, "app", 300_000);
        served.name("a.example/app:1", image.manifest());
    }

    @AfterEach
    void stop() throws Exception {
        served.close();
        client.close();
        registry.close();
        vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
    }

    private String scopes() {
        return "read:a.example push:" + registry.server().host() + "/team";
    }

    private ObjectNode body() {
        return Json.object()
                .put("image", "a.example/app:1")
                .put("destination", registry.reference("team/app", "2").toString());
    }

    private HttpResponse<byte[]> push(ObjectNode body, String scopes, String... headers) throws Exception {
        Map<String, String> all = new HashMap<>(Map.of("Prefer", "wait=20"));
        all.put("Authorization", "Bearer " + issuer.token("somebody", scopes));
        for (int i = 0; i < headers.length; i += 2) {
            all.put(headers[i], headers[i + 1]);
        }
        return served.post(Version.HTTP_2, "/v1/pushes", body.toString(), all);
    }

    private static ObjectNode json(HttpResponse<byte[]> response) {
        return Json.read(response.body(), Json.DEFAULT_LIMIT);
    }

    @Test
    void whoWaitsGetsTheFinishedJobAndTheImageIsThere() throws Exception {
        HttpResponse<byte[]> answer = push(body(), scopes());

        assertThat(answer.statusCode()).isEqualTo(200);
        ObjectNode job = json(answer);
        assertThat(job.get("kind").textValue()).isEqualTo("push");
        assertThat(job.get("state").textValue()).isEqualTo("done");
        assertThat(job.at("/result/image")).isEqualTo(body().get("destination"));
        assertThat(job.at("/result/digest").textValue())
                .isEqualTo(image.manifest().digest().toString());
        assertThat(job.get("layers"))
                .hasSize(2)
                .allMatch(blob -> blob.get("state").textValue().equals("committed"));
        assertThat(job.at("/progress/network")).isEqualTo(job.at("/progress/size"));
        assertThat(registry.manifest("team/app", "2")).isNotNull();

        ObjectNode again = json(push(body(), scopes()));
        assertThat(again.at("/progress/network").longValue()).isZero();
        assertThat(again.at("/progress/cached")).isEqualTo(again.at("/progress/size"));
    }

    @Test
    void whoPushesMayWatchAndCancelIt() throws Exception {
        Promise<Void> gate = Promise.promise();
        registry.server().always("PUT .*uploads", Fault.stall(0, gate.future()));
        HttpResponse<byte[]> answer = push(body(), scopes(), "Prefer", "wait=0");
        assertThat(answer.statusCode()).isEqualTo(202);
        String location = answer.headers().firstValue("Location").orElseThrow();
        Map<String, String> pusher = Map.of("Authorization", "Bearer " + issuer.token("somebody", "push"));

        assertThat(json(served.ask(Version.HTTP_2, "GET", location, pusher))
                        .get("id")
                        .textValue())
                .isEqualTo(location.replace("/v1/jobs/", ""));
        ObjectNode cancelled = json(served.ask(Version.HTTP_2, "DELETE", location, pusher));

        assertThat(cancelled.at("/problem/category").textValue()).isEqualTo("Cancelled");
        assertThat(registry.manifest("team/app", "2")).isNull();
    }

    @Test
    void refusalOfTheRegistryIsTheJobsProblem() throws Exception {
        registry.demandBasic("me", "secret");

        ObjectNode job = json(push(body(), scopes()));

        assertThat(job.at("/problem/category").textValue()).isEqualTo("Unauthorized");
        ObjectNode withCredentials = body();
        withCredentials.putObject("credentials").put("username", "me").put("password", "secret");
        ObjectNode done = json(push(withCredentials, scopes()));
        assertThat(done.get("state").textValue()).isEqualTo("done");
        assertThat(done.toString()).doesNotContain("secret");
    }

    @Test
    void destinationTakesPushAndTheImageTakesRead() throws Exception {
        ObjectNode elsewhere =
                body().put("destination", registry.reference("other", "1").toString());

        assertThat(push(elsewhere, scopes()).statusCode()).isEqualTo(403);
        assertThat(push(body(), "push").statusCode()).isEqualTo(404);
        assertThat(push(body(), "push read:b.example").statusCode()).isEqualTo(404);
        assertThat(push(body(), "read pull").statusCode()).isEqualTo(403);
        assertThat(push(body().put("image", image.manifest().digest().toString()), scopes())
                        .statusCode())
                .isEqualTo(200);
        assertThat(push(body().put("image", "a.example/none:1"), scopes()).statusCode())
                .isEqualTo(200);
        assertThat(registry.server().asked("")).isNotEmpty();
    }

    @Test
    void bodyIsAsTheContractHasIt() throws Exception {
        ObjectNode digest = Json.object().put("image", image.manifest().digest().toString());

        assertThat(push(digest, scopes()).statusCode()).isEqualTo(400);
        assertThat(push(body().put("destination", "A B"), scopes()).statusCode())
                .isEqualTo(400);
        assertThat(push(body().put("platform", "linux/amd64"), scopes()).statusCode())
                .isEqualTo(400);
        assertThat(push(body().put("insecure", true), scopes()).statusCode()).isEqualTo(403);
        assertThat(push(body().put("plainHttp", true), scopes()).statusCode()).isEqualTo(403);
        assertThat(registry.server().asked("")).isEmpty();
    }

    @Test
    void repeatedOrderIsTheSameJob() throws Exception {
        ObjectNode first = json(push(body(), scopes(), "Idempotency-Key", "once"));
        ObjectNode second = json(push(body(), scopes(), "Idempotency-Key", "once"));

        assertThat(second.get("id")).isEqualTo(first.get("id"));
        assertThat(push(
                                body().put(
                                                "destination",
                                                registry.reference("team", "9").toString()),
                                scopes(),
                                "Idempotency-Key",
                                "once")
                        .statusCode())
                .isEqualTo(422);
    }
}
