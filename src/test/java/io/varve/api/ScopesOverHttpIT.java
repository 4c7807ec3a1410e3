package io.varve.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.auth.Action;
import io.varve.auth.CertificateCallers;
import io.varve.auth.Issuer;
import io.varve.auth.TokenRules;
import io.varve.guard.Deadline;
import io.varve.image.Peers;
import io.varve.image.Program;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Index;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.pipeline.FakeImage;
import java.net.URLEncoder;
import java.net.http.HttpClient.Version;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who may ask for what, as callers see it who show tokens. */
class ScopesOverHttpIT {
    private static final String TEAM = "a.example/team";

    @TempDir
    Path directory;

    private final Issuer issuer = new Issuer();
    private Path jwks;
    private ServedStore served;

    @BeforeEach
    void serve() throws Exception {
        jwks = Files.writeString(directory.resolve("jwks.json"), issuer.jwks());
        TokenRules rules = new TokenRules(Issuer.NAME, Issuer.AUDIENCE, Duration.ofSeconds(60));
        served = ServedStore.open(
                directory.resolve("store"),
                new ApiSecurity(null, false, new TokenFiles(jwks, rules), CertificateCallers.NONE));
    }

    @AfterEach
    void close() throws Exception {
        served.close();
    }

    private static Map<String, String> bearer(String token) {
        return Map.of("Authorization", "Bearer " + token);
    }

    private Map<String, String> with(String scopes) {
        return bearer(issuer.token("somebody", scopes));
    }

    private HttpResponse<byte[]> get(String path, String scopes) throws Exception {
        return served.ask(Version.HTTP_2, "GET", path, with(scopes));
    }

    private HttpResponse<byte[]> ask(String method, String path, String scopes) throws Exception {
        return served.ask(Version.HTTP_1_1, method, path, with(scopes));
    }

    private static String encoded(String reference) {
        return URLEncoder.encode(reference, UTF_8);
    }

    private static ObjectNode json(HttpResponse<byte[]> response) {
        return Json.read(response.body(), Json.DEFAULT_LIMIT);
    }

    private static String text(HttpResponse<byte[]> response) {
        return new String(response.body(), UTF_8);
    }

    private static String challenge(HttpResponse<?> response) {
        return response.headers().firstValue("WWW-Authenticate").orElse("none");
    }

    private static List<String> texts(JsonNode array, @Nullable String field) {
        List<String> texts = new ArrayList<>();
        array.forEach(each ->
                texts.add(field == null ? each.textValue() : each.get(field).textValue()));
        return texts;
    }

    private static String allBut(List<Action> actions) {
        return Arrays.stream(Action.values())
                .filter(each -> !actions.contains(each))
                .map(Action::toString)
                .collect(Collectors.joining(" "));
    }

    /** Something to ask, and what that takes. */
    private record Question(String method, String path, List<Action> actions) {}

    private static List<Question> questions() throws Exception {
        List<Question> questions = new ArrayList<>();
        for (Operation each : Contract.read().operations()) {
            String path = each.route()
                    .replace(":ref", "a.example%2Fx:1")
                    .replace(":new", "a.example%2Fy:1")
                    .replace(":digest", "sha256:" + "0".repeat(64))
                    .replace(":id", "none");
            String query = path.endsWith("/archive") ? "?format=rootfs" : "";
            questions.add(new Question(each.method().name(), path + query, each.actions()));
        }
        for (String path : List.of("", "/", "/a/b")) {
            questions.add(new Question("GET", "/v1/images/a.example%2Fx:1/files" + path, List.of(Action.READ)));
            questions.add(new Question("HEAD", "/v1/images/a.example%2Fx:1/files" + path, List.of(Action.READ)));
        }
        for (String path :
                List.of("", "/", "/_catalog", "/x/tags/list", "/x/manifests/1", "/x/none", "/%2e%2e/v1/gc")) {
            questions.add(new Question("GET", "/v2" + path, List.of(Action.READ)));
        }
        questions.add(new Question("GET", "/v2/x/referrers/sha256:" + "0".repeat(64), List.of(Action.READ)));
        questions.add(new Question("PUT", "/v2/x/manifests/1", List.of(Action.WRITE)));
        questions.add(new Question("DELETE", "/v2/x/manifests/1", List.of(Action.DELETE)));
        questions.add(new Question("POST", "/v2/x/blobs/uploads/", List.of(Action.WRITE)));
        for (String method : List.of("GET", "PATCH", "PUT", "DELETE")) {
            questions.add(new Question(
                    method, "/v2/x/blobs/uploads/none?digest=sha256:" + "0".repeat(64), List.of(Action.WRITE)));
        }
        return questions;
    }

