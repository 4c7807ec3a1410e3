package io.varve.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.image.Tarball;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Json;
import io.varve.pipeline.FakeImage;
import java.io.ByteArrayInputStream;
import java.net.URLEncoder;
import java.net.http.HttpClient.Version;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Files of images, out of their layers' tars, as clients see them. */
class FilesOverHttpIT {
    private static final byte[] NOISE = new byte[1_000_003];

    static {
        new Random(1).nextBytes(NOISE);
    }

    @TempDir
    Path directory;

    private ServedStore served;
    private String files;

    @BeforeEach
    void serve() throws Exception {
        served = ServedStore.open(directory.resolve("store"), ApiLimits.DEFAULTS);
        Tarball lower = new Tarball()
                .dir("etc/")
                .file("etc/passwd", "root\n")
                .file("etc/gone", "x")
                .file("noise".getBytes(UTF_8), NOISE)
                .file("empty", "")
                .sparse("sparse", 1_000_000, new long[] {500_000, 5}, "hello".getBytes(UTF_8))
                .symlink("link", "/etc/passwd")
                .symlink("out", "../../../../etc/passwd")
                .symlink("loop", "loop")
                .file(new byte[] {(byte) 0xff}, "odd".getBytes(UTF_8));
        Tarball upper = new Tarball().whiteout("etc/gone").file("etc/new", "new\n");
        served.put("app:1", image(lower.bytes(), upper.bytes()));
        files = "/v1/images/" + URLEncoder.encode(served.api.address() + "/app:1", UTF_8) + "/files";
    }

    @AfterEach
    void close() throws Exception {
        served.close();
    }

    private Descriptor image(byte[]... tars) {
        LayerPlan[] layers = Arrays.stream(tars)
                .map(tar -> FakeImage.gzipLayer(served.source, tar))
                .toArray(LayerPlan[]::new);
        return FakeImage.of(served.source, layers).manifest();
    }

    private HttpResponse<byte[]> get(String file, Map<String, String> headers) throws Exception {
        return served.ask(Version.HTTP_2, "GET", files + file, headers);
    }

    private static ObjectNode json(HttpResponse<byte[]> response) {
        return Json.read(response.body(), Json.DEFAULT_LIMIT);
    }

