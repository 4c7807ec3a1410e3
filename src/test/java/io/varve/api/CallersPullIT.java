package io.varve.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.auth.CertificateCallers;
import io.varve.auth.Issuer;
import io.varve.auth.TokenRules;
import io.varve.guard.WatchedVertx;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import io.varve.oci.Platform;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.registry.FakeRegistry;
import io.varve.registry.Fault;
import io.varve.registry.NetworkOptions;
import io.varve.registry.RegistryClient;
import io.varve.registry.RegistryLimits;
import io.varve.registry.RegistryOptions;
import io.varve.registry.Upstreams;
import io.vertx.core.Vertx;
import java.net.URLEncoder;
import java.net.http.HttpClient.Version;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pulls that callers order who have to say who they are. */
class CallersPullIT {
    private static final int PATIENCE_S = 20;

    @TempDir
    Path directory;

    private final FakeSource source = new FakeSource();
    private final Issuer issuer = new Issuer();
    private Vertx vertx;
    private FakeRegistry registry;
    private RegistryClient client;
    private ServedStore served;

    @BeforeEach
    void start() throws Exception {
        serve(Upstreams.ANYWHERE);
    }

    @AfterEach
    void stop() throws Exception {
        served.close();
        client.close();
        registry.close();
        vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
    }

    private void serve(Upstreams upstreams) throws Exception {
        vertx = WatchedVertx.createForSockets();
        registry = FakeRegistry.http(vertx);
        client = RegistryClient.of(
                vertx,
                new RegistryOptions(Map.of(), NetworkOptions.DEFAULTS, RegistryLimits.DEFAULTS, upstreams),
                Map.of(),
                (host, repository) -> Optional.empty());
        Path jwks = Files.writeString(directory.resolve("jwks.json"), issuer.jwks());
        TokenRules rules = new TokenRules(Issuer.NAME, Issuer.AUDIENCE, Duration.ofSeconds(60));
        served = ServedStore.open(
                directory.resolve("store"),
                new ApiSecurity(null, false, new TokenFiles(jwks, rules), CertificateCallers.NONE),
                vertx,
                client);
    }

    private String image(String repository) {
        registry.add(repository, "1", source, FakeImage.gzip(source, repository, 300_000));
        return registry.reference(repository, "1").toString();
    }

    /** The same image in another repository. */
    private String image(String repository, String content) {
        registry.add(repository, "1", source, FakeImage.gzip(source, content, 300_000));
        return registry.reference(repository, "1").toString();
    }

    private Map<String, String> of(String caller, String scopes) {
        return Map.of("Authorization", "Bearer " + issuer.token(caller, scopes), "Prefer", "wait=60");
    }

    private HttpResponse<byte[]> pull(String image, Map<String, String> headers) throws Exception {
        return served.post(
                Version.HTTP_2, "/v1/pulls", Json.object().put("image", image).toString(), headers);
    }

    private static String encoded(String reference) {
        return URLEncoder.encode(reference, UTF_8);
    }

    private static ObjectNode json(HttpResponse<byte[]> response) {
        return Json.read(response.body(), Json.DEFAULT_LIMIT);
    }

    @Test
    void areForTheirCallersAloneAndWithinTheirPrefix() throws Exception {
        String image = image("team/app");
        String scope = "pull:" + image.replaceFirst("/app:1$", "");
        Map<String, String> somebody = of("somebody", scope);
        Map<String, String> other = of("else", "pull read");

        HttpResponse<byte[]> refused = pull(image("other/app"), somebody);
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(json(refused).get("detail").textValue())
                .startsWith("wanted a scope pull:")
                .endsWith("/other/app");

        HttpResponse<byte[]> answer = pull(image, somebody);
        assertThat(json(answer).get("state").textValue()).isEqualTo("done");
        String location = answer.headers().firstValue("Location").orElseThrow();
        assertThat(json(served.ask(Version.HTTP_2, "GET", "/v1/jobs", somebody)).get("jobs"))
                .hasSize(1);
        assertThat(served.ask(Version.HTTP_2, "GET", location, somebody).statusCode())
                .isEqualTo(200);
        assertThat(json(served.ask(Version.HTTP_2, "GET", "/v1/jobs", other)).get("jobs"))
                .isEmpty();
        for (String path : List.of(location, location + "/events")) {
            assertThat(served.ask(Version.HTTP_2, "GET", path, other).statusCode())
                    .isEqualTo(404);
        }
        assertThat(served.ask(Version.HTTP_1_1, "DELETE", location, other).statusCode())
                .isEqualTo(404);
    }

