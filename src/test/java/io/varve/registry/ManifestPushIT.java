package io.varve.registry;

import static io.varve.registry.Setting.LIMIT;
import static io.varve.registry.Setting.MANIFEST;
import static io.varve.registry.Setting.app;
import static io.varve.registry.Setting.await;
import static io.varve.registry.Setting.failure;
import static io.varve.registry.Setting.layer;
import static io.varve.registry.Setting.random;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Category;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.Index;
import io.varve.oci.Json;
import io.varve.oci.MediaType;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestPushIT {
    private static final Document DOCUMENT = Document.parse(MANIFEST, LIMIT);
    private static final Descriptor PUSHED =
            Descriptor.of(DOCUMENT.mediaType(), Digest.sha256(MANIFEST), MANIFEST.length);
    private static final String LIST = "sha256-" + PUSHED.digest().hex();

    private Setting setting;
    private FakeRegistry registry;
    private RegistryClient client;
    private Repository app;

    @BeforeEach
    void start() throws Exception {
        setting = new Setting();
        registry = FakeRegistry.http(setting.vertx);
        client = setting.client();
        app = app(registry.server().host());
    }

    @AfterEach
    void stop() throws Exception {
        setting.close();
    }

    /** A signature of the manifest. */
    private static Document referrer(String what) {
        ObjectNode json = Json.read(MANIFEST, LIMIT);
        json.put("artifactType", "application/vnd.test." + what);
        json.set("subject", PUSHED.toJson());
        json.putObject("annotations").put("what", what);
        return Document.parse(Json.write(json), LIMIT);
    }

    private Future<Void> put(Document document) {
        Digest digest = Digest.sha256(document.bytes());
        return client.put(
                app, digest.toString(), Descriptor.of(document.mediaType(), digest, document.bytes().length), document);
    }

    private List<Descriptor> listed() {
        byte[] list = Objects.requireNonNull(registry.manifest("app", LIST));
        return ((Index) Document.parse(list, LIMIT)).manifests();
    }

    @Test
    void manifestIsFoundByItsTagAndItsDigest() throws Exception {
        assertThat(await(client.find(app, "1"))).isEmpty();

        await(client.put(app, "1", PUSHED, DOCUMENT));

        assertThat(registry.manifest("app", "1")).isEqualTo(MANIFEST);
        assertThat(await(client.find(app, "1"))).contains(PUSHED.digest());
        assertThat(await(client.find(app, PUSHED.digest().toString()))).contains(PUSHED.digest());
        assertThat(registry.server().asked("PUT ").getFirst().header("Content-Type"))
                .isEqualTo(MediaType.Known.OCI_MANIFEST.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"sha256:none", "blake3:af1349b9", "1"})
    void digestThatCannotBeComparedIsNone(String told) throws Exception {
        await(client.put(app, "1", PUSHED, DOCUMENT));
        registry.server().always("HEAD ", Fault.header("Docker-Content-Digest", told));

        assertThat(await(client.find(app, "1"))).isEmpty();
    }

    @Test
    void passingRefusalsAreAskedAgain() throws Exception {
        registry.server().script("PUT ", Fault.status(503), Fault.hangUp(), Fault.tooMany("1"));

        await(client.put(app, "1", PUSHED, DOCUMENT));

        assertThat(registry.manifest("app", "1")).isEqualTo(MANIFEST);
        assertThat(setting.pauses).hasSize(3);
    }

    @Test
    void refusalIsToldInTheWordsOfTheRegistry() throws Exception {
        registry.server()
                .script(
                        "PUT ",
                        (asked, honest) -> FakeReply.error(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry"));

        assertThat(failure(client.put(app, "1", PUSHED, DOCUMENT)))
                .hasMessage("Invalid: push manifest 1 to " + app
                        + ": status 400: MANIFEST_BLOB_UNKNOWN: blob unknown to registry");
    }

    @Test
    void registryThatKeepsItByAnotherDigestIsNotBelieved() throws Exception {
        registry.server()
                .script(
                        "PUT ",
                        Fault.header(
                                "Docker-Content-Digest",
                                layer(random(1)).digest().toString()));

        assertThat(failure(client.put(app, "1", PUSHED, DOCUMENT)).category()).isEqualTo(Category.MISMATCH);
    }

    @Test
    void whatBecomesAPartOfAUrlIsATagOrADigest() throws Exception {
        for (String name : List.of("a/b", "", "..", "x?y", "sha256:1")) {
            assertThat(failure(client.put(app, name, PUSHED, DOCUMENT)).category())
                    .isEqualTo(Category.INVALID);
        }
        assertThat(registry.server().asked("")).isEmpty();
    }

    @Test
    void referrersAreLeftToARegistryThatKeepsThem() throws Exception {
        await(put(referrer("signature")));

        assertThat(registry.manifest("app", LIST)).isNull();
    }

    @Test
    void referrersAreListedByTagWhereTheRegistryDoesNotKeepThem() throws Exception {
        registry.withoutReferrers();

        await(put(referrer("signature")));
        await(put(referrer("signature")));
        await(put(referrer("sbom")));

        assertThat(listed())
                .extracting(each -> String.valueOf(each.artifactType()))
                .containsExactly("application/vnd.test.signature", "application/vnd.test.sbom");
        assertThat(listed().getFirst().annotations()).containsEntry("what", "signature");
        assertThat(listed().getFirst().digest())
                .isEqualTo(Digest.sha256(referrer("signature").bytes()));
    }

    @Test
    void noneOfManyReferrersIsLost() throws Exception {
        registry.withoutReferrers();
        List<Future<Void>> all = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            all.add(put(referrer("no" + i)));
        }

        await(Future.all(all));

        assertThat(listed()).hasSize(10);
    }

    @Test
    void whatIsNoListIsNotWrittenOver() throws Exception {
        registry.withoutReferrers();
        registry.manifest("app", LIST, MANIFEST);

        assertThat(failure(put(referrer("signature"))))
                .hasMessage("Invalid: list the referrers of " + PUSHED.digest() + ": tag " + LIST
                        + ": got a manifest, wanted an image index");
    }
}
