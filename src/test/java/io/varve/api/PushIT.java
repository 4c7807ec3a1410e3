package io.varve.api;

import static io.varve.api.Pusher.bytes;
import static io.varve.api.Pusher.header;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.bus.Slabs;
import io.varve.guard.Deadline;
import io.varve.http.Patience;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.ImageName;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.pipeline.PullListener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient.Version;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What clients put into repositories, over real sockets. */
class PushIT {
    private static final int UPLOADS = 3;
    private static final long UPLOAD_BYTES = 4L << 20;
    private static final MediaType SIGNATURE = MediaType.parse("application/vnd.example.signature");

    @TempDir
    Path directory;

    private final FakeSource source = new FakeSource();
    private ServedStore served;
    private Pusher pusher;

    @BeforeEach
    void serve() throws Exception {
        serve(Patience.DEFAULTS);
    }

    private void speak(Version version) {
        pusher.close();
        pusher = new Pusher(served.api.url(), version, Map.of());
    }

    private void serve(Patience patience) throws Exception {
        ApiLimits limits = ApiLimits.DEFAULTS;
        served = ServedStore.open(
                directory.resolve("store"),
                new ApiLimits(
                        limits.servedBytes(),
                        limits.listedNames(),
                        limits.requestBytes(),
                        limits.bodiesBytes(),
                        UPLOAD_BYTES,
                        0,
                        limits.connections(),
                        limits.requestsAtOnce(),
                        2L * Slabs.SIZE,
                        UPLOADS,
                        2 * UPLOAD_BYTES),
                patience);
        pusher = new Pusher(served.api.url(), Version.HTTP_1_1, Map.of());
    }

    @AfterEach
    void close() throws Exception {
        pusher.close();
        served.close();
        assertThat(ingest()).isEmpty();
    }

    private List<Path> ingest() throws IOException {
        Path ingest = directory.resolve("store/ingest");
        if (!Files.exists(ingest)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(ingest)) {
            return all.toList();
        }
    }

    private static byte[] noise(int bytes) {
        byte[] noise = new byte[bytes];
        new Random(bytes).nextBytes(noise);
        return noise;
    }

    private int status(String method, String path) throws Exception {
        return pusher.send(method, path).statusCode();
    }

    private String name(String rest) {
        return served.api.address() + "/" + rest;
    }

    private static void assertRefused(HttpResponse<String> response, int status, String code) {
        assertThat(response.body()).contains("\"code\":\"" + code + "\"");
        assertThat(response.statusCode()).isEqualTo(status);
    }

    private void collect() {
        served.services.collector().collect(Instant.now());
    }

