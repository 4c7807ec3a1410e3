package io.varve.registry;

import static io.varve.registry.Setting.LIMIT;
import static io.varve.registry.Setting.MANIFEST;
import static io.varve.registry.Setting.app;
import static io.varve.registry.Setting.await;
import static io.varve.registry.Setting.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.failure.Category;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestPullIT {
    private static final String BY_TAG = "/manifests/1$";

    private Setting setting;
    private FakeRegistry registry;
    private RegistryClient client;
    private Repository app;
    private Descriptor manifest;

    @BeforeEach
    void start() throws Exception {
        setting = new Setting();
        registry = FakeRegistry.http(setting.vertx);
        manifest = Setting.manifest(registry);
        client = setting.client();
        app = app(registry.server().host());
    }

    @AfterEach
    void stop() throws Exception {
        setting.close();
    }

    private void fault(String requests, Fault fault) {
        registry.server().script(requests, fault);
    }

    @Test
    void resolvesTagAndDigest() throws Exception {
        for (String each : List.of("1", manifest.digest().toString())) {
            RemoteDocument document = await(client.resolve(app, each, LIMIT));

            assertThat(document.descriptor()).isEqualTo(manifest);
            assertThat(document.bytes()).isEqualTo(MANIFEST);
        }
        assertThat(registry.server().asked("").getFirst().headers().getAll("Accept"))
                .singleElement()
                .asString()
                .contains(MediaType.Known.OCI_INDEX.toString(), MediaType.Known.DOCKER_MANIFEST.toString())
                .doesNotContain("config", "layer");
    }

    @Test
    void saysWhatIsMissingAsTheRegistrySaysIt() throws Exception {
        assertThat(failure(client.resolve(app, "2", LIMIT)))
                .hasMessage("NotFound: pull manifest 2 from "
                        + registry.server().host() + "/app: status 404: MANIFEST_UNKNOWN: manifest unknown");
        assertThat(registry.server().asked("")).hasSize(1);
    }

    @Test
    void refusesBytesThatAreNotWhatTheRegistryCallsThem() throws Exception {
        fault(BY_TAG, Fault.header("Docker-Content-Digest", "sha256:" + "b".repeat(64)));

        assertThat(failure(client.resolve(app, "1", LIMIT)))
                .hasMessageContainingAll("Mismatch: ", "wanted sha256:" + "b".repeat(64) + ", as announced");
    }

    @Test
    void refusesBytesThatAreNotWhatWasAskedFor() throws Exception {
        registry.server().always("/manifests/", Fault.wrongByte(0));

        assertThat(failure(client.resolve(app, manifest.digest().toString(), LIMIT)))
                .hasMessageContainingAll("Mismatch: ", "got sha256:", "wanted " + manifest.digest());
        assertThat(failure(client.document(app, manifest, LIMIT)).category()).isEqualTo(Category.MISMATCH);
    }

    @Test
    void takesTheAlgorithmThatTheRegistryNames() throws Exception {
        Digest sha512 = Digest.of(Digest.Algorithm.SHA512, MANIFEST);
        fault(BY_TAG, Fault.header("Docker-Content-Digest", sha512.toString()));

        assertThat(await(client.resolve(app, "1", LIMIT)).descriptor().digest()).isEqualTo(sha512);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/vnd.oci.image.index.v1+json",
                "application/vnd.docker.distribution.manifest.v2+json",
                "text/html"
            })
    void refusesMediaTypesThatDiffer(String contentType) throws Exception {
        fault(BY_TAG, Fault.header("Content-Type", contentType));

        assertThat(failure(client.resolve(app, "1", LIMIT)))
                .hasMessageContainingAll("Mismatch: ", "mediaType", contentType);
    }

    @Test
    void refusesMediaTypeThatTheDescriptorDoesNotHave() throws Exception {
        Descriptor other = Descriptor.of(MediaType.Known.DOCKER_MANIFEST, manifest.digest(), manifest.size());

        assertThat(failure(client.document(app, other, LIMIT)).category()).isEqualTo(Category.MISMATCH);
    }

    @Test
    void parametersOfTheMediaTypeSayNothing() throws Exception {
        fault(BY_TAG, Fault.header("Content-Type", MediaType.Known.OCI_MANIFEST + "; charset=utf-8"));

        assertThat(await(client.resolve(app, "1", LIMIT)).descriptor()).isEqualTo(manifest);
    }

    @Test
    void stopsAtTheLimitWhateverIsAnnounced() throws Exception {
        int limit = MANIFEST.length - 1;
        assertThat(failure(client.resolve(app, "1", limit)))
                .hasMessageContainingAll("Exceeded: ", "at most " + limit + " (limits.manifestBytes)");
        fault(BY_TAG, Fault.chunked());
        assertThat(failure(client.resolve(app, "1", limit)).category()).isEqualTo(Category.EXCEEDED);
        assertThat(failure(client.document(app, manifest, limit)).category()).isEqualTo(Category.EXCEEDED);
        assertThat(registry.server().asked("")).hasSize(2);
    }

    @Test
    void asksAgainWhenTheBodyBreaksOff() throws Exception {
        registry.server().script(BY_TAG, Fault.cut(10), Fault.hangUp(), Fault.cutHead(20));

        assertThat(await(client.resolve(app, "1", LIMIT)).bytes()).isEqualTo(MANIFEST);
        assertThat(registry.server().asked("")).hasSize(4);
    }

    @Test
    void refusesCompressedBodies() throws Exception {
        fault(BY_TAG, Fault.gzipEncoded());

        assertThat(failure(client.resolve(app, "1", LIMIT)))
                .hasMessageContainingAll("Invalid: ", "Content-Encoding: got gzip, wanted identity");
        assertThat(registry.server().asked("").getFirst().header("Accept-Encoding"))
                .isEqualTo("identity");
    }

    @Test
    void configurationsAreBlobs() throws Exception {
        byte[] config = "{}".getBytes(StandardCharsets.UTF_8);
        registry.blob(config);
        Descriptor descriptor = Descriptor.of(MediaType.Known.OCI_CONFIG, Digest.sha256(config), 2);

        assertThat(await(client.document(app, descriptor, LIMIT))).isEqualTo(config);
        registry.server().always("/blobs/", Fault.wrongByte(0));
        assertThat(failure(client.document(app, descriptor, LIMIT)))
                .hasMessageContainingAll("Mismatch: pull blob " + descriptor.digest(), "got sha256:");
    }

    @Test
    void embeddedDocumentsAreTakenIfTheyAreWhatTheDescriptorSays() throws Exception {
        byte[] config = "{}".getBytes(StandardCharsets.UTF_8);
        registry.blob(config);
        Descriptor right = embedding(config, "e30=");
        Descriptor wrong = embedding(config, "fX0=");

        assertThat(await(client.document(app, right, LIMIT))).isEqualTo(config);
        assertThat(registry.server().asked("")).isEmpty();
        assertThat(await(client.document(app, wrong, LIMIT))).isEqualTo(config);
        assertThat(registry.server().asked("/blobs/")).hasSize(1);
    }

    private static Descriptor embedding(byte[] config, String base64) {
        String layer = "{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\""
                + Digest.sha256(config) + "\",\"size\":2,\"data\":\"" + base64 + "\"}";
        String document = "{\"schemaVersion\":2,\"config\":" + layer + ",\"layers\":[]}";
        return ((io.varve.oci.Manifest) io.varve.oci.Document.parse(document.getBytes(StandardCharsets.UTF_8), LIMIT))
                .config();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a/b", "../x", "a b", "a?b", "sha256:123", "md5:d41d8cd98f00b204e9800998ecf8427e"})
    void whatIsNoTagIsNotAskedFor(String tag) throws Exception {
        assertThat(failure(client.resolve(app, tag, LIMIT)).category()).isEqualTo(Category.INVALID);
        assertThat(registry.server().asked("")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/a", "a//b", "A", "a/../b?", "a#"})
    void whatIsNoRepositoryIsNotAskedFor(String path) throws Exception {
        Repository repository = new Repository(registry.server().host(), path, Access.DEFAULT);

        assertThat(failure(client.resolve(repository, "1", LIMIT)).category()).isEqualTo(Category.INVALID);
        assertThat(registry.server().asked("")).isEmpty();
    }

    @Test
    void checkAsksForTheVersion() throws Exception {
        await(client.check(registry.server().host(), Access.DEFAULT));
        fault("/v2/$", Fault.status(404));

        assertThat(failure(client.check(registry.server().host(), Access.DEFAULT)))
                .hasMessageStartingWith("NotFound: check " + registry.server().host() + ": status 404");
        assertThat(Arrays.asList(registry.server().asked("").toArray()).toString())
                .isEqualTo("[GET /v2/, GET /v2/]");
    }

    @Test
    void nothingIsAskedOnceItIsClosed() throws Exception {
        client.close();

        assertThat(failure(client.resolve(app, "1", LIMIT)).category()).isEqualTo(Category.CANCELLED);
        assertThat(registry.server().asked("")).isEmpty();
    }
}
