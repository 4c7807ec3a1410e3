package io.varve.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.image.Tarball;
import io.varve.oci.Json;
import io.varve.pipeline.FakeImage;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Images as files over HTTP, both ways, and what is told of them. */
class ArchivesOverHttpIT {
    private static final String TAR = "application/x-tar";

    @TempDir
    Path directory;

    private ServedStore served;
    private HttpClient client;
    private FakeImage image;
    private String name;

    @BeforeEach
    void open() throws Exception {
        served = ServedStore.open(directory, ApiLimits.DEFAULTS);
        client = HttpClient.newHttpClient();
        image = served.put("app:1", 700_000, 20);
        name = served.api.address() + "/app:1";
    }

    @AfterEach
    void close() throws Exception {
        client.shutdownNow();
        served.close();
    }

    private static String encoded(String reference) {
        return URLEncoder.encode(reference, UTF_8);
    }

    private byte[] archive(String reference, String format) throws Exception {
        HttpResponse<byte[]> response = served.get("/v1/images/" + encoded(reference) + "/archive?format=" + format);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).contains(TAR);
        return response.body();
    }

    private HttpResponse<byte[]> send(Version version, String query, String type, byte[] body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(served.api.url() + "/v1/images/archive" + query))
                .version(version)
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofByteArray());
    }

    private void assertNothingIsStaged() {
        assertThat(directory.resolve("ingest").toFile().list((folder, file) -> file.startsWith("staged")))
                .isEmpty();
    }

    private static ObjectNode json(HttpResponse<byte[]> response) {
        return Json.read(response.body(), Json.DEFAULT_LIMIT);
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void whatGoesOutComesInAgain(Version version) throws Exception {
        byte[] sent = archive(name, "oci");
        served.untag("app:1");

        HttpResponse<byte[]> response = send(version, "", TAR, sent);

        assertThat(json(response).toString())
                .contains(
                        "\"image\":\"" + name + "\"",
                        "\"digest\":\"" + image.manifest().digest() + "\"");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(archive(name, "oci")).isEqualTo(sent);
        assertNothingIsStaged();
    }

    @Test
    void dockersArchiveIsAnotherImageWithTheSameConfiguration() throws Exception {
        byte[] sent = archive(name, "docker");

        ObjectNode imported = json(send(Version.HTTP_1_1, "?reference=new%2Fname&format=docker", TAR, sent));

        assertThat(imported.at("/images/0/image").textValue()).isEqualTo("docker.io/new/name:latest");
        ObjectNode before = json(served.get("/v1/images/" + encoded(name)));
        ObjectNode after = json(served.get("/v1/images/new%2Fname"));
        assertThat(after.at("/manifest/config/digest")).isEqualTo(before.at("/manifest/config/digest"));
        assertThat(after.get("chainId")).isEqualTo(before.get("chainId"));
        assertThat(json(served.get("/v1/images/new%2Fname/diff/" + encoded(name)))
                        .at("/changes"))
                .isEmpty();
    }

    @Test
    void rootFilesystemBecomesAnImageAndItsUsageAndItsDifferenceAreTold() throws Exception {
        byte[] rootfs = new Tarball()
                .dir("etc")
                .file("etc/x", "12345")
                .file("etc/x", "67")
                .bytes();

        assertThat(send(Version.HTTP_2, "?reference=root", "application/octet-stream", rootfs)
                        .statusCode())
                .isEqualTo(200);

        ObjectNode usage = json(served.get("/v1/images/root/usage"));
        assertThat(usage.at("/total/fileBytes").intValue()).isEqualTo(7);
        assertThat(usage.at("/total/shownBytes").intValue()).isEqualTo(2);
        assertThat(usage.at("/layers/0/wastedBytes").intValue()).isEqualTo(5);
        assertThat(usage.at("/layers/0/shared").booleanValue()).isFalse();
        ObjectNode diff = json(served.get("/v1/images/" + encoded(name) + "/diff/root"));
        assertThat(diff.get("changes").toString()).contains("{\"change\":\"A\",\"to\":{\"name\":\"/etc/x\"");
    }

    @ParameterizedTest
    @CsvSource({
        "application/json,  '',                 415, wanted application/x-tar",
        "application/x-tar, '',                 400, got the end of the tar",
        "application/x-tar, ?format=zip,        400, parameter format",
        "application/x-tar, ?reference=A%2FB,   400, lower case",
        "application/x-tar, ?more=1,            400, there is no parameter more",
    })
    void refusesInOneLine(String type, String query, int status, String detail) throws Exception {
        HttpResponse<byte[]> refused = send(Version.HTTP_1_1, query, type, "no tar".getBytes(UTF_8));

        assertThat(new String(refused.body(), UTF_8)).contains(detail);
        assertThat(refused.statusCode()).isEqualTo(status);
    }

    @Test
    void refusesBytesThatAreNotWhatTheyAreSaidToBe() throws Exception {
        byte[] sent = archive(name, "oci");
        served.untag("app:1");
        served.services.collector().collect(java.time.Instant.now().plusSeconds(1_000_000));
        int last = sent.length - 8000;
        byte[] damaged = Arrays.copyOf(sent, sent.length);
        for (int i = 600_000; i < last; i++) {
            damaged[i] ^= 1;
        }

        HttpResponse<byte[]> refused = send(Version.HTTP_1_1, "", TAR, damaged);

        assertThat(refused.statusCode()).isNotEqualTo(200);
        assertThat(served.get("/v1/images/" + encoded(name)).statusCode()).isEqualTo(404);
    }

    @Test
    void nothingIsLeftOfACompressedArchiveThatIsRefusedForWhatIsInIt() throws Exception {
        byte[] empty = FakeImage.gzipped(new Tarball()
                .file("oci-layout", "{\"imageLayoutVersion\": \"1.0.0\"}")
                .file("index.json", "{\"schemaVersion\": 2, \"manifests\": []}")
                .bytes());

        HttpResponse<byte[]> refused = send(Version.HTTP_1_1, "", TAR, empty);

        assertThat(new String(refused.body(), UTF_8)).contains("got no image in the archive");
        assertNothingIsStaged();
    }

    @Test
    void moreThanTheLimitIsRefused() throws Exception {
        served.close();
        ApiLimits few = ApiLimits.DEFAULTS;
        served = ServedStore.open(
                directory.resolve("other"),
                new ApiLimits(
                        few.servedBytes(),
                        few.listedNames(),
                        few.requestBytes(),
                        few.bodiesBytes(),
                        1000,
                        few.freeBytes(),
                        few.connections(),
                        few.requestsAtOnce(),
                        few.receivedBytes(),
                        few.openUploads(),
                        few.openUploadBytes()));

        HttpResponse<byte[]> refused = send(Version.HTTP_1_1, "", TAR, new byte[1001]);

        assertThat(new String(refused.body(), UTF_8)).contains("limits.uploadBytes");
        assertThat(refused.statusCode()).isEqualTo(413);
    }

    @Test
    void headHasNoBody() throws Exception {
        for (String path : new String[] {"/archive?format=docker", "/diff/" + encoded(name), "/usage"}) {
            HttpResponse<byte[]> head =
                    served.ask(Version.HTTP_1_1, "HEAD", "/v1/images/" + encoded(name) + path, Map.of());
            assertThat(head.statusCode()).isEqualTo(200);
            assertThat(head.body()).isEmpty();
        }
    }
}