    private HttpResponse<byte[]> ask(Question question, Map<String, String> headers) throws Exception {
        return question.method().equals("POST")
                ? served.post(Version.HTTP_1_1, question.path(), "{}", headers)
                : served.ask(Version.HTTP_1_1, question.method(), question.path(), headers);
    }

    @Test
    void everythingIsRefusedWithoutItsScope() throws Exception {
        for (Question question : questions()) {
            List<Action> actions = question.actions();
            HttpResponse<byte[]> nobody = ask(question, Map.of());
            if (actions.isEmpty()) {
                assertThat(question.path()).matches("/|/health/.*|/openapi.yaml|/v1/token");
                assertThat(nobody.statusCode())
                        .as(question.toString())
                        .isEqualTo(question.path().equals("/v1/token") ? 401 : 200);
                continue;
            }
            assertThat(nobody.statusCode()).as(question.toString()).isEqualTo(401);
            assertThat(challenge(nobody))
                    .isEqualTo("Bearer realm=\"" + served.api.url() + "/v1/token\", service=\"varve\"");

            HttpResponse<byte[]> other = ask(question, with(allBut(actions)));
            assertThat(other.statusCode()).as(question.toString()).isEqualTo(403);
            assertThat(challenge(other)).endsWith("error=\"insufficient_scope\", scope=\"" + actions.getFirst() + "\"");
            if (!question.method().equals("HEAD")) {
                boolean registry = question.path().startsWith("/v2");
                assertThat(text(nobody)).contains(registry ? "\"code\":\"UNAUTHORIZED\"" : "\"status\":401");
                assertThat(text(other)).contains(registry ? "\"code\":\"DENIED\"" : "\"category\":\"Unauthorized\"");
            }

            for (Action action : actions) {
                HttpResponse<byte[]> allowed = ask(question, with(action.toString()));
                assertThat(allowed.statusCode()).as(question.toString()).isNotIn(401, 403, 500);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void tokensThatAreNotGoodAreRefusedAndNotShown(Version version) throws Exception {
        String good = issuer.token("somebody", "read");
        String[] parts = good.split("\\.", -1);
        long now = Instant.now().getEpochSecond();
        List<String> bad = List.of(
                issuer.token("RS256", claims -> claims.put("scope", "read").put("exp", now - 100)),
                issuer.token("ES256", claims -> claims.put("scope", "read").put("nbf", now + 100)),
                issuer.token("EdDSA", claims -> claims.put("scope", "read").put("aud", "others")),
                issuer.token("HS256", claims -> claims.put("scope", "read").put("iss", "others")),
                new Issuer().token("somebody", "read"),
                issuer.token("HS256", claims -> claims.put("scope", "read").put("pad", "x".repeat(8000))),
                Base64.getUrlEncoder().withoutPadding().encodeToString("{\"alg\":\"none\"}".getBytes(UTF_8)) + "."
                        + parts[1] + ".",
                parts[0] + "." + parts[1] + "x." + parts[2],
                parts[0] + "." + parts[1],
                "secret-without-dots");
        for (String token : bad) {
            for (String path : List.of("/v1/images", "/v2/")) {
                HttpResponse<byte[]> answer = served.ask(version, "GET", path, bearer(token));

                assertThat(answer.statusCode()).isEqualTo(401);
                assertThat(challenge(answer)).startsWith("Bearer ").endsWith("error=\"invalid_token\"");
                for (String part : token.split("\\.", -1)) {
                    assertThat(text(answer) + answer.headers()).doesNotContain(part.isEmpty() ? "nothing of it" : part);
                }
            }
        }
        for (String header : List.of("Basic " + good, "Bearer", "Bearer ", good, "Negotiate x")) {
            assertThat(served.ask(version, "GET", "/v1/images", Map.of("Authorization", header))
                            .statusCode())
                    .isEqualTo(401);
        }
        assertThat(served.ask(version, "GET", "/v1/images", bearer(good)).statusCode())
                .isEqualTo(200);
        assertThat(served.ask(version, "GET", "/v1/images", Map.of("Authorization", "bearer " + good))
                        .statusCode())
                .isEqualTo(200);
    }

    /** Whoever sees such a page may be allowed what it wants. */
    @ParameterizedTest
    @EnumSource(Version.class)
    void pagesOfOtherSitesChangeNothing(Version version) throws Exception {
        for (String site : List.of("cross-site", "same-site", "same-origin", "none")) {
            Map<String, String> headers = new HashMap<>(with("admin read"));
            headers.put("Sec-Fetch-Site", site);

            assertThat(served.post(version, "/v1/gc", "{}", headers).statusCode())
                    .isEqualTo(site.endsWith("-site") ? 403 : 200);
            assertThat(served.ask(version, "GET", "/v1/images", headers).statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void twoTokensAreNotGood() throws Exception {
        String good = "Authorization: Bearer " + issuer.token("somebody", "read");
        try (RawClient client =
                new RawClient(served.port(), "GET /v1/images HTTP/1.1", "Host: a", good, good, "Connection: close")) {
            assertThat(client.head()).startsWith("HTTP/1.1 401 ");
        }
    }

    /** Nothing of it is read, so the connection is of no use any more. */
    @Test
    void bodyOfWhoMayNotAskIsNotTaken() throws Exception {
        try (RawClient client = new RawClient(
                served.port(),
                "POST /v1/pulls HTTP/1.1",
                "Host: example.org:1",
                "Content-Type: application/json",
                "Content-Length: 100000")) {
            assertThat(client.head())
                    .startsWith("HTTP/1.1 401 ")
                    .containsIgnoringCase("connection: close")
                    .contains("realm=\"http://example.org:1/v1/token\"");
        }
    }

    @Test
    void imagesOfOthersAreNotThere() throws Exception {
        FakeImage ours = FakeImage.gzip(served.source, "ours", 1_000);
        FakeImage theirs = FakeImage.gzip(served.source, "theirs", 2_000);
        served.name(TEAM + "/app:1", ours.manifest());
        served.name(TEAM + "s/app:1", theirs.manifest());
        served.name("b.example/app:1", theirs.manifest());
        String scopes = "read:" + TEAM + " rootfs:" + TEAM;

        assertThat(texts(json(get("/v1/images", scopes)).get("images"), "name")).containsExactly(TEAM + "/app:1");
        assertThat(texts(json(get("/v1/images?prefix=a.example", scopes)).get("images"), "name"))
                .containsExactly(TEAM + "/app:1");
        assertThat(json(get("/v1/images?prefix=b.example", scopes)).get("images"))
                .isEmpty();
        assertThat(json(get("/v1/images", "read")).get("images")).hasSize(3);

        for (String mine : List.of(TEAM + "/app:1", ours.manifest().digest().toString())) {
            assertThat(get("/v1/images/" + encoded(mine), scopes).statusCode()).isEqualTo(200);
            assertThat(get("/v1/images/" + encoded(mine) + "/files", scopes).statusCode())
                    .isEqualTo(200);
            assertThat(get("/v1/images/" + encoded(mine) + "/archive?format=rootfs", scopes)
                            .statusCode())
                    .isEqualTo(200);
        }
        String digest = theirs.manifest().digest().toString();
        for (String other : List.of(TEAM + "s/app:1", digest, digest.substring(7), TEAM + "/app@" + digest)) {
            for (String what : List.of("", "/files", "/files/x", "/archive?format=rootfs")) {
                HttpResponse<byte[]> answer = get("/v1/images/" + encoded(other) + what, scopes);

                assertThat(answer.statusCode()).as(other + what).isEqualTo(404);
                assertThat(json(answer).get("detail").textValue()).startsWith("got no image ");
            }
            assertThat(served.post(
                                    Version.HTTP_1_1,
                                    "/v1/rootfs",
                                    Json.object().put("image", other).toString(),
                                    with(scopes))
                            .statusCode())
                    .isEqualTo(404);
        }
        // As if it were nowhere.
        String nowhere = text(get("/v1/images/" + encoded(TEAM + "s/none:1"), scopes));
        assertThat(text(get("/v1/images/" + encoded(TEAM + "s/app:1"), scopes)))
                .isEqualTo(nowhere.replace("none", "app"));
    }

    @Test
    void imageOfSeveralNamesIsThereByTheOneThatIsHis() throws Exception {
        Descriptor image = FakeImage.gzip(served.source, "shared", 1_000).manifest();
        for (String name : List.of(TEAM + "/app:1", "b.example/app:1", "b.example/app:2", "c.example/app:1")) {
            served.name(name, image);
        }
        String digest = "/v1/images/" + encoded(image.digest().toString());

        assertThat(get(digest, "read:" + TEAM).statusCode()).isEqualTo(200);
        assertThat(ask("DELETE", digest, "delete:d.example").statusCode()).isEqualTo(404);
        HttpResponse<byte[]> several = ask("DELETE", digest, "delete:b.example");
        assertThat(several.statusCode()).isEqualTo(409);
        assertThat(text(several)).contains("b.example/app:1, b.example/app:2").doesNotContain(TEAM);
        assertThat(texts(json(ask("DELETE", digest, "delete:" + TEAM)).get("removed"), null))
                .containsExactly(TEAM + "/app:1");
        assertThat(get(digest, "read:" + TEAM).statusCode()).isEqualTo(404);
        assertThat(get(digest, "read:b.example").statusCode()).isEqualTo(200);
        String together = Json.object()
                .set(
                        "images",
                        Json.object().putArray("images").add("b.example/app:1").add("c.example/app:1"))
                .toString();
        assertThat(served.post(Version.HTTP_1_1, "/v1/images/remove", together, with("delete:b.example"))
                        .statusCode())
                .isEqualTo(404);
        assertThat(ask("DELETE", "/v1/images/" + encoded("b.example/app:1"), "delete:" + TEAM + " read")
                        .statusCode())
                .isEqualTo(404);
        assertThat(get("/v1/images/" + encoded("b.example/app:1"), "read").statusCode())
                .isEqualTo(200);
    }

    @Test
    void nameIsGivenByWhoMayReadTheImageAndWriteTheName() throws Exception {
        served.name(TEAM + "/app:1", FakeImage.gzip(served.source, "a", 1_000).manifest());
        served.name("b.example/app:1", FakeImage.gzip(served.source, "b", 1_000).manifest());
        String ours = "/v1/images/" + encoded(TEAM + "/app:1") + "/tags/";
        String theirs = "/v1/images/" + encoded("b.example/app:1") + "/tags/";
        String scopes = "read:" + TEAM + " write:" + TEAM;

        assertThat(ask("PUT", ours + encoded(TEAM + "/app:2"), scopes).statusCode())
                .isEqualTo(200);
        assertThat(ask("PUT", theirs + encoded(TEAM + "/app:3"), scopes).statusCode())
                .isEqualTo(404);
        HttpResponse<byte[]> elsewhere = ask("PUT", ours + encoded("b.example/app:1"), scopes);
        assertThat(elsewhere.statusCode()).isEqualTo(403);
        assertThat(json(elsewhere).get("detail").textValue()).isEqualTo("wanted a scope write:b.example/app");
        assertThat(ask("PUT", ours + encoded(TEAM + "/app:3"), "write:" + TEAM).statusCode())
                .isEqualTo(404);
    }

    @Test
    void registryHasTheRepositoriesThatAreHis() throws Exception {
        FakeImage ours = served.put("team/app:1", 1_000);
        FakeImage theirs = served.put("teams/app:1", 2_000);
        served.put("team:1", ours.manifest());
        String scopes = "read:" + served.api.address() + "/team";

        assertThat(texts(json(get("/v2/_catalog", scopes)).get("repositories"), null))
                .containsExactly("team/app", "team");
        assertThat(texts(json(get("/v2/_catalog?n=1", scopes)).get("repositories"), null))
                .containsExactly("team/app");
        assertThat(texts(json(get("/v2/_catalog?last=team/app", scopes)).get("repositories"), null))
                .containsExactly("team");
        assertThat(json(get("/v2/_catalog", "read:a.example")).get("repositories"))
                .isEmpty();
        assertThat(get("/v2/team/app/manifests/1", scopes).statusCode()).isEqualTo(200);
        assertThat(get("/v2/team/app/blobs/" + ours.layers().getFirst().blob().digest(), scopes)
                        .statusCode())
                .isEqualTo(200);
        for (String path : List.of(
                "tags/list",
                "manifests/1",
                "manifests/" + theirs.manifest().digest(),
                "blobs/" + theirs.layers().getFirst().blob().digest())) {
            assertThat(get("/v2/teams/app/" + path, "read").statusCode()).isEqualTo(200);
            assertThat(text(get("/v2/teams/app/" + path, scopes))).contains("NAME_UNKNOWN");
        }
    }

    /** Whoever is held in memory too. */
    @Test
    void keysThatAreTakenOutOfTheFileHoldNoMore() throws Exception {
        Map<String, String> before = with("read");
        assertThat(served.ask(Version.HTTP_2, "GET", "/v1/images", before).statusCode())
                .isEqualTo(200);

        Files.writeString(jwks, "{\"keys\": [");
        Issuer next = new Issuer();
        Path whole = Files.writeString(directory.resolve("next.json"), next.jwks());
        Map<String, String> after = bearer(next.token("somebody", "read"));
        assertThat(served.ask(Version.HTTP_2, "GET", "/v1/images", before).statusCode())
                .isEqualTo(200);
        Files.move(whole, jwks, StandardCopyOption.REPLACE_EXISTING);

        Deadline.until(
                () -> served.ask(Version.HTTP_2, "GET", "/v1/images", after).statusCode() == 200);
        assertThat(served.ask(Version.HTTP_2, "GET", "/v1/images", before).statusCode())
                .isEqualTo(401);
    }

    @Test
    void whoHasAPasswordOnlyShowsTheTokenAsThat() throws Exception {
        String token = issuer.token("somebody", "read");
        String password = Base64.getEncoder().encodeToString(("anybody:" + token).getBytes(UTF_8));
        String path = "/v1/token?service=varve&scope=repository%3Ax%3Apull&account=anybody";

        HttpResponse<byte[]> granted =
                served.ask(Version.HTTP_1_1, "GET", path, Map.of("Authorization", "Basic " + password));

        assertThat(granted.statusCode()).isEqualTo(200);
        assertThat(granted.headers().firstValue("Cache-Control")).contains("no-store");
        assertThat(json(granted).get("token").textValue()).isEqualTo(token);
        assertThat(json(granted).get("expires_in").longValue()).isBetween(3500L, 3700L);
        // As whoever wants a blob of another repository mounted asks.
        assertThat(served.ask(
                                Version.HTTP_1_1,
                                "GET",
                                path + "&scope=repository%3Ay%3Apull",
                                Map.of("Authorization", "Basic " + password))
                        .statusCode())
                .isEqualTo(200);
        assertThat(served.ask(
                                Version.HTTP_1_1,
                                "GET",
                                path + "&service=varve",
                                Map.of("Authorization", "Basic " + password))
                        .statusCode())
                .isEqualTo(400);
        for (String header : List.of("Basic eDp5", "Basic !", "Bearer " + token)) {
            HttpResponse<byte[]> refused = served.ask(Version.HTTP_1_1, "GET", path, Map.of("Authorization", header));
            assertThat(refused.statusCode()).isEqualTo(401);
            assertThat(challenge(refused)).isEqualTo("Basic realm=\"varve\"");
        }
    }

    @Test
    void skopeoCopiesWithATokenAndWithAPassword() throws Exception {
        Peers.need("skopeo");
        served.put("some/app:1", 300_000);
        String source = "docker://" + served.api.address() + "/some/app:1";
        String token = issuer.token("somebody", "read");

        for (String credentials : List.of("--src-registry-token=" + token, "--src-creds=anybody:" + token)) {
            new Program(
                            directory,
                            "skopeo",
                            "--insecure-policy",
                            "copy",
                            "-q",
                            "--src-tls-verify=false",
                            credentials,
                            source,
                            "oci:copy-" + credentials.length() + ":it")
                    .succeed();
        }

        assertThat(new Program(
                                directory,
                                "skopeo",
                                "inspect",
                                "--tls-verify=false",
                                "--creds=anybody:" + issuer.token("somebody", "read:a.example"),
                                source)
                        .run()
                        .code())
                .isNotZero();
    }

    /** Of an image that somebody cannot read he may know all digests, and the bytes of its manifest. */
    @Test
    void nothingThatIsPushedLeadsToImagesOfOthers() throws Exception {
        FakeImage theirs = served.put("team/app:1", 300_000);
        byte[] manifest = Pusher.bytes(served.source, theirs.manifest());
        Descriptor index = served.source.add(
                MediaType.Known.OCI_INDEX, Index.of(List.of(theirs.manifest())).bytes());
        byte[] listing = Pusher.bytes(served.source, index);
        byte[] empty = "{}".getBytes(UTF_8);
        String mine = served.api.address() + "/others";
        String scopes = "read:" + mine + " write:" + mine;
        List<Descriptor> parts = List.of(index, theirs.manifest());
        try (Pusher others = new Pusher(served.api.url(), Version.HTTP_1_1, with(scopes))) {
            for (byte[] each : List.of(empty, listing, manifest)) {
                assertThat(others.blob("others/app", each).statusCode()).isEqualTo(201);
            }
            Manifest artifact = Manifest.of(
                    Descriptor.of(MediaType.parse("application/x"), Digest.sha256(empty), empty.length), parts);
            Descriptor put = Descriptor.of(
                    MediaType.Known.OCI_MANIFEST, Digest.sha256(artifact.bytes()), artifact.bytes().length);
            HttpResponse<String> there = others.manifest("others/app", "artifact", put, artifact.bytes());
            assertThat(there.statusCode()).as(there.body()).isEqualTo(201);
            for (Descriptor part : parts) {
                byte[] outer = Index.of(List.of(part)).bytes();
                Descriptor as = Descriptor.of(MediaType.Known.OCI_INDEX, Digest.sha256(outer), outer.length);
                assertThat(others.manifest("others/app", "1", as, outer).body())
                        .contains("\"code\":\"MANIFEST_BLOB_UNKNOWN\"");
            }
            for (Descriptor blob : theirs.blobs().subList(1, theirs.blobs().size())) {
                assertThat(others.send("HEAD", "/v2/others/app/blobs/" + blob.digest())
                                .statusCode())
                        .isEqualTo(404);
            }
        }
        for (Descriptor part : parts) {
            for (String what : List.of("", "/files", "/archive?format=oci", "/archive?format=rootfs")) {
                assertThat(get("/v1/images/" + encoded(part.digest().toString()) + what, scopes)
                                .statusCode())
                        .as(part + what)
                        .isEqualTo(404);
            }
        }
    }

    @Test
    void repositoriesAreWrittenToByThoseWhoMayWriteAndWithNothingThatTheyMayNotRead() throws Exception {
        byte[] blob = "ours".getBytes(UTF_8);
        String digest = Digest.sha256(blob).toString();
        String mount = "/blobs/uploads/?mount=" + digest + "&from=team/app";
        String theirs = " write:" + served.api.address() + "/others delete:" + served.api.address() + "/others";
        try (Pusher team = new Pusher(served.api.url(), Version.HTTP_1_1, with("read write delete"));
                Pusher others = new Pusher(
                        served.api.url(),
                        Version.HTTP_1_1,
                        with("read:" + served.api.address() + "/others" + theirs))) {
            assertThat(team.blob("team/app", blob).statusCode()).isEqualTo(201);

            assertThat(others.send("POST", "/v2/others/app" + mount).statusCode())
                    .isEqualTo(202);
            assertThat(others.send("HEAD", "/v2/others/app/blobs/" + digest).statusCode())
                    .isEqualTo(404);
            assertThat(team.send("POST", "/v2/others/app" + mount).statusCode()).isEqualTo(201);
            assertThat(others.send("POST", "/v2/team/app/blobs/uploads/").body())
                    .contains("\"code\":\"DENIED\"");
            assertThat(others.send("DELETE", "/v2/team/app/manifests/1").statusCode())
                    .isEqualTo(403);
            String place = team.begin("team/app");
            assertThat(others.send("PUT", place + "?digest=" + digest, blob).statusCode())
                    .isEqualTo(403);
        }
    }
}