    /** Later than all leases. */
    private void collectLater() {
        served.services.collector().collect(Instant.now().plus(Duration.ofDays(2)));
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void imageThatWasPushedIsThereForEverybody(Version version) throws Exception {
        speak(version);
        FakeImage image = FakeImage.gzip(source, "a", 1_000_000, 10);

        HttpResponse<String> put = pusher.image("team/app", "1", source, image);

        assertThat(put.statusCode()).as(put.body()).isEqualTo(201);
        assertThat(header(put, "Docker-Content-Digest"))
                .isEqualTo(image.manifest().digest().toString());
        assertThat(header(put, "Location"))
                .isEqualTo("/v2/team/app/manifests/" + image.manifest().digest());
        collectLater();
        assertThat(pusher.send("GET", "/v2/team/app/manifests/1").body())
                .isEqualTo(new String(bytes(source, image.manifest()), UTF_8));
        Digest layer = image.layers().getFirst().blob().digest();
        assertThat(served.digest(version, "/v2/team/app/blobs/" + layer)).isEqualTo(layer);
        assertThat(served.services
                        .images()
                        .open(ImageName.parse(name("team/app:1")), null, PullListener.NONE)
                        .layers())
                .hasSize(2);
    }

    @Test
    void uploadGoesOnWhereACutLeftIt() throws Exception {
        byte[] blob = noise(1_500_000);
        String place = pusher.begin("app");
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), served.port())) {
            socket.getOutputStream()
                    .write(("PATCH " + place + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + blob.length
                                    + "\r\n\r\n")
                            .getBytes(ISO_8859_1));
            socket.getOutputStream().write(blob, 0, 700_000);
            Deadline.until("it is at it", () -> served.api.load().requests() == 1);
        }
        served.awaitCalm();
        HttpResponse<String> status = pusher.send("GET", place);
        assertThat(status.statusCode()).isEqualTo(204);
        int end = Integer.parseInt(header(status, "Range").replace("0-", "")) + 1;
        assertThat(end).isBetween(1, 700_000);

        HttpResponse<String> rest = pusher.send(
                "PATCH",
                place,
                Arrays.copyOfRange(blob, end, blob.length),
                "Content-Range",
                end + "-" + (blob.length - 1));

        assertThat(rest.statusCode()).as(rest.body()).isEqualTo(202);
        assertThat(header(rest, "Range")).isEqualTo("0-" + (blob.length - 1));
        assertThat(pusher.send("PUT", header(rest, "Location") + "?digest=" + Digest.sha256(blob))
                        .statusCode())
                .isEqualTo(201);
        assertThat(served.digest(Version.HTTP_1_1, "/v2/app/blobs/" + Digest.sha256(blob)))
                .isEqualTo(Digest.sha256(blob));
        assertThat(status("GET", place)).isEqualTo(404);
    }

    @Test
    void whoeverIsBackBeforeHisConnectionIsGoneTakesTheUploadOver() throws Exception {
        String place = pusher.begin("app");
        try (RawClient stuck =
                new RawClient(served.port(), "PATCH " + place + " HTTP/1.1", "Host: localhost", "Content-Length: 9")) {
            Deadline.until("the first is at it", () -> served.api.load().requests() == 1);

            byte[] blob = noise(10);
            assertThat(pusher.send("PUT", place + "?digest=" + Digest.sha256(blob), blob)
                            .statusCode())
                    .isEqualTo(201);
            assertThat(stuck.head()).startsWith("HTTP/1.1 409");
        }
    }

    /** Buffers that nobody gives back are missed when all tests here have ended. */
    @Test
    void whatCameOfAnUploadThatWaitsForMemoryIsGivenBackWhenItsSenderGoes() throws Exception {
        String patch = "PATCH %s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
        try (Wire holding = new Wire(served.port())) {
            holding.send(patch.formatted(pusher.begin("app")));
            Deadline.until("it has all the memory", () -> served.api.load().requests() == 1);
            try (Wire waiting = new Wire(served.port())) {
                // More than Vert.x makes buffers of its own of, and not so many that nothing is heard of the end.
                waiting.send(patch.formatted(pusher.begin("app")) + "1\r\nx\r\n".repeat(20));
                Deadline.until("it waits", () -> served.api.load().requests() == 2);
            }
            Deadline.until("it has gone", () -> served.api.load().requests() == 1);
        }
    }

    @Test
    void chunkOutOfOrderIsRefusedAndTheUploadGoesOn() throws Exception {
        String place = pusher.begin("app");
        assertThat(pusher.send("PATCH", place, noise(10)).statusCode()).isEqualTo(202);

        HttpResponse<String> gap = pusher.send("PATCH", place, noise(5), "Content-Range", "11-15");

        assertRefused(gap, 416, "BLOB_UPLOAD_INVALID");
        assertThat(header(gap, "Range")).isEqualTo("0-9");
        assertRefused(pusher.send("PATCH", place, noise(5), "Content-Range", "10-15"), 400, "SIZE_INVALID");
        assertRefused(pusher.send("PATCH", place, noise(5), "Content-Range", "x"), 400, "BLOB_UPLOAD_INVALID");
        assertRefused(pusher.send("PUT", place), 400, "DIGEST_INVALID");
        assertThat(pusher.send("PUT", place + "?digest=" + Digest.sha256(noise(10)))
                        .statusCode())
                .isEqualTo(201);
    }

    @Test
    void wrongDigestLeavesNothing() throws Exception {
        String place = pusher.begin("app");
        Digest told = Digest.sha256(noise(11));

        assertRefused(pusher.send("PUT", place + "?digest=" + told, noise(10)), 400, "DIGEST_INVALID");

        assertThat(status("GET", place)).isEqualTo(404);
        assertThat(status("HEAD", "/v2/app/blobs/" + told)).isEqualTo(404);
        assertThat(status("HEAD", "/v2/app/blobs/" + Digest.sha256(noise(10)))).isEqualTo(404);
        assertRefused(pusher.send("POST", "/v2/app/blobs/uploads/?digest=" + told, noise(10)), 400, "DIGEST_INVALID");
        assertThat(ingest()).isEmpty();
    }

    @Test
    void oneRequestIsEnoughForASmallBlobOfEitherAlgorithm() throws Exception {
        speak(Version.HTTP_2);
        for (Digest.Algorithm algorithm : Digest.Algorithm.values()) {
            Digest digest = Digest.of(algorithm, noise(10));
            HttpResponse<String> put = pusher.send("POST", "/v2/app/blobs/uploads/?digest=" + digest, noise(10));
            assertThat(put.statusCode()).as(put.body()).isEqualTo(201);
            assertThat(header(put, "Location")).isEqualTo("/v2/app/blobs/" + digest);
            assertThat(status("HEAD", "/v2/app/blobs/" + digest)).isEqualTo(200);
        }
    }

    @Test
    void uploadsOfTheSameBlobAtOnceBothSucceed() throws Exception {
        byte[] blob = noise(2_000_000);
        List<CompletableFuture<Integer>> both = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            String place = pusher.begin("app" + i) + "?digest=" + Digest.sha256(blob);
            both.add(CompletableFuture.supplyAsync(() -> {
                try {
                    return pusher.send("PUT", place, blob).statusCode();
                } catch (IOException | InterruptedException e) {
                    throw new AssertionError(e);
                }
            }));
        }
        for (CompletableFuture<Integer> each : both) {
            assertThat(each.get()).isEqualTo(201);
        }
    }

    @Test
    void blobIsInTheRepositoryItWasPushedToAndInNoOther() throws Exception {
        FakeImage image = FakeImage.gzip(source, "a", 10);
        Descriptor layer = image.layers().getFirst().blob();
        pusher.blob("mine", bytes(source, layer));
        collect();

        assertThat(status("HEAD", "/v2/mine/blobs/" + layer.digest())).isEqualTo(200);
        assertThat(status("HEAD", "/v2/other/blobs/" + layer.digest())).isEqualTo(404);
        pusher.blob("other", bytes(source, image.config()));
        assertRefused(
                pusher.manifest("other", "1", image.manifest(), bytes(source, image.manifest())),
                404,
                "MANIFEST_BLOB_UNKNOWN");
        collectLater();
        assertThat(status("HEAD", "/v2/mine/blobs/" + layer.digest())).isEqualTo(404);
    }

    @Test
    void blobOfOneRepositoryIsMountedIntoAnother() throws Exception {
        Digest digest = Digest.sha256(noise(10));
        pusher.blob("mine", noise(10));

        HttpResponse<String> mounted = pusher.send("POST", "/v2/other/blobs/uploads/?mount=" + digest + "&from=mine");
        assertThat(mounted.statusCode()).isEqualTo(201);
        assertThat(header(mounted, "Location")).isEqualTo("/v2/other/blobs/" + digest);
        assertThat(status("HEAD", "/v2/other/blobs/" + digest)).isEqualTo(200);
        HttpResponse<String> absent = pusher.send("POST", "/v2/third/blobs/uploads/?mount=" + digest + "&from=none");
        assertThat(absent.statusCode()).isEqualTo(202);
        assertThat(status("DELETE", header(absent, "Location"))).isEqualTo(204);
        assertThat(status("GET", header(absent, "Location"))).isEqualTo(404);
    }

    @Test
    void manifestsThatMakeNoSenseAreRefused() throws Exception {
        FakeImage image = FakeImage.gzip(source, "a", 10);
        pusher.image("app", "1", source, image);
        byte[] config = ImageConfig.of(Platform.ofThisMachine(), List.of()).bytes();
        pusher.blob("app", config);
        Descriptor wrong = Descriptor.of(MediaType.Known.OCI_CONFIG, Digest.sha256(config), config.length);
        byte[] uneven =
                Manifest.of(wrong, List.of(image.layers().getFirst().blob())).bytes();
        byte[] good = bytes(source, image.manifest());
        String manifests = "/v2/app/manifests/";

        assertRefused(pusher.manifest("app", "2", image.manifest(), uneven), 400, "MANIFEST_INVALID");
        assertRefused(pusher.manifest("app", "2", image.manifest(), noise(10)), 400, "MANIFEST_INVALID");
        assertRefused(pusher.manifest("app", "-", image.manifest(), good), 400, "MANIFEST_INVALID");
        assertRefused(
                pusher.send("PUT", manifests + "2", good, "Content-Type", MediaType.Known.DOCKER_MANIFEST.toString()),
                400,
                "MANIFEST_INVALID");
        assertRefused(
                pusher.manifest("app", Digest.sha256(config).toString(), image.manifest(), good),
                400,
                "DIGEST_INVALID");
        assertRefused(pusher.manifest("app", "2", image.manifest(), noise(5 << 20)), 413, "SIZE_INVALID");
        assertRefused(pusher.send("PUT", "/v2/App/manifests/2", good), 400, "NAME_INVALID");
        assertThat(pusher.send("GET", "/v2/app/tags/list").body()).contains("\"tags\":[\"1\"]");
    }

    @Test
    void layersOfOthersAreNotThereForThoseWhoOnlySayThatABlobIsOne() throws Exception {
        FakeImage theirs = served.put("theirs:1", 1000);
        FakeImage mine = FakeImage.gzip(source, "mine", 300_000);
        FakeImage stolen = FakeImage.of(
                source,
                new LayerPlan(
                        mine.layers().getFirst().blob(),
                        theirs.layers().getFirst().diffId()));

        assertRefused(pusher.image("mine", "1", source, stolen), 400, "MANIFEST_INVALID");
        FakeImage noise = FakeImage.of(
                source,
                new LayerPlan(
                        source.add(MediaType.Known.OCI_LAYER_GZIP, new byte[] {0x1f, (byte) 0x8b, 8}),
                        mine.layers().getFirst().diffId()));
        assertRefused(pusher.image("mine", "1", source, noise), 400, "MANIFEST_INVALID");
        assertThat(pusher.image("mine", "1", source, mine).statusCode()).isEqualTo(201);
    }

    @Test
    void imagesAndTheirTagsAreTakenAway() throws Exception {
        FakeImage image = FakeImage.gzip(source, "a", 10);
        FakeImage other = FakeImage.gzip(source, "b", 10);
        for (String tag : List.of("1", "2")) {
            pusher.image("app", tag, source, image);
        }
        pusher.image("app", other.manifest().digest().toString(), source, other);
        Descriptor index = FakeImage.index(source, List.of(other.manifest()), List.of(Platform.ofThisMachine()));
        assertThat(pusher.manifest("app", "all", index, bytes(source, index)).statusCode())
                .isEqualTo(201);

        assertThat(status("DELETE", "/v2/app/manifests/1")).isEqualTo(202);
        assertThat(status("GET", "/v2/app/manifests/1")).isEqualTo(404);
        assertThat(status("DELETE", "/v2/app/manifests/1")).isEqualTo(404);
        assertThat(status("DELETE", "/v2/app/manifests/" + image.manifest().digest()))
                .isEqualTo(202);
        assertThat(pusher.send("GET", "/v2/app/tags/list").body()).contains("\"tags\":[\"all\"]");
        assertThat(status("GET", "/v2/app/manifests/" + image.manifest().digest()))
                .isEqualTo(404);
        assertRefused(
                pusher.send("DELETE", "/v2/app/manifests/" + other.manifest().digest()), 409, "DENIED");
        assertThat(status("GET", "/v2/app/manifests/" + other.manifest().digest()))
                .isEqualTo(200);
        assertRefused(pusher.send("DELETE", "/v2/app/blobs/" + image.config().digest()), 405, "UNSUPPORTED");
        collect();
        assertThat(status("HEAD", "/v2/app/blobs/" + image.config().digest())).isEqualTo(404);
    }

    private Descriptor signature(Descriptor subject, byte[] empty) throws Exception {
        Descriptor config =
                Descriptor.of(MediaType.parse("application/vnd.oci.empty.v1+json"), Digest.sha256(empty), empty.length);
        ObjectNode json = Manifest.of(config, List.of(config)).toJson();
        json.put("artifactType", SIGNATURE.toString());
        json.set("subject", subject.toJson());
        json.putObject("annotations").put("by", "me");
        return source.add(MediaType.Known.OCI_MANIFEST, Json.write(json));
    }

    @Test
    void whatSaysSomethingOfAnImageIsListedAndKeptWithIt() throws Exception {
        FakeImage image = FakeImage.gzip(source, "a", 10);
        byte[] empty = "{}".getBytes(UTF_8);
        Descriptor signature = signature(image.manifest(), empty);
        pusher.blob("app", empty);
        HttpResponse<String> put =
                pusher.manifest("app", signature.digest().toString(), signature, bytes(source, signature));
        assertThat(put.statusCode()).as(put.body()).isEqualTo(201);
        assertThat(header(put, "OCI-Subject"))
                .isEqualTo(image.manifest().digest().toString());
        pusher.image("app", "1", source, image);
        collectLater();

        String referrers = "/v2/app/referrers/" + image.manifest().digest();
        HttpResponse<String> all = pusher.send("GET", referrers);
        assertThat(header(all, "Content-Type")).isEqualTo(MediaType.Known.OCI_INDEX.toString());
        JsonNode listed = Json.read(all.body().getBytes(UTF_8), Json.DEFAULT_LIMIT)
                .get("manifests")
                .get(0);
        assertThat(listed.get("digest").textValue())
                .isEqualTo(signature.digest().toString());
        assertThat(listed.get("artifactType").textValue()).isEqualTo(SIGNATURE.toString());
        assertThat(listed.get("annotations").get("by").textValue()).isEqualTo("me");
        HttpResponse<String> others = pusher.send("GET", referrers + "?artifactType=a/b");
        assertThat(others.body()).contains("\"manifests\":[]");
        assertThat(header(others, "OCI-Filters-Applied")).isEqualTo("artifactType");
        assertThat(pusher.send("GET", "/v2/other/referrers/" + image.manifest().digest())
                        .body())
                .contains("\"manifests\":[]");
        assertThat(served.services.reasons().why(signature.digest(), Instant.now()))
                .isNotEmpty();

        pusher.send("DELETE", "/v2/app/manifests/1");
        pusher.send("DELETE", "/v2/app/manifests/" + image.manifest().digest());
        collectLater();
        assertThat(pusher.send("GET", referrers).body()).contains("\"manifests\":[]");
        assertThat(status("GET", "/v2/app/manifests/" + signature.digest())).isEqualTo(404);
    }

    @Test
    void uploadsHaveLimits() throws Exception {
        String place = pusher.begin("app");
        byte[] large = noise((int) UPLOAD_BYTES + 1);
        assertRefused(pusher.send("PATCH", place, large), 413, "SIZE_INVALID");
        assertThat(status("GET", place)).isEqualTo(404);

        for (int i = 0; i < UPLOADS; i++) {
            place = pusher.begin("app");
        }
        assertRefused(pusher.send("POST", "/v2/app/blobs/uploads/"), 429, "TOOMANYREQUESTS");
        assertThat(status("DELETE", place)).isEqualTo(204);
        pusher.begin("app");
    }

    @Test
    void uploadThatNobodyGoesOnWithMakesRoomAndWhoeverSendsNothingIsToldSo() throws Exception {
        Duration idle = Duration.ofSeconds(1);
        close();
        serve(new Patience(Duration.ofSeconds(10), Duration.ofSeconds(10), idle, 0));
        String first = pusher.begin("app");
        for (int i = 1; i < UPLOADS; i++) {
            pusher.begin("app");
        }
        String last = first;
        try (RawClient stuck =
                new RawClient(served.port(), "PATCH " + last + " HTTP/1.1", "Host: localhost", "Content-Length: 9")) {
            assertThat(stuck.head()).startsWith("HTTP/1.1 408");
        }
        pusher.begin("app");
        assertThat(status("GET", first)).isEqualTo(204);
    }

    @Test
    void othersGetNothingOutOfAnUpload() throws Exception {
        String place = pusher.begin("app");
        assertRefused(pusher.send("GET", place.replace("/app/", "/other/")), 404, "BLOB_UPLOAD_UNKNOWN");
        assertRefused(
                pusher.send("PUT", "/v2/app/blobs/uploads/none?digest=" + Digest.sha256(noise(1))),
                404,
                "BLOB_UPLOAD_UNKNOWN");
        assertRefused(pusher.send("GET", "/v2/app/blobs/uploads/"), 405, "UNSUPPORTED");
    }
}