    @Test
    void doNotLeadToThisMachine() throws Exception {
        stop();
        serve(new Upstreams(List.of(), Upstreams.Addresses.BY_CALLERS).forCallers(false));

        ObjectNode job = json(pull(image("app"), of("somebody", "pull")));

        assertThat(job.at("/problem/category").textValue()).isEqualTo("Unauthorized");
        assertThat(job.at("/problem/detail").textValue())
                .contains("upstream: got http://127.0.0.1:", "no public address (upstreams.allow");
        assertThat(registry.server().asked("")).isEmpty();
    }

    /** What is cached is for those alone whom the registry lets have it: it is asked for each of them. */
    @Test
    void imagesThatAreCachedAreForThoseWhoMayPullThem() throws Exception {
        String image = image("app");
        registry.demandBasic("me", "secret");
        String known = Json.object()
                .put("image", image)
                .set("credentials", Json.object().put("username", "me").put("password", "secret"))
                .toString();
        Map<String, String> somebody = of("somebody", "pull");
        Map<String, String> other = of("else", "pull");

        assertThat(json(served.post(Version.HTTP_2, "/v1/pulls", known, somebody))
                        .get("state")
                        .textValue())
                .isEqualTo("done");
        String digest = json(served.post(Version.HTTP_2, "/v1/pulls", known, somebody))
                .at("/result/digest")
                .textValue();

        for (String asked : List.of(image, image.replaceFirst(":1$", "@" + digest))) {
            ObjectNode job = json(pull(asked, other));
            assertThat(job.get("state").textValue()).isEqualTo("failed");
            assertThat(job.at("/problem/category").textValue()).isEqualTo("Unauthorized");
            assertThat(job.toString()).doesNotContain("committed").doesNotContain("\"cached\",");
        }
    }

    /** Whoever knows what a layer is called can make an image of it, and still has to have its bytes. */
    @Test
    void layersThatAreCachedAreForThoseWhoHaveThem() throws Exception {
        String image = image("app");
        Map<String, String> somebody = of("somebody", "pull");
        assertThat(json(pull(image, somebody)).get("state").textValue()).isEqualTo("done");
        Map<String, String> other = of("else", "pull");
        String copy = image("copied", "app");

        // The registry has the layer for the other one as well, who gets it from there.
        ObjectNode job = json(pull(copy, other));
        assertThat(job.get("state").textValue()).isEqualTo("done");
        assertThat(registry.server().asked("/copied/blobs/")).hasSize(2);
        // Once that is known, it need not be shown again.
        assertThat(json(pull(copy, of("third", "pull"))).get("state").textValue())
                .isEqualTo("done");
        assertThat(registry.server().asked("/copied/blobs/")).hasSize(2);

        String forged = image("forged", "app");
        registry.server().always("/forged/blobs/", Fault.status(404));
        job = json(pull(forged, other));
        assertThat(job.get("state").textValue()).isEqualTo("failed");
        assertThat(job.at("/problem/category").textValue()).isEqualTo("NotFound");

        String garbage = image("garbage", "app");
        registry.server().always("/garbage/blobs/", Fault.wrongByte(100));
        job = json(pull(garbage, other));
        assertThat(job.at("/problem/category").textValue()).isEqualTo("Mismatch");
        // What is in the store is what it was.
        assertThat(json(pull(image, somebody)).get("state").textValue()).isEqualTo("done");
    }

