package io.varve.oci;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentTest {
    private static final Digest DIGEST = Digest.sha256(new byte[0]);
    private static final Descriptor CONFIG = Descriptor.of(MediaType.Known.OCI_CONFIG, DIGEST, 7);
    private static final Descriptor LAYER = Descriptor.of(MediaType.Known.OCI_LAYER_GZIP, DIGEST, 8);
    private static final String CONFIG_JSON = "'config':" + quoted(CONFIG);

    private static String quoted(Descriptor descriptor) {
        return descriptor.toJson().toString().replace('"', '\'');
    }

    private static byte[] bytes(String json) {
        return json.replace('\'', '"').getBytes(UTF_8);
    }

    private static Document parse(String json, MediaType... announced) {
        return Document.parse(bytes(json), Json.DEFAULT_LIMIT, announced);
    }

    @Test
    void readsAManifest() {
        Manifest manifest = (Manifest) parse("{'schemaVersion':2,'mediaType':'" + MediaType.Known.DOCKER_MANIFEST + "',"
                + CONFIG_JSON + ",'layers':[" + quoted(LAYER) + "],'subject':" + quoted(LAYER)
                + ",'artifactType':'a/b','annotations':{'k':'v'}}");
        assertThat(manifest.mediaType()).isEqualTo(MediaType.Known.DOCKER_MANIFEST);
        assertThat(manifest.config()).isEqualTo(CONFIG);
        assertThat(manifest.layers()).containsExactly(LAYER);
        assertThat(manifest.subject()).isEqualTo(LAYER);
        assertThat(manifest.artifactType()).hasToString("a/b");
        assertThat(manifest.annotations()).containsEntry("k", "v");
    }

    @Test
    void readsAnImageIndex() {
        Index index = (Index) parse("{'schemaVersion':2,'mediaType':'" + MediaType.Known.DOCKER_INDEX
                + "','manifests':[" + quoted(LAYER) + "],'subject':" + quoted(CONFIG)
                + ",'artifactType':'a/b','annotations':{'k':'v'}}");
        assertThat(index.mediaType()).isEqualTo(MediaType.Known.DOCKER_INDEX);
        assertThat(index.manifests()).containsExactly(LAYER);
        assertThat(index.subject()).isEqualTo(CONFIG);
        assertThat(index.artifactType()).hasToString("a/b");
        assertThat(index.annotations()).containsEntry("k", "v");
    }

    @Test
    void keepsTheBytesAndWhatItDoesNotKnow() {
        byte[] bytes = bytes("{ 'x': {'y': 1.10}, 'schemaVersion':2," + CONFIG_JSON + ",'layers':[]}");
        Document document = Document.parse(bytes, Json.DEFAULT_LIMIT);
        assertThat(document.bytes()).isSameAs(bytes);
        assertThat(document.toJson()).isEqualTo(Json.read(bytes, Json.DEFAULT_LIMIT));
        assertThat(Json.text(document.toJson())).startsWith("{\"x\":{\"y\":1.10},");
    }

    @Test
    void readsWhatItWrites() {
        Manifest manifest = Manifest.of(CONFIG, List.of(LAYER, LAYER));
        Manifest read = (Manifest) parse(new String(manifest.bytes(), UTF_8), MediaType.Known.OCI_MANIFEST);
        assertThat(read.layers()).isEqualTo(manifest.layers());
        assertThat(read.toJson()).isEqualTo(manifest.toJson());

        Index index = Index.of(List.of(LAYER)).with(List.of(CONFIG));
        Index again = (Index) parse(new String(index.bytes(), UTF_8), MediaType.Known.OCI_INDEX);
        assertThat(again.manifests()).containsExactly(CONFIG);
    }

    @Test
    void changesNothingButTheEntriesOfAnIndex() {
        Index index = (Index)
                parse("{'x':1,'manifests':[],'schemaVersion':2,'mediaType':'" + MediaType.Known.DOCKER_INDEX + "'}");
        Index changed = index.with(List.of(LAYER));
        assertThat(changed.mediaType()).isEqualTo(MediaType.Known.DOCKER_INDEX);
        assertThat(changed.toJson().path("x").intValue()).isEqualTo(1);
        assertThat(index.manifests()).isEmpty();
    }

    @Test
    void goesByItsShapeWhereNobodyNamesAMediaType() {
        assertThat(parse("{'schemaVersion':2," + CONFIG_JSON + ",'layers':[]}").mediaType())
                .isEqualTo(MediaType.Known.OCI_MANIFEST);
        assertThat(parse("{'schemaVersion':2,'manifests':null}").mediaType()).isEqualTo(MediaType.Known.OCI_INDEX);
    }

    @ParameterizedTest
    @ValueSource(strings = {"'layers':[]", "'config':{}", "'layers':null", "'layers':[],'config':{}"})
    void refusesWhatCouldBeTakenForBoth(String members) {
        assertThatThrownBy(() -> parse("{'schemaVersion':2,'manifests':[]," + members + "}"))
                .hasMessageStartingWith("Invalid: document: got both manifests and ");
    }

    @Test
    void refusesMediaTypesThatDiffer() {
        String body = "{'schemaVersion':2,'mediaType':'" + MediaType.Known.OCI_MANIFEST + "'," + CONFIG_JSON
                + ",'layers':[]}";
        assertThat(parse(body, MediaType.Known.OCI_MANIFEST, MediaType.Known.OCI_MANIFEST))
                .isInstanceOf(Manifest.class);
        assertMismatch(body, MediaType.Known.DOCKER_MANIFEST);
        assertMismatch(body, MediaType.Known.OCI_MANIFEST, MediaType.Known.OCI_INDEX);
        assertMismatch("{'schemaVersion':2,'manifests':[]}", MediaType.Known.OCI_INDEX, MediaType.Known.DOCKER_INDEX);
    }

    private static void assertMismatch(String body, MediaType... announced) {
        assertThatThrownBy(() -> parse(body, announced)).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.category()).isEqualTo(Category.MISMATCH);
            assertThat(failure.wrong()).startsWith("mediaType: got ");
        });
    }

    @Test
    void refusesAMediaTypeThatIsNotThatOfItsShape() {
        assertThatThrownBy(() -> parse("{'schemaVersion':2,'manifests':[]}", MediaType.Known.OCI_MANIFEST))
                .hasMessageEndingWith("wanted that of an image index, as it has manifests");
        assertThatThrownBy(() -> parse("{'schemaVersion':2,'mediaType':'" + MediaType.Known.OCI_INDEX + "',"
                        + CONFIG_JSON + ",'layers':[]}"))
                .hasMessageEndingWith("wanted that of a manifest, as it has no manifests");
        assertThatThrownBy(() -> parse("{'schemaVersion':2,'manifests':[]}", MediaType.parse("application/json")))
                .hasMessageStartingWith("Invalid: mediaType: got application/json");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} | schemaVersion: got nothing, wanted 2",
                "{'schemaVersion':'2'} | schemaVersion: got \"2\", wanted a whole number of at most 64 bits",
                "{'schemaVersion':1,'fsLayers':[]} | schemaVersion: got 1, wanted 2: images of Docker schema 1 are not supported",
                "{'schemaVersion':2} | config: got nothing, wanted an object",
                "{'schemaVersion':2,'manifests':{}} | manifests: got an object, wanted an array",
                "{'schemaVersion':2,'manifests':[1]} | manifests[0]: got 1, wanted an object",
                "{'schemaVersion':2,'manifests':[],'subject':'x'} | subject: got \"x\", wanted an object",
            })
    void namesTheFieldAndWhatWasWrong(String json, String wrong) {
        assertThatThrownBy(() -> parse(json)).hasMessage("Invalid: " + wrong);
    }

    @Test
    void namesTheLayer() {
        String bad = quoted(LAYER).replace(DIGEST.hex(), DIGEST.hex().substring(1));
        assertThatThrownBy(() ->
                        parse("{'schemaVersion':2," + CONFIG_JSON + ",'layers':[" + quoted(LAYER) + "," + bad + "]}"))
                .hasMessageStartingWith("Invalid: layers[1].digest: got \"sha256:");
        assertThatThrownBy(() -> parse("{'schemaVersion':2," + CONFIG_JSON + "}"))
                .hasMessage("Invalid: layers: got nothing, wanted an array");
    }

    @Test
    void cutsLongValuesInMessages() {
        assertThatThrownBy(() -> parse("{'schemaVersion':'" + "x".repeat(100_000) + "'}"))
                .satisfies(failure -> assertThat(failure.getMessage()).hasSizeLessThan(300));
    }
}
