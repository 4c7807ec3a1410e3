package io.varve.archive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import io.varve.image.Tarball;
import io.varve.layout.LayoutReference;
import io.varve.layout.OciLayout;
import io.varve.manifest.PlanLimits;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.pipeline.Cancellation;
import io.varve.tar.TarLimits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is found in tars that somebody calls images, and what is refused. */
class ContentsIT {
    @TempDir
    Path directory;

    private final Cancellation going = new Cancellation();

    private Contents of(byte[] tar, @Nullable ArchiveFormat format) throws IOException {
        Path file = directory.resolve("archive.tar");
        Files.write(file, tar);
        return Contents.of(file, format, PlanLimits.DEFAULTS, TarLimits.DEFAULTS, false, going);
    }

    private Contents.Images images(Tarball tar) throws IOException {
        return (Contents.Images) of(tar.bytes(), null);
    }

    private static Manifest manifest(Contents.Images images, int which) {
        Descriptor descriptor = images.all().get(which).descriptor();
        return (Manifest) Document.parse(images.source().read(descriptor, 1 << 20), 1 << 20, descriptor.mediaType());
    }

    private static byte[] bytes(Contents.Images images, Descriptor blob) throws IOException {
        try (var channel = images.source().open(blob, 0)) {
            return Channels.newInputStream(channel).readAllBytes();
        }
    }

    private void refuses(Tarball tar, String... wrong) {
        refuses(tar.bytes(), wrong);
    }

    private void refuses(byte[] tar, String... wrong) {
        assertThatThrownBy(() -> of(tar, null))
                .isInstanceOf(Failure.class)
                .message()
                .contains(wrong);
    }

    @Test
    void configurationAndLayersOfDockerStayAsTheyAre() throws IOException {
        Contents.Images images = images(SavedTar.image("app:1"));

        assertThat(images.all())
                .singleElement()
                .satisfies(image -> assertThat(image.names()).containsExactly("app:1"));
        Manifest manifest = manifest(images, 0);
        assertThat(manifest.config().digest()).isEqualTo(Digest.sha256(SavedTar.config(SavedTar.BASE, SavedTar.TOP)));
        assertThat(manifest.layers())
                .extracting(Descriptor::digest)
                .containsExactly(Digest.sha256(SavedTar.BASE), Digest.sha256(SavedTar.TOP));
        assertThat(manifest.layers()).extracting(Descriptor::mediaType).containsOnly(MediaType.Known.OCI_LAYER);
        assertThat(bytes(images, manifest.layers().getLast())).isEqualTo(SavedTar.TOP);
        assertThat(images.source().location()).isNull();
    }

    @Test
    void compressedLayersOfDockerStayCompressed() throws IOException {
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
            out.write(SavedTar.BASE);
        }
        Tarball tar = new Tarball();
        SavedTar.file(tar, "config.json", SavedTar.config(SavedTar.BASE, SavedTar.BASE));
        SavedTar.file(tar, "l.tar.gz", gzip.toByteArray());
        Contents.Images images = images(tar.file("manifest.json", SavedTar.manifest("a", "l.tar.gz", "l.tar.gz")));

