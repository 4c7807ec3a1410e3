package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.layout.LayoutReference;
import io.varve.layout.LayoutWriter;
import io.varve.layout.OciLayout;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.ImageConfig;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import io.varve.tar.TarLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What skopeo makes of an image shows what the image shows, whatever the compression and whoever's the format. */
class SkopeoIT {
    private static final Tarball[] LAYERS = {
        new Tarball()
                .dir("d")
                .mode(04755)
                .owner(1, 2)
                .time("5.5")
                .file("d/f", "f".repeat(100_000))
                .file("gone", "gone")
                .xattr("user.x", (byte) 0, (byte) -1)
                .file("implied/tagged", "tagged"),
        new Tarball().whiteout("gone").link("d/g", "d/f").symlink("d/s", "f").character("null", 1, 3)
    };

    @TempDir
    Path directory;

    @BeforeEach
    void image() throws IOException {
        Peers.need("skopeo");
        LayoutWriter layout = LayoutWriter.create(directory.resolve("ours"));
        List<Descriptor> blobs = new ArrayList<>();
        List<Digest> diffIds = new ArrayList<>();
        for (Tarball layer : LAYERS) {
            blobs.add(layout.write(MediaType.Known.OCI_LAYER, layer.bytes()));
            diffIds.add(Digest.sha256(layer.bytes()));
        }
        ImageConfig config = ImageConfig.of(Platform.ofThisMachine(), diffIds);
        Manifest manifest = Manifest.of(layout.write(MediaType.Known.OCI_CONFIG, config.bytes()), blobs);
        layout.tag("it", layout.write(MediaType.Known.OCI_MANIFEST, manifest.bytes()));
    }

    private void skopeo(String... words) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("skopeo", "--insecure-policy", "copy", "--quiet"));
        all.addAll(List.of(words));
        new Program(directory, all.toArray(String[]::new)).succeed();
    }

    private List<MediaType> layerTypes(String reference) {
        LayoutReference parsed = LayoutReference.parse(reference);
        OciLayout layout = OciLayout.open(parsed, Json.DEFAULT_LIMIT, TarLimits.DEFAULTS);
        Descriptor image = layout.resolve(parsed);
        byte[] bytes = layout.read(image, Json.DEFAULT_LIMIT);
        return ((Manifest) Document.parse(bytes, Json.DEFAULT_LIMIT, image.mediaType()))
                .layers().stream().map(Descriptor::mediaType).toList();
    }

    private void assertShowsTheSame(String reference) {
        Stack made = new Stack(directory.resolve("made")).of(LAYERS);
        Stack read = new Stack(directory.resolve("read")).pull(reference);
        assertThat(read.listing().lines()).isEqualTo(made.listing().lines());
        assertThat(read.shows()).containsExactly("d/", "d/f", "d/g", "d/s", "implied/", "implied/tagged", "null");
    }

    @ParameterizedTest
    @CsvSource({"gzip, OCI_LAYER_GZIP", "zstd, OCI_LAYER_ZSTD"})
    void recompressedLayersShowTheSame(String format, MediaType.Known expected)
            throws IOException, InterruptedException {
        String theirs = "oci:" + directory.resolve("theirs") + ":docker.io/library/it:1";
        skopeo("--dest-compress-format", format, "oci:ours:it", theirs);

        assertThat(layerTypes(theirs)).containsExactly(expected, expected);
        assertShowsTheSame(theirs);
    }

    @Test
    void recompressesLayersThatWereCompressedOtherwise() throws IOException, InterruptedException {
        skopeo("--dest-compress-format", "zstd", "oci:ours:it", "oci:zstd:it");
        skopeo("--dest-decompress", "oci:zstd:it", "dir:plain");
        skopeo("--dest-compress-format", "gzip", "dir:plain", "oci:theirs:it");

        assertThat(layerTypes("oci:" + directory.resolve("theirs"))).containsOnly(MediaType.Known.OCI_LAYER_GZIP);
        assertShowsTheSame("oci:" + directory.resolve("theirs"));
    }

    @Test
    void uncompressedLayersShowTheSame() throws IOException, InterruptedException {
        String theirs = "oci:" + directory.resolve("theirs") + ":it";
        skopeo("--dest-oci-accept-uncompressed-layers", "oci:ours:it", theirs);

        assertThat(layerTypes(theirs)).containsOnly(MediaType.Known.OCI_LAYER);
        assertShowsTheSame(theirs);
    }

    /** skopeo has no layout of Docker's format, only its own {@code dir:}, whose files are blobs by another name. */
    @Test
    void dockersManifestInALayoutShowsTheSame() throws IOException, InterruptedException {
        skopeo("--format", "v2s2", "--dest-compress", "oci:ours:it", "dir:docker");
        Path theirs = directory.resolve("theirs");
        LayoutWriter layout = LayoutWriter.create(theirs);
        byte[] bytes = Files.readAllBytes(directory.resolve("docker/manifest.json"));
        Descriptor image = layout.write(MediaType.Known.DOCKER_MANIFEST, bytes);
        Manifest manifest = (Manifest) Document.parse(bytes, Json.DEFAULT_LIMIT, image.mediaType());
        List<Descriptor> blobs = new ArrayList<>(manifest.layers());
        blobs.add(manifest.config());
        for (Descriptor blob : blobs) {
            layout.write(
                    blob.mediaType(),
                    directory.resolve("docker").resolve(blob.digest().hex()));
        }
        layout.tag("it", image);

        assertThat(layerTypes("oci:" + theirs)).containsOnly(MediaType.Known.DOCKER_LAYER_GZIP);
        assertShowsTheSame("oci:" + theirs);
    }

    @Test
    void umociUnpacksTheSameFromWhatSkopeoWrote() throws IOException, InterruptedException {
        Peers.need("umoci");
        Peers.needRoot();
        skopeo("--dest-compress-format", "gzip", "oci:ours:it", "oci:theirs:it");
        new Program(directory, "umoci", "raw", "unpack", "--image", "theirs:it", "umoci").succeed();

        new Stack(directory.resolve("read"))
                .pull("oci:" + directory.resolve("theirs"))
                .assertSameAs(directory.resolve("umoci"));
    }
}
