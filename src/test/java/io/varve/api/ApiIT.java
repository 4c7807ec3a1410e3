package io.varve.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import io.varve.oci.Platform;
import io.varve.pipeline.FakeImage;
import java.net.http.HttpClient.Version;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a store says to those who ask it by HTTP. */
class ApiIT {
    private static final String NOWHERE = "sha256:" + "0".repeat(64);

    @TempDir
    Path directory;

    private ServedStore served;

    @BeforeEach
    void open() throws Exception {
        served = ServedStore.open(
                directory.resolve("store"),
                new ApiLimits(64L << 20, 3, 1 << 20, 64L << 20, 1L << 30, 0, 100, 1000, 64L << 20, 256, 256L << 30));
    }

    @AfterEach
    void close() throws Exception {
        served.close();
    }

    private static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("-");
    }

    private static JsonNode json(HttpResponse<byte[]> response) {
        assertThat(header(response, "Content-Type")).isEqualTo("application/json");
        return Json.read(response.body(), 1 << 20);
    }

    private byte[] stored(Descriptor blob) throws Exception {
        return Files.readAllBytes(served.store.content().home(blob.digest()));
    }

    private void assertRefused(HttpResponse<byte[]> response, int status, String code) {
        assertThat(response.statusCode()).as(new String(response.body(), UTF_8)).isEqualTo(status);
        JsonNode errors = json(response).get("errors");
        assertThat(errors).hasSize(1);
        assertThat(errors.get(0).get("code").asText()).isEqualTo(code);
        assertThat(errors.get(0).get("message").asText()).isNotEmpty().doesNotContain(directory.toString());
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(each -> texts.add(each.asText()));
        return texts;
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void saysThatItIsARegistry(Version version) throws Exception {
        HttpResponse<byte[]> got = served.ask(version, "GET", "/v2/", Map.of());
        HttpResponse<byte[]> head = served.ask(version, "HEAD", "/v2/", Map.of());

        assertThat(got.version()).isEqualTo(version);
        assertThat(got.statusCode()).isEqualTo(200);
        assertThat(json(got)).isEmpty();
        assertThat(header(got, "Docker-Distribution-API-Version")).isEqualTo("registry/2.0");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(header(head, "Docker-Distribution-API-Version")).isEqualTo("registry/2.0");
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void manifestIsGivenByTagAndByDigest(Version version) throws Exception {
        Descriptor manifest = served.put("some/app:1", 1_000).manifest();
        for (String reference : List.of("1", manifest.digest().toString())) {
            String path = "/v2/some/app/manifests/" + reference;
            HttpResponse<byte[]> got = served.ask(version, "GET", path, Map.of());
            HttpResponse<byte[]> head = served.ask(version, "HEAD", path, Map.of());

            assertThat(got.body()).isEqualTo(stored(manifest));
            assertThat(head.body()).isEmpty();
            for (HttpResponse<byte[]> each : List.of(got, head)) {
                assertThat(each.statusCode()).isEqualTo(200);
                assertThat(header(each, "Content-Type"))
                        .isEqualTo(manifest.mediaType().toString());
                assertThat(header(each, "Content-Length")).isEqualTo(Long.toString(manifest.size()));
                assertThat(header(each, "Docker-Content-Digest"))
                        .isEqualTo(manifest.digest().toString());
                assertThat(header(each, "ETag")).isEqualTo("\"" + manifest.digest() + "\"");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void blobIsGivenWholeAndInParts(Version version) throws Exception {
        Descriptor blob = served.put("app:1", 2_000_000).layers().getFirst().blob();
        byte[] bytes = stored(blob);
        String path = "/v2/app/blobs/" + blob.digest();

        HttpResponse<byte[]> whole = served.ask(version, "GET", path, Map.of());
        HttpResponse<byte[]> head = served.ask(version, "HEAD", path, Map.of("Range", "bytes=1-2"));
        HttpResponse<byte[]> part = served.ask(version, "GET", path, Map.of("Range", "bytes=262143-1500000"));
        HttpResponse<byte[]> end = served.ask(version, "GET", path, Map.of("Range", "bytes=-7"));

        assertThat(whole.statusCode()).isEqualTo(200);
        assertThat(whole.body()).isEqualTo(bytes);
        assertThat(header(whole, "Accept-Ranges")).isEqualTo("bytes");
        assertThat(header(whole, "Content-Type")).isEqualTo("application/octet-stream");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(header(head, "Content-Length")).isEqualTo(Integer.toString(bytes.length));
        assertThat(header(head, "Docker-Content-Digest"))
                .isEqualTo(blob.digest().toString());
        assertThat(part.statusCode()).isEqualTo(206);
        assertThat(part.body()).isEqualTo(Arrays.copyOfRange(bytes, 262_143, 1_500_001));
        assertThat(header(part, "Content-Range")).isEqualTo("bytes 262143-1500000/" + bytes.length);
        assertThat(end.body()).isEqualTo(Arrays.copyOfRange(bytes, bytes.length - 7, bytes.length));
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void rangeBehindTheEndIsRefusedWithTheSize(Version version) throws Exception {
        Descriptor blob = served.put("app:1", 1_000).layers().getFirst().blob();

        HttpResponse<byte[]> response = served.ask(
                version, "GET", "/v2/app/blobs/" + blob.digest(), Map.of("Range", "bytes=" + blob.size() + "-"));

        assertRefused(response, 416, "RANGE_INVALID");
        assertThat(header(response, "Content-Range")).isEqualTo("bytes */" + blob.size());
    }

    @Test
    void rangeOfSomethingElseIsAnsweredWithTheWhole() throws Exception {
        Descriptor blob = served.put("app:1", 1_000).layers().getFirst().blob();
        String path = "/v2/app/blobs/" + blob.digest();
        String tag = "\"" + blob.digest() + "\"";

        assertThat(served.ask(Version.HTTP_1_1, "GET", path, Map.of("Range", "bytes=1-", "If-Range", "\"other\""))
                        .statusCode())
                .isEqualTo(200);
        assertThat(served.ask(Version.HTTP_1_1, "GET", path, Map.of("Range", "bytes=1-", "If-Range", tag))
                        .statusCode())
                .isEqualTo(206);
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void whoeverHasItIsToldSo(Version version) throws Exception {
        FakeImage image = served.put("app:1", 1_000);
        Descriptor blob = image.layers().getFirst().blob();
        for (String path : List.of("/v2/app/blobs/" + blob.digest(), "/v2/app/manifests/1")) {
            String tag = header(served.get(path), "ETag");
            for (String known : List.of(tag, "W/" + tag, "\"other\", " + tag, "*")) {
                for (String method : List.of("GET", "HEAD")) {
                    HttpResponse<byte[]> response = served.ask(version, method, path, Map.of("If-None-Match", known));
                    assertThat(response.statusCode()).as(known).isEqualTo(304);
                    assertThat(response.body()).isEmpty();
                    assertThat(header(response, "ETag")).isEqualTo(tag);
                }
            }
            assertThat(served.ask(version, "GET", path, Map.of("If-None-Match", "\"other\""))
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void storeWithNothingInItHasNoRepositories() throws Exception {
        assertRefused(served.get("/v2/app/manifests/1"), 404, "NAME_UNKNOWN");
        assertRefused(served.get("/v2/app/blobs/" + NOWHERE), 404, "NAME_UNKNOWN");
        assertRefused(served.get("/v2/app/tags/list"), 404, "NAME_UNKNOWN");
        assertThat(json(served.get("/v2/_catalog")).get("repositories")).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void whatThereIsNotIsUnknown(Version version) throws Exception {
        FakeImage image = served.put("app:1", 1_000);
        Map<String, String> unknown = Map.of(
                "/v2/app/manifests/2",
                "MANIFEST_UNKNOWN",
                "/v2/app/manifests/" + NOWHERE,
                "MANIFEST_UNKNOWN",
                "/v2/app/manifests/" + image.config().digest(),
                "MANIFEST_UNKNOWN",
                "/v2/app/blobs/" + NOWHERE,
                "BLOB_UNKNOWN",
                "/v2/app/blobs/" + image.layers().getFirst().diffId(),
                "BLOB_UNKNOWN",
                "/v2/ap/manifests/1",
                "NAME_UNKNOWN",
                "/v2/app/app/blobs/" + image.config().digest(),
                "NAME_UNKNOWN",
                "/v2/other/tags/list",
                "NAME_UNKNOWN");
        for (Map.Entry<String, String> each : unknown.entrySet()) {
            assertRefused(served.ask(version, "GET", each.getKey(), Map.of()), 404, each.getValue());
            HttpResponse<byte[]> head = served.ask(version, "HEAD", each.getKey(), Map.of());
            assertThat(head.statusCode()).isEqualTo(404);
            assertThat(head.body()).isEmpty();
        }
    }

    @Test
    void repositoryHasWhatItsOwnImagesNeedAndNothingElse() throws Exception {
        FakeImage one = served.put("one:1", 1_000, 2_000);
        FakeImage two = FakeImage.of(
                served.source,
                one.layers().getFirst(),
                served.put("three:1", 500).layers().getFirst());
        served.put("two:1", two.manifest());
        Digest shared = one.layers().get(0).blob().digest();
        Digest own = one.layers().get(1).blob().digest();

        assertThat(served.get("/v2/one/blobs/" + shared).statusCode()).isEqualTo(200);
        assertThat(served.get("/v2/two/blobs/" + shared).statusCode()).isEqualTo(200);
        assertRefused(served.get("/v2/three/blobs/" + shared), 404, "BLOB_UNKNOWN");
        assertThat(served.get("/v2/one/blobs/" + own).statusCode()).isEqualTo(200);
        assertRefused(served.get("/v2/two/blobs/" + own), 404, "BLOB_UNKNOWN");
        assertRefused(served.get("/v2/two/manifests/" + one.manifest().digest()), 404, "MANIFEST_UNKNOWN");

        served.untag("one:1");

        assertRefused(served.get("/v2/one/blobs/" + own), 404, "NAME_UNKNOWN");
        assertThat(served.get("/v2/two/blobs/" + shared).statusCode()).isEqualTo(200);
    }

    @Test
    void namesOfOtherRegistriesAreNotServed() throws Exception {
        FakeImage image = served.put("app:1", 1_000);
        served.store.write(
                "test",
                session -> session.write(transaction -> {
                    transaction.tag("docker.io/library/hub:1", image.manifest().digest(), Instant.now());
                    return true;
                }));

        assertRefused(served.get("/v2/library/hub/manifests/1"), 404, "NAME_UNKNOWN");
        try (RawClient client = new RawClient(served.port(), "GET /v2/app/manifests/1 HTTP/1.1", "Host: localhost")) {
            assertThat(client.head()).startsWith("HTTP/1.1 200 ");
        }
    }

    /** Else pages of whoever has the name could ask for everything from the browser of somebody here. */
    @ParameterizedTest
    @ValueSource(strings = {"/v2/app/manifests/1", "/v1/images", "/v1/images/app/files/x", "/"})
    void namesThatOnlyLeadHereAreNotAnswered(String path) throws Exception {
        for (String host : List.of("evil.example", "evil.example:7077", "127.0.0.1.evil.example", "10.0.0.1")) {
            try (RawClient client = new RawClient(served.port(), "GET " + path + " HTTP/1.1", "Host: " + host)) {
                assertThat(client.head()).startsWith("HTTP/1.1 421 ");
            }
        }
        for (String host : List.of("127.0.0.1", "127.1.2.3:80", "LOCALHOST:7077", "[::1]:7077")) {
            try (RawClient client = new RawClient(served.port(), "GET " + path + " HTTP/1.1", "Host: " + host)) {
                assertThat(client.head()).doesNotContain(" 421 ");
            }
        }
    }

    @Test
    void imageIndexIsGivenWithTheImagesThatCame() throws Exception {
        FakeImage here = FakeImage.gzip(served.source, "here", 1_000);
        FakeImage elsewhere = FakeImage.gzip(served.source, "elsewhere", 1_000);
        Descriptor index = FakeImage.index(
                served.source,
                List.of(here.manifest(), elsewhere.manifest()),
                List.of(Platform.ofThisMachine(), Platform.parse("windows/s390x")));
        served.put("app:1", index);

        HttpResponse<byte[]> response = served.get("/v2/app/manifests/1");

        assertThat(header(response, "Content-Type")).isEqualTo(index.mediaType().toString());
        assertThat(Digest.sha256(response.body())).isEqualTo(index.digest());
        assertThat(served.get("/v2/app/manifests/" + here.manifest().digest()).statusCode())
                .isEqualTo(200);
        assertRefused(served.get("/v2/app/manifests/" + elsewhere.manifest().digest()), 404, "MANIFEST_UNKNOWN");
    }

    @ParameterizedTest
    @CsvSource({
        "/v2/App/manifests/1, 400, NAME_INVALID",
        "/v2/../manifests/1, 400, NAME_INVALID",
        "/v2/a/../../etc/manifests/passwd, 400, NAME_INVALID",
        "/v2/a%2F..%2Fb/manifests/1, 400, NAME_INVALID",
        "/v2/a%00b/manifests/1, 400, NAME_INVALID",
        "/v2/a%0D%0Ax/manifests/1, 400, NAME_INVALID",
        "/v2/a:1/manifests/1, 400, NAME_INVALID",
        "/v2//manifests/1, 404, UNSUPPORTED",
        "/v2/a//b/tags/list, 400, NAME_INVALID",
        "/v2/-a/tags/list, 400, NAME_INVALID",
        "/v2/%/tags/list, 404, UNSUPPORTED",
        "/v2/app/blobs/sha256:12, 400, DIGEST_INVALID",
        "/v2/app/blobs/latest, 400, DIGEST_INVALID",
        "/v2/app/blobs/md5:d41d8cd98f00b204e9800998ecf8427e, 400, DIGEST_INVALID",
        "/v2/app/blobs/sha256:..%2f..%2fpasswd, 404, UNSUPPORTED",
        "/v2/app/manifests/sha256:ABC, 400, DIGEST_INVALID",
        "/v2/app/manifests/1%00, 404, MANIFEST_UNKNOWN",
        "/v2/app/manifests/.., 404, MANIFEST_UNKNOWN",
        "/v2/app/manifests/%25, 404, MANIFEST_UNKNOWN",
        "/v2/app/tags/list?n=-1, 400, PAGINATION_NUMBER_INVALID",
        "/v2/app/tags/list?n=x, 400, PAGINATION_NUMBER_INVALID",
        "/v2/app/tags/list?n=9999999999999999999999, 400, PAGINATION_NUMBER_INVALID",
        "/v2/app/tags/list?n=%zz, 400, PAGINATION_NUMBER_INVALID",
        "/v2/app/referrers/sha256:12, 400, DIGEST_INVALID",
        "/v2x, 404, NotFound",
        "/etc/passwd, 404, NotFound"
    })
    void hostilePathsAreRefused(String path, int status, String code) throws Exception {
        served.put("app:1", 1_000);
        try (RawClient client =
                new RawClient(served.port(), "GET " + path + " HTTP/1.1", "Host: localhost", "Connection: close")) {
            assertThat(client.head())
                    .startsWith("HTTP/1.1 " + status + " ")
                    .contains(code.equals("NotFound") ? "application/problem+json" : "application/json");
        }
        if (!path.contains("%zz") && !path.contains("/%/")) {
            if (code.equals("NotFound")) {
                assertThat(served.get(path).statusCode()).isEqualTo(status);
            } else {
                assertRefused(served.get(path), status, code);
            }
        }
    }

    @Test
    void namesThatAreTooLongAreRefused() throws Exception {
        assertRefused(served.get("/v2/" + "a".repeat(256) + "/tags/list"), 400, "NAME_INVALID");
        assertRefused(served.get("/v2/" + "a/".repeat(1_500) + "a/tags/list"), 400, "NAME_INVALID");
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /v2/app/manifests/1, 'GET, HEAD, PUT, DELETE'",
        "PATCH, /v2/app/manifests/1, 'GET, HEAD, PUT, DELETE'",
        "PUT, /v2/app/blobs/uploads/, POST",
        "GET, /v2/app/blobs/uploads/, POST",
        "POST, /v2/app/tags/list, 'GET, HEAD'",
        "DELETE, /v2/_catalog, 'GET, HEAD'",
        "PUT, /v2/, 'GET, HEAD'"
    })
    void methodsThatMeanNothingAreRefused(String method, String path, String allowed) throws Exception {
        HttpResponse<byte[]> response = served.ask(Version.HTTP_1_1, method, path, Map.of());
        assertRefused(response, 405, "UNSUPPORTED");
        assertThat(header(response, "Allow")).isEqualTo(allowed);
    }

    /** As a client does: with what the link says, until there is none. */
    private List<List<String>> pages(String path, String member) throws Exception {
        List<List<String>> pages = new ArrayList<>();
        for (String next = path; !next.equals("-"); ) {
            HttpResponse<byte[]> response = served.get(next);
            assertThat(response.statusCode()).isEqualTo(200);
            pages.add(texts(json(response).get(member)));
            String link = header(response, "Link");
            assertThat(link).matches("-|<[^>]+>; rel=\"next\"");
            next = link.replaceFirst("^<([^>]+)>.*", "$1");
        }
        return pages;
    }

    @Test
    void tagsAreListedPageByPage() throws Exception {
        Descriptor manifest = served.put("app:b", 1_000).manifest();
        for (String tag : List.of("a", "C", "_x", "1.0", "d-e")) {
            served.put("app:" + tag, manifest);
        }
        served.put("app/below:z", manifest);
        served.put("app-2:y", manifest);

        assertThat(json(served.get("/v2/app/tags/list?n=2")).get("name").asText())
                .isEqualTo("app");
        assertThat(pages("/v2/app/tags/list?n=2", "tags"))
                .containsExactly(List.of("1.0", "C"), List.of("_x", "a"), List.of("b", "d-e"));
        assertThat(pages("/v2/app/tags/list", "tags"))
                .as("no more than the limit at once")
                .containsExactly(List.of("1.0", "C", "_x"), List.of("a", "b", "d-e"));
        assertThat(pages("/v2/app/tags/list?n=1000000&last=_x", "tags")).containsExactly(List.of("a", "b", "d-e"));
        assertThat(pages("/v2/app/tags/list?last=_", "tags").getFirst()).startsWith("_x");
        assertThat(pages("/v2/app/tags/list?last=zzz", "tags")).containsExactly(List.of());
        assertThat(pages("/v2/app/tags/list?n=0", "tags")).containsExactly(List.of());
    }

    @Test
    void repositoriesAreListedPageByPage() throws Exception {
        Descriptor manifest = served.put("b:1", 1_000).manifest();
        for (String name : List.of("b:2", "a/x:1", "a:1", "a:zzz", "a-1:1")) {
            served.put(name, manifest);
        }

        assertThat(pages("/v2/_catalog?n=2", "repositories")).containsExactly(List.of("a-1", "a/x"), List.of("a", "b"));
        assertThat(pages("/v2/_catalog?n=0", "repositories")).containsExactly(List.of());
    }

    @Test
    void blobThatWasRemovedIsUnknown() throws Exception {
        Descriptor blob = served.put("app:1", 1_000).layers().getFirst().blob();
        Files.delete(served.store.content().home(blob.digest()));

        HttpResponse<byte[]> response = served.get("/v2/app/blobs/" + blob.digest());

        assertRefused(response, 404, "BLOB_UNKNOWN");
        assertThat(header(response, "ETag")).isEqualTo("-");
    }

    @Test
    void storeThatCannotBeReadIsToldWithoutItsPath() throws Exception {
        served.put("app:1", 1_000);
        Files.writeString(directory.resolve("store/varve.json"), "{\"version\": 1000000}");

        HttpResponse<byte[]> response = served.get("/v2/app/manifests/1");

        assertThat(response.statusCode()).isGreaterThanOrEqualTo(500);
        assertThat(json(response).toString()).doesNotContain(directory.toString());
    }

    @Test
    void listensOnLoopbackOnly() {
        assertThat(served.api.address()).matches("127\\.0\\.0\\.1:[1-9][0-9]*");
        for (String host : List.of("0.0.0.0", "192.0.2.1", "::", "localhost", "", "127.0.0.1.example")) {
            assertThatThrownBy(() -> new ApiOptions(host, 0, "", ApiLimits.DEFAULTS))
                    .isInstanceOf(Failure.class)
                    .hasMessageStartingWith("Invalid: listen address: got " + host);
        }
    }

    @Test
    void addressThatIsTakenIsTold() {
        ApiOptions taken = new ApiOptions("127.0.0.1", served.port(), "", ApiLimits.DEFAULTS);

        assertThatThrownBy(() -> Api.listen(served.vertx, served.services, taken))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("Unavailable: listening on " + served.api.address() + ": ");
    }
}
