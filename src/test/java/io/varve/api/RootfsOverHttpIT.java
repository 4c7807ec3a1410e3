package io.varve.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.auth.CertificateCallers;
import io.varve.auth.Issuer;
import io.varve.auth.TokenRules;
import io.varve.image.Tarball;
import io.varve.oci.ImageName;
import io.varve.oci.Json;
import io.varve.os.FilesAt;
import io.varve.os.Mounts;
import io.varve.pipeline.FakeImage;
import java.net.http.HttpClient.Version;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Root filesystems that the kernel mounts because somebody asked by HTTP. */
class RootfsOverHttpIT {
    @TempDir
    Path directory;

    private ServedStore served;
    private String image;

    @BeforeEach
    void serve() throws Exception {
        assumeTrue(FilesAt.user() == 0, "mounting needs root");
        assumeTrue(Files.readString(Path.of("/proc/filesystems")).contains("erofs"), "the kernel has EROFS");
        served = ServedStore.open(directory.resolve("store"), ApiLimits.DEFAULTS);
        byte[] tar = new Tarball().file("hello", "world").bytes();
        served.put(
                "app:1",
                FakeImage.of(served.source, FakeImage.gzipLayer(served.source, tar))
                        .manifest());
        image = served.api.address() + "/app:1";
    }

    @AfterEach
    void close() throws Exception {
        if (served != null) {
            served.close();
        }
    }

    private ObjectNode create(boolean writable) throws Exception {
        String body =
                Json.object().put("image", image).put("writable", writable).toString();
        HttpResponse<byte[]> created = served.post(Version.HTTP_2, "/v1/rootfs", body, Map.of());
        assertThat(created.statusCode()).as(new String(created.body(), UTF_8)).isEqualTo(201);
        ObjectNode json = json(created);
        assertThat(created.headers().firstValue("Location"))
                .contains("/v1/rootfs/" + json.get("id").textValue());
        return json;
    }

    private int remove(ObjectNode rootfs) throws Exception {
        return served.ask(
                        Version.HTTP_2,
                        "DELETE",
                        "/v1/rootfs/" + rootfs.get("id").textValue(),
                        Map.of())
                .statusCode();
    }

    private static ObjectNode json(HttpResponse<byte[]> response) {
        return Json.read(response.body(), Json.DEFAULT_LIMIT);
    }

    @Test
    void rootfsIsThereUntilItIsRemoved() throws Exception {
        ObjectNode rootfs = create(false);
        Path path = Path.of(rootfs.get("path").textValue());

        assertThat(path.resolve("hello")).hasContent("world");
        assertThat(json(served.get("/v1/rootfs")).get("rootfs")).containsExactly(rootfs);
        assertThat(remove(rootfs)).isEqualTo(200);
        assertThat(path).doesNotExist();
        assertThat(remove(rootfs)).isEqualTo(404);
        assertThat(json(served.get("/v1/rootfs")).get("rootfs")).isEmpty();
    }

    @Test
    void whatIsWrittenGoesWithTheRootfs() throws Exception {
        ObjectNode first = create(true);
        Path written = Path.of(first.get("path").textValue()).resolve("hello");
        Files.writeString(written, "changed");

        ObjectNode second = create(true);
        assertThat(Path.of(second.get("path").textValue()).resolve("hello")).hasContent("world");
        assertThat(written).hasContent("changed");
        assertThat(remove(first)).isEqualTo(200);
        assertThat(remove(second)).isEqualTo(200);
    }

    @Test
    void rootfsThatSomebodyUsesStays() throws Exception {
        ObjectNode rootfs = create(false);
        try (var _ =
                Files.newInputStream(Path.of(rootfs.get("path").textValue()).resolve("hello"))) {
            assertThat(remove(rootfs)).isEqualTo(409);
        }
        assertThat(remove(rootfs)).isEqualTo(200);
    }