    private List<String> names(ObjectNode listing) {
        List<String> names = new ArrayList<>();
        listing.get("entries").forEach(entry -> names.add(entry.get("name").textValue()));
        return names;
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void fileIsGivenAsItIs(Version version) throws Exception {
        HttpResponse<byte[]> whole = served.ask(version, "GET", files + "/noise", Map.of());

        assertThat(whole.statusCode()).isEqualTo(200);
        assertThat(whole.body()).isEqualTo(NOISE);
        assertThat(whole.headers().firstValue("Content-Type")).contains("application/octet-stream");
        assertThat(whole.headers().firstValue("X-Content-Type-Options")).contains("nosniff");

        HttpResponse<byte[]> head = served.ask(version, "HEAD", files + "/noise", Map.of());
        assertThat(head.headers().firstValue("Content-Length")).contains("1000003");
        assertThat(head.headers().firstValue("ETag")).isEqualTo(whole.headers().firstValue("ETag"));
        assertThat(head.body()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "/etc/passwd, root",
        "/etc/new,    new",
        "/link,       root",
        "/out,        root",
        "/etc/../etc/passwd, root",
        "//etc//passwd, root",
        "/%ff,        odd",
    })
    void pathsAreThoseOfTheImage(String path, String content) throws Exception {
        HttpResponse<byte[]> file = get(path, Map.of());

        assertThat(file.statusCode()).isEqualTo(200);
        assertThat(new String(file.body(), UTF_8).strip()).isEqualTo(content);
    }

    @ParameterizedTest
    @CsvSource({
        "/etc/gone,             404, no such path",
        "/none,                 404, no such path",
        "/..%2f..%2fetc%2fhosts, 404, no such path",
        "/loop,                 400, loop",
        "/a%zz,                 400, %zz",
        "/etc?limit=0,          400, limit",
        "/etc?after=%21,        400, after",
        "/etc?other=1,          400, there is no parameter other",
        "/etc?limit=1&limit=2,  400, parameter limit: got it twice",
    })
    void pathThatLeadsNowhereIsRefused(String path, int status, String wrong) throws Exception {
        // The JDK's client would not send escapes that are none.
        try (RawClient client = RawClient.get(served.port(), files + path)) {
            assertThat(client.head()).startsWith("HTTP/1.1 " + status + " ").contains("application/problem+json");
        }
        if (!path.contains("%zz")) {
            assertThat(json(get(path, Map.of())).get("detail").textValue()).contains(wrong);
        }
    }

    @Test
    void holesAreZeros() throws Exception {
        byte[] expected = new byte[1_000_000];
        System.arraycopy("hello".getBytes(UTF_8), 0, expected, 500_000, 5);

        assertThat(get("/sparse", Map.of()).body()).isEqualTo(expected);
        assertThat(get("/sparse", Map.of("Range", "bytes=499999-500002")).body())
                .isEqualTo(new byte[] {0, 'h', 'e', 'l'});
    }

    @Test
    void rangesAreParts() throws Exception {
        HttpResponse<byte[]> part = get("/noise", Map.of("Range", "bytes=262140-262150"));
        assertThat(part.statusCode()).isEqualTo(206);
        assertThat(part.headers().firstValue("Content-Range")).contains("bytes 262140-262150/1000003");
        assertThat(part.body()).isEqualTo(Arrays.copyOfRange(NOISE, 262140, 262151));

        HttpResponse<byte[]> beyond = get("/noise", Map.of("Range", "bytes=1000003-"));
        assertThat(beyond.statusCode()).isEqualTo(416);
        assertThat(beyond.headers().firstValue("Content-Range")).contains("bytes */1000003");
    }

    @Test
    void severalRangesAreOneMultipartAnswer() throws Exception {
        HttpResponse<byte[]> parts = get("/etc/passwd", Map.of("Range", "bytes=0-1,3-3"));

        assertThat(parts.statusCode()).isEqualTo(206);
        String type = parts.headers().firstValue("Content-Type").orElseThrow();
        String boundary = "--" + type.replaceFirst(".*boundary=", "");
        String head = "\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes ";
        assertThat(new String(parts.body(), UTF_8))
                .isEqualTo("\r\n" + boundary + head + "0-1/5\r\n\r\nro\r\n" + boundary + head + "3-3/5\r\n\r\nt\r\n"
                        + boundary + "--\r\n");
    }

    @Test
    void whoHasTheFileIsNotGivenItAgain() throws Exception {
        String tag = get("/noise", Map.of()).headers().firstValue("ETag").orElseThrow();

        assertThat(get("/noise", Map.of("If-None-Match", tag)).statusCode()).isEqualTo(304);
        assertThat(get("/etc/passwd", Map.of("If-None-Match", tag)).statusCode())
                .isEqualTo(200);
        assertThat(get("/noise", Map.of("If-Range", tag, "Range", "bytes=0-0")).statusCode())
                .isEqualTo(206);
        assertThat(get("/noise", Map.of("If-Range", "\"other\"", "Range", "bytes=0-0"))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void directoryIsListedPageByPage() throws Exception {
        ObjectNode all = json(get("", Map.of()));
        assertThat(names(all)).containsExactly("empty", "etc", "link", "loop", "noise", "out", "sparse", "\ufffd");
        assertThat(all.at("/entries/7/nameBase64").textValue()).isEqualTo("/w==");

        List<String> paged = new ArrayList<>();
        String next = "";
        do {
            ObjectNode page = json(get("/?limit=2" + next, Map.of()));
            paged.addAll(names(page));
            next = page.has("next") ? "&after=" + page.get("next").textValue() : "";
        } while (!next.isEmpty());
        assertThat(paged).isEqualTo(names(all));
        assertThat(names(json(get("/etc", Map.of())))).containsExactly("new", "passwd");
    }

    @Test
    void archiveIsATarOfAllThatTheImageShows() throws Exception {
        HttpResponse<byte[]> archive = served.get(files.replaceFirst("/files$", "/archive?format=rootfs"));
        assertThat(archive.statusCode()).isEqualTo(200);

        List<String> names = new ArrayList<>();
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new ByteArrayInputStream(archive.body()))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                names.add(entry.getName());
                if (entry.getName().equals("noise")) {
                    assertThat(tar.readAllBytes()).isEqualTo(NOISE);
                }
            }
        }
        assertThat(names).contains("noise", "etc/new", "etc/passwd").doesNotContain("etc/gone");
    }

    @Test
    void whoStopsReadingAnArchiveHoldsNothing() throws Exception {
        String archive = files.replaceFirst("/files$", "/archive?format=rootfs");
        for (int i = 0; i < 20; i++) {
            RawClient.get(served.port(), archive).begin().close();
        }

        // Were any of them still written, there would be no thread for this one.
        assertThat(served.get(archive).statusCode()).isEqualTo(200);
    }
}
