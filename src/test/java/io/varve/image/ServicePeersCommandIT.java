package io.varve.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.oci.Json;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.registry.FakeRegistry;
import io.vertx.core.Vertx;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code varve serve} as curl and h2load find it. */
class ServicePeersCommandIT {
    private static final String FILE = "0123456789";

    @TempDir
    Path directory;

    private final FakeSource source = new FakeSource();
    private Vertx vertx;
    private FakeRegistry registry;
    private RunningService service;
    private String image;
    private String found;

    @BeforeEach
    void start() throws Exception {
        Peers.need("curl", "h2load");
        vertx = Vertx.vertx();
        registry = FakeRegistry.http(vertx);
        byte[] tar = new Tarball().dir("etc/").file("etc/digits", FILE).bytes();
        registry.add("app", "1", source, FakeImage.of(source, FakeImage.gzipLayer(source, tar)));
        image = registry.reference("app", "1").toString();
        service = RunningService.start(new Varve(directory), Map.of());
        found = "http://" + service.address() + "/v1/images/" + URLEncoder.encode(image, UTF_8);
    }

    @AfterEach
    void stop() throws Exception {
        service.close();
        registry.close();
        vertx.close().await(RunningService.PATIENCE_S, TimeUnit.SECONDS);
    }

    private String program(String... words) throws Exception {
        return new Program(directory, words).succeed();
    }

    private String curl(String... words) throws Exception {
        List<String> all = new ArrayList<>(List.of("curl", "-sS", "--max-time", "60"));
        all.addAll(List.of(words));
        return program(all.toArray(String[]::new));
    }

    private String order() {
        return Json.object().put("image", image).toString();
    }

    private void pull() throws Exception {
        String job = curl(
                "-H",
                "Content-Type: application/json",
                "-H",
                "Prefer: wait=60",
                "-d",
                order(),
                "http://" + service.address() + "/v1/pulls");
        assertThat(job).contains("\"state\":\"done\"");
    }

    @ParameterizedTest
    @CsvSource({"--http1.1, 1.1", "--http2, 2", "--http2-prior-knowledge, 2"})
    void filesAndRangesComeInEveryVersion(String how, String version) throws Exception {
        pull();
        String url = found + "/files/etc/digits";

        assertThat(curl(how, "-w", " %{http_version} %{http_code}", url)).isEqualTo(FILE + " " + version + " 200");
        assertThat(curl(how, "-r", "2-4", "-w", " %{http_code}", url)).isEqualTo("234 206");
        assertThat(curl(how, "-r", "0-1,8-9", url)).contains("bytes 0-1/10", "bytes 8-9/10");
        assertThat(curl(how, "-I", url)).containsIgnoringCase("content-length: 10");
        Path tag = directory.resolve("tag");
        curl(how, "--etag-save", tag.toString(), url);
        assertThat(curl(how, "--etag-compare", tag.toString(), "-w", "%{http_code}", url))
                .isEqualTo("304");
    }

    @Test
    void jobIsFollowedToItsEnd() throws Exception {
        String location = curl(
                        "-H",
                        "Content-Type: application/json",
                        "-d",
                        order(),
                        "-o",
                        "/dev/null",
                        "-w",
                        "%header{location}",
                        "http://" + service.address() + "/v1/pulls")
                .strip();

        assertThat(curl("-N", "http://" + service.address() + location + "/events"))
                .contains("event: done")
                .endsWith("\n\n");
    }

    @Test
    void twoThousandStreamsAtOnceAreAllAnswered() throws Exception {
        pull();

        assertThat(program("h2load", "-n", "10000", "-c", "20", "-m", "100", found))
                .contains("10000 succeeded, 0 failed, 0 errored, 0 timeout")
                .contains("status codes: 10000 2xx");
    }

    @Test
    void pullsOfOneImageAtOnceAreAllServedByOne() throws Exception {
        Path body = Files.writeString(directory.resolve("order.json"), order());

        String told = program(
                "h2load",
                "-n",
                "200",
                "-c",
                "4",
                "-m",
                "50",
                "-H",
                "Content-Type: application/json",
                "-H",
                "Prefer: wait=60",
                "-d",
                body.toString(),
                "http://" + service.address() + "/v1/pulls");

        assertThat(told).contains("status codes: 200 2xx");
        assertThat(registry.server().asked("/app/blobs/")).hasSize(2);
    }
}