    @Test
    void bundleIsThereUntilItsRootIsRemoved() throws Exception {
        ObjectNode body = Json.object().put("image", image).put("user", "7:8");
        body.putArray("args").add("hello");
        HttpResponse<byte[]> created = served.post(Version.HTTP_2, "/v1/bundles", body.toString(), Map.of());
        assertThat(created.statusCode()).as(new String(created.body(), UTF_8)).isEqualTo(201);
        ObjectNode bundle = json(created);
        Path path = Path.of(bundle.get("path").textValue());

        assertThat(path.resolve("rootfs/hello")).hasContent("world");
        ObjectNode config = Json.read(Files.readAllBytes(path.resolve("config.json")), Json.DEFAULT_LIMIT);
        assertThat(config.at("/process/args/0").textValue()).isEqualTo("hello");
        assertThat(config.at("/process/user/gid").intValue()).isEqualTo(8);
        assertThat(json(served.get("/v1/rootfs")).get("rootfs")).containsExactly(bundle);

        body.put("user", "nobody");
        assertThat(served.post(Version.HTTP_2, "/v1/bundles", body.toString(), Map.of())
                        .statusCode())
                .isEqualTo(404);
        Files.writeString(path.resolve("pid"), "of whoever runs it");
        assertThat(remove(bundle)).isEqualTo(200);
        assertThat(path).doesNotExist();
        assertThat(path.getParent()).isEmptyDirectory();
    }

    @Test
    void nothingIsLeftOfABundleWhoseRootSomebodyElseUnmounted() throws Exception {
        ObjectNode body = Json.object().put("image", image);
        body.putArray("args").add("hello");
        Path path = Path.of(json(served.post(Version.HTTP_2, "/v1/bundles", body.toString(), Map.of()))
                .get("path")
                .textValue());
        Mounts.unmount(path.resolve("rootfs"));

        ObjectNode next = create(false);

        assertThat(path).doesNotExist();
        assertThat(remove(next)).isEqualTo(200);
        assertThat(path.getParent()).isEmptyDirectory();
    }

    /** By its name, and by the digest that it was asked for by. */
    @Test
    void rootfsOfOthersIsNotThere() throws Exception {
        served.close();
        Issuer issuer = new Issuer();
        Path jwks = Files.writeString(directory.resolve("jwks.json"), issuer.jwks());
        TokenRules rules = new TokenRules(Issuer.NAME, Issuer.AUDIENCE, Duration.ofSeconds(60));
        served = ServedStore.open(
                directory.resolve("store"),
                new ApiSecurity(null, false, new TokenFiles(jwks, rules), CertificateCallers.NONE));
        String registry = image.replaceFirst("/.*", "");
        Map<String, String> ours = Map.of("Authorization", "Bearer " + issuer.token("a", "rootfs:" + registry));
        Map<String, String> others = Map.of("Authorization", "Bearer " + issuer.token("b", "rootfs:b.example"));
        String digest =
                served.services.images().find(ImageName.parse(image)).digest().toString();

        for (String name : List.of(image, digest)) {
            String body = Json.object().put("image", name).toString();
            assertThat(served.post(Version.HTTP_2, "/v1/rootfs", body, others).statusCode())
                    .isEqualTo(404);
            ObjectNode rootfs = json(served.post(Version.HTTP_2, "/v1/rootfs", body, ours));
            String path = "/v1/rootfs/" + rootfs.get("id").textValue();

            assertThat(json(served.ask(Version.HTTP_2, "GET", "/v1/rootfs", ours))
                            .get("rootfs"))
                    .hasSize(1);
            assertThat(json(served.ask(Version.HTTP_2, "GET", "/v1/rootfs", others))
                            .get("rootfs"))
                    .isEmpty();
            assertThat(served.ask(Version.HTTP_2, "DELETE", path, others).statusCode())
                    .isEqualTo(404);
            assertThat(served.ask(Version.HTTP_2, "DELETE", path, ours).statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void imageThatIsNotThereIsRefused() throws Exception {
        HttpResponse<byte[]> refused = served.post(Version.HTTP_2, "/v1/rootfs", "{\"image\": \"none\"}", Map.of());

        assertThat(refused.statusCode()).isEqualTo(404);
        assertThat(directory.resolve("store/rootfs")).doesNotExist();
    }
}