        assertThat(manifest(images, 0).layers())
                .hasSize(2)
                .containsOnly(
                        Descriptor.of(MediaType.Known.OCI_LAYER_GZIP, Digest.sha256(gzip.toByteArray()), gzip.size()));
    }

    @Test
    void layersMayBeLinksToOthers() throws IOException {
        Tarball tar = new Tarball();
        SavedTar.file(tar, "config.json", SavedTar.config(SavedTar.BASE, SavedTar.BASE, SavedTar.BASE));
        SavedTar.file(tar, "1/layer.tar", SavedTar.BASE);
        tar.symlink("2/layer.tar", "../1/layer.tar").link("3/layer.tar", "2/layer.tar");
        Contents.Images images = images(
                tar.file("manifest.json", SavedTar.manifest("a", "1/layer.tar", "2/layer.tar", "./3/layer.tar")));

        assertThat(bytes(images, manifest(images, 0).layers().getLast())).isEqualTo(SavedTar.BASE);
    }

    @Test
    void whatIsOlderThanManifestJsonIsMadeAnImage() throws IOException {
        Tarball tar = new Tarball();
        SavedTar.step(tar, "aa", ",\"container_config\":{\"Cmd\":[\"sh\",\"-c\",\"x\"]}");
        SavedTar.file(tar, "aa/layer.tar", SavedTar.BASE);
        SavedTar.step(tar, "bb", ",\"parent\":\"aa\",\"throwaway\":true,\"comment\":\"none\"");
        SavedTar.step(tar, "cc", ",\"parent\":\"bb\",\"config\":{\"Env\":[\"A=1\"]},\"architecture\":\"arm64\"");
        SavedTar.file(tar, "cc/layer.tar", SavedTar.TOP);
        tar.file("repositories", "{\"old/app\":{\"1\":\"cc\",\"2\":\"cc\"}}");
        Contents.Images images = images(tar);

        assertThat(images.all())
                .singleElement()
                .satisfies(image -> assertThat(image.names()).containsExactly("old/app:1", "old/app:2"));
        Manifest manifest = manifest(images, 0);
        assertThat(manifest.layers()).hasSize(2);
        ObjectNode config = Json.read(images.source().read(manifest.config(), 1 << 20), 1 << 20);
        assertThat(config.toString())
                .isEqualTo(
                        "{\"created\":\"2014-01-01T00:00:00Z\",\"config\":{\"Env\":[\"A=1\"]},\"architecture\":\"arm64\","
                                + "\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\""
                                + Digest.sha256(SavedTar.BASE) + "\",\"" + Digest.sha256(SavedTar.TOP)
                                + "\"]},\"history\":["
                                + "{\"created\":\"2014-01-01T00:00:00Z\",\"created_by\":\"sh -c x\"},"
                                + "{\"created\":\"2014-01-01T00:00:00Z\",\"comment\":\"none\",\"empty_layer\":true},"
                                + "{\"created\":\"2014-01-01T00:00:00Z\"}]}");
    }

    @Test
    void rootFilesystemIsToldByWhatIsInIt() throws IOException {
        assertThat(of(new Tarball().dir("./etc").file("./etc/x", "").bytes(), null))
                .isInstanceOf(Contents.Rootfs.class);
        assertThat(of(new Tarball().file("hello", "").bytes(), ArchiveFormat.ROOTFS))
                .isInstanceOf(Contents.Rootfs.class);
        refuses(new Tarball().file("hello", ""), "neither index.json nor manifest.json", "say the format rootfs");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x", "a/../../x", "/etc/x", "./../x"})
    void refusesNamesThatLeadOut(String name) {
        refuses(SavedTar.image("a").file(name, ""), "wanted one in the archive");
    }

    @Test
    void refusesTwoManifests() {
        refuses(SavedTar.image("a").file("manifest.json", SavedTar.manifest("b")), "two members of that name");
        refuses(SavedTar.image("a").file("2.tar", "other"), "2.tar", "two members of that name");
    }

    @ParameterizedTest
    @CsvSource({
        "none.tar,      none.tar: got no such member of the archive",
        "../x,          ../x: got no such member of the archive",
        "dir,           dir: got a DIRECTORY",
        "round,         round: got links that go round",
        "out,           out: got a link to ../../etc/passwd",
        "absolute,      absolute: got a link to /etc/passwd",
        "dangling,      dangling: got no such member of the archive",
        "sparse,        sparse: got a sparse file",
        "long,          long: got a link that leads nowhere",
    })
    void refusesLayersThatAreNoFilesOfTheArchive(String layer, String wrong) {
        Tarball tar = new Tarball()
                .dir("dir")
                .symlink("round", "dir/../round2")
                .symlink("round2", "round")
                .symlink("out", "../../etc/passwd")
                .symlink("absolute", "/etc/passwd")
                .symlink("dangling", "nowhere")
                .symlink("long", "x".repeat(4000))
                .sparse("sparse", 1000, new long[] {512, 1}, new byte[] {1});
        SavedTar.file(tar, "config.json", SavedTar.config(SavedTar.BASE));

        refuses(tar.file("manifest.json", SavedTar.manifest("a", layer)), "manifest.json: ", wrong);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                              | wanted an array",
                "[1]                             | [0].Config: got nothing, wanted a text",
                "[{\"Config\":\"none\"}]         | none: got no such member",
                "[{\"Config\":\"config.json\"}]  | [0].Layers: got 0, wanted 1",
                "[{\"Config\":\"config.json\",\"Layers\":[1]}]   | [0].Layers[0]: got NUMBER, wanted a text",
                "[{\"Config\":\"config.json\",\"Layers\":\"x\"}] | [0].Layers: wanted an array",
                "[]                              | got no image",
            })
    void refusesDocumentsThatSaySomethingElse(String document, String wrong) throws IOException {
        Tarball tar = new Tarball();
        SavedTar.file(tar, "config.json", SavedTar.config(SavedTar.BASE));
        tar.file("manifest.json", document);

        if (document.equals("[]")) {
            assertThat(images(tar).all()).isEmpty();
        } else {
            refuses(tar, "manifest.json: ", wrong);
        }
    }

    @Test
    void refusesMoreImagesThanAreRead() {
        String images = IntStream.rangeClosed(0, PlanLimits.DEFAULTS.documents())
                .mapToObj(i -> "{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"size\":2,\"digest\":\""
                        + Digest.sha256(new byte[] {(byte) i}) + "\"}")
                .collect(Collectors.joining(","));

        refuses(
                new Tarball()
                        .file("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}")
                        .file("index.json", "{\"schemaVersion\":2,\"manifests\":[" + images + "]}"),
                "images: got 101",
                "limits.documents");
    }

    @Test
    void refusesLayersBelowThemselves() {
        Tarball tar = new Tarball();
        SavedTar.step(tar, "aa", ",\"parent\":\"bb\"");
        SavedTar.step(tar, "bb", ",\"parent\":\"aa\"");

        refuses(tar.file("repositories", "{\"x\":{\"1\":\"aa\"}}"), "x:1: ", "layers: got aa below itself");
        refuses(new Tarball().file("repositories", "{\"x\":{\"1\":\"../a\"}}"), "wanted the id of a layer");
        refuses(new Tarball().file("repositories", "{\"x\":{\"1\":\"aa\"}}"), "aa/json: got no such member");
    }

    @Test
    void refusesLayersWhoseDocumentsTakeMoreMemoryThanThoseOfAnImageMay() {
        Tarball tar = new Tarball();
        SavedTar.step(tar, "a0", ",\"throwaway\":true");
        for (int i = 1; i < 10; i++) {
            String below = ",\"parent\":\"a" + (i - 1) + "\"";
            SavedTar.step(tar, "a" + i, below + ",\"throwaway\":true,\"of\":\"" + "x".repeat(3_900) + "\"");
        }
        SavedTar.step(tar, "a10", ",\"parent\":\"a9\",\"throwaway\":true");
        tar.file("repositories", "{\"x\":{\"1\":\"a10\"}}");

        assertThatThrownBy(() -> small(tar))
                .isInstanceOf(Failure.class)
                .message()
                .contains("x:1: ", "bytes of the layers' documents: got ", "at most 32768 (limits.manifestBytes)");
    }

    @Test
    void refusesImagesWhoseMadeConfigurationsTakeMoreMemoryTogetherThanDocumentsMay() {
        Tarball tar = new Tarball();
        SavedTar.step(tar, "a0", ",\"comment\":\"" + "x".repeat(3_000) + "\"");
        StringBuilder tags = new StringBuilder();
        for (int i = 1; i < 20; i++) {
            SavedTar.step(tar, "a" + i, ",\"parent\":\"a0\",\"throwaway\":true,\"author\":\"" + i + "\"");
            tags.append(i == 1 ? "" : ",").append("\"" + i + "\":\"a" + i + "\"");
        }
        SavedTar.file(tar, "a0/layer.tar", SavedTar.BASE);
        tar.file("repositories", "{\"x\":{" + tags + "}}");

        assertThatThrownBy(() -> small(tar))
                .isInstanceOf(Failure.class)
                .message()
                .contains("bytes of the documents made: got ", "at most 32768 (limits.manifestBytes)");
    }

    private Contents small(Tarball tar) throws IOException {
        Path file = directory.resolve("archive.tar");
        Files.write(file, tar.bytes());
        return Contents.of(file, null, new PlanLimits(4096, 1000, 4, 100), TarLimits.DEFAULTS, false, going);
    }

    @Test
    void cancelledLooksAtNoEntryMore() {
        going.cancel();

        refuses(SavedTar.image("a"), "Cancelled: cancelled");
    }

    @Test
    void cancelledLooksAtNoEntryMoreOfALayoutEither() {
        Tarball tar = new Tarball().file(ArchiveNames.MARKER, "{\"imageLayoutVersion\":\"1.0.0\"}");
        LayoutReference archive =
                new LayoutReference(LayoutReference.Form.ARCHIVE, written(tar.file("index.json", "{}")), null, null);
        going.cancel();

        assertThatThrownBy(() -> OciLayout.open(archive, 1 << 20, TarLimits.DEFAULTS, going::check))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("Cancelled: ");
    }

    @Test
    void cancelledReadsNoLayerToItsEnd() throws IOException {
        Tarball old = SavedTar.step(new Tarball(), "a0", "");
        SavedTar.file(old, "a0/layer.tar", SavedTar.BASE).file("repositories", "{\"x\":{\"1\":\"a0\"}}");
        Members layers = new Members(written(old), TarLimits.DEFAULTS, going);
        assertThat(new LegacyImages(layers, PlanLimits.DEFAULTS).read().all()).hasSize(1);

        going.cancel();

        assertThatThrownBy(() -> new LegacyImages(layers, PlanLimits.DEFAULTS).read())
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("Cancelled: ");
    }

    private Path written(Tarball tar) {
        try {
            return Files.write(directory.resolve("archive.tar"), tar.bytes());
        } catch (IOException e) {
            throw Failure.from(e);
        }
    }

    @Test
    void refusesWhatIsCutOffOrPromisesMoreThanThereIs() {
        byte[] whole = SavedTar.image("a").bytes();
        refuses(Arrays.copyOf(whole, 700), "got the end of the tar");
        refuses("no tar at all".getBytes(UTF_8), "got the end of the tar");
        Tarball tar = new Tarball();
        for (int i = 0; i < PlanLimits.DEFAULTS.layers() + 1; i++) {
            tar.dir("x" + i);
        }
        String[] layers = new String[PlanLimits.DEFAULTS.layers() + 1];
        Arrays.fill(layers, "x");
        SavedTar.file(tar, "config.json", SavedTar.config(SavedTar.BASE));
        refuses(tar.file("manifest.json", SavedTar.manifest("a", layers)), "limits.layers");
    }
}