    /** Not for a blob of his own either, of which he says that it decodes to that. */
    @Test
    void layersThatAreCachedAreNotForWhoeverKnowsWhatTheyDecodeTo() throws Exception {
        FakeImage theirs = FakeImage.gzip(source, "theirs", 300_000);
        registry.add("theirs", "1", source, theirs);
        assertThat(json(pull(registry.reference("theirs", "1").toString(), of("somebody", "pull")))
                        .get("state")
                        .textValue())
                .isEqualTo("done");
        LayerPlan mine = FakeImage.gzipLayer(source, FakeImage.tar("mine", 1_000));
        Digest secret = theirs.layers().getFirst().diffId();
        registry.add("evil", "1", source, FakeImage.of(source, new LayerPlan(mine.blob(), secret)));
        String evil = registry.reference("evil", "1").toString();
        Map<String, String> other = of("else", "pull read:" + evil.replaceFirst(":1$", ""));

        // The second time the blob may be there already.
        for (int i = 0; i < 2; i++) {
            ObjectNode job = json(pull(evil, other));
            assertThat(job.at("/problem/category").textValue()).isEqualTo("Mismatch");
            assertThat(job.at("/problem/detail").textValue()).contains("layer " + secret);
        }
        assertThat(served.ask(Version.HTTP_2, "GET", "/v1/images/" + encoded(evil) + "/files", other)
                        .statusCode())
                .isEqualTo(404);
    }

    /** An image index may list anything, and is pulled for one platform. */
    @Test
    void imagesThatAreCachedAreNotForWhoeverListsThem() throws Exception {
        FakeImage theirs = FakeImage.gzip(source, "theirs", 300_000);
        registry.add("theirs", "1", source, theirs);
        assertThat(json(pull(registry.reference("theirs", "1").toString(), of("somebody", "pull")))
                        .get("state")
                        .textValue())
                .isEqualTo("done");
        FakeImage mine = FakeImage.gzip(source, "mine", 1_000);
        registry.add("evil", "mine", source, mine);
        Descriptor index = FakeImage.index(
                source,
                List.of(mine.manifest(), theirs.manifest()),
                List.of(Platform.ofThisMachine(), Platform.parse("linux/s390x")));
        registry.manifest("evil", "1", source.read(index, Json.DEFAULT_LIMIT));
        String evil = registry.reference("evil", "1").toString();
        Map<String, String> other = of("else", "pull read:" + evil.replaceFirst(":1$", ""));

        assertThat(json(pull(evil, other)).get("state").textValue()).isEqualTo("done");

        for (String each : List.of(
                theirs.manifest().digest() + "",
                theirs.manifest().digest() + "/files",
                theirs.manifest().digest() + "/archive?format=oci",
                encoded(evil) + "?platform=linux/s390x",
                encoded(evil) + "/files?platform=linux/s390x",
                encoded(evil) + "/archive?format=oci&platform=linux/s390x")) {
            assertThat(served.ask(Version.HTTP_2, "GET", "/v1/images/" + each, other)
                            .statusCode())
                    .as(each)
                    .isEqualTo(404);
        }
        byte[] whole = served.ask(Version.HTTP_2, "GET", "/v1/images/" + encoded(evil) + "/archive?format=oci", other)
                .body();
        assertThat(new String(whole, ISO_8859_1))
                .contains("blobs/sha256/" + mine.manifest().digest().hex())
                .doesNotContain("blobs/sha256/" + theirs.manifest().digest().hex());
    }

    /** Neither a token that is good nor one that is not, nor credentials for a registry. */
    @Test
    void leaveNothingOfASecretInTheStore() throws Exception {
        Map<String, String> caller = of("somebody", "pull read");
        String body = Json.object()
                .put("image", image("app"))
                .set("credentials", Json.object().put("username", "me").put("password", "hush-hush"))
                .toString();
        ObjectNode job = json(served.post(Version.HTTP_2, "/v1/pulls", body, caller));
        assertThat(job.get("state").textValue()).isEqualTo("done");
        served.store.close();

        String token = String.valueOf(caller.get("Authorization")).substring("Bearer ".length());
        List<String> secrets = new ArrayList<>(List.of(token.split("\\.", -1)));
        secrets.add("hush-hush");
        try (Stream<Path> files = Files.walk(directory.resolve("store"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String content = new String(Files.readAllBytes(file), ISO_8859_1);
                for (String secret : secrets) {
                    assertThat(content.contains(secret)).as(file.toString()).isFalse();
                }
            }
        }
        assertThat(Json.text(job)).doesNotContain(secrets.toArray(String[]::new));
    }
}
