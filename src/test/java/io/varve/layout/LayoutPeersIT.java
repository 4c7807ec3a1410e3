package io.varve.layout;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.image.Peers;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import io.varve.tar.TarLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layouts that others write are read, and the other way round. */
class LayoutPeersIT {
    @TempDir
    Path scratch;

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String out = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
        return out;
    }

    @Test
    void skopeoReadsWhatIsWritten() throws IOException, InterruptedException {
        Peers.need("skopeo");
        Path directory = scratch.resolve("ours");
        LayoutWriter writer = LayoutWriter.create(directory);
        // Two zero blocks: an empty tar.
        byte[] tar = new byte[1024];
        Descriptor layer = writer.write(MediaType.Known.OCI_LAYER, tar);
        ImageConfig config = ImageConfig.of(Platform.parse("linux/amd64"), List.of(Digest.sha256(tar)));
        Descriptor stored = writer.write(MediaType.Known.OCI_CONFIG, config.bytes());
        Manifest manifest = Manifest.of(stored, List.of(layer));
        writer.tag("docker.io/library/empty:1", writer.write(MediaType.Known.OCI_MANIFEST, manifest.bytes()));

        Path copy = scratch.resolve("copy");
        run(
                "skopeo",
                "copy",
                "-q",
                "--preserve-digests",
                "oci:" + directory + ":docker.io/library/empty:1",
                "oci:" + copy + ":x");

        OciLayout theirs = OciLayout.open(copy, Json.DEFAULT_LIMIT);
        Descriptor copied = theirs.resolve(LayoutReference.parse("oci:" + copy + ":x"));
        assertThat(theirs.read(copied, Json.DEFAULT_LIMIT)).isEqualTo(manifest.bytes());
    }

    @Test
    void readsArchivesThatSkopeoWrites() throws IOException, InterruptedException {
        Peers.need("skopeo");
        Path directory = scratch.resolve("ours");
        LayoutWriter writer = LayoutWriter.create(directory);
        byte[] tar = new byte[50_000_000 / 512 * 512];
        Descriptor layer = writer.write(MediaType.Known.OCI_LAYER, tar);
        ImageConfig config = ImageConfig.of(Platform.parse("linux/amd64"), List.of(Digest.sha256(tar)));
        Descriptor stored = writer.write(MediaType.Known.OCI_CONFIG, config.bytes());
        Manifest manifest = Manifest.of(stored, List.of(layer));
        writer.tag("a", writer.write(MediaType.Known.OCI_MANIFEST, manifest.bytes()));

        for (String name : new String[] {"", ":docker.io/library/empty:1"}) {
            LayoutReference archive = LayoutReference.parse("oci-archive:" + scratch.resolve("theirs.tar") + name);
            run("skopeo", "copy", "-q", "--preserve-digests", "oci:" + directory + ":a", archive.toString());

            OciLayout theirs = OciLayout.open(archive, Json.DEFAULT_LIMIT, TarLimits.DEFAULTS);
            Descriptor copied = theirs.resolve(archive);
            assertThat(theirs.read(copied, Json.DEFAULT_LIMIT)).isEqualTo(manifest.bytes());
            assertThat(theirs.read(stored, Json.DEFAULT_LIMIT)).isEqualTo(config.bytes());
            assertThat(OciLayoutIT.from(theirs, layer, 0)).isEqualTo(tar);
            assertThat(theirs.images())
                    .containsExactly(new NamedImage(copied, name.isEmpty() ? null : name.substring(1)));
            Files.delete(archive.path());
        }
    }

    @Test
    void readsWhatUmociWrites() throws IOException, InterruptedException {
        Peers.need("umoci");
        Path directory = scratch.resolve("theirs");
        run("umoci", "init", "--layout", directory.toString());
        assertThat(OciLayout.open(directory, Json.DEFAULT_LIMIT).index().manifests())
                .isEmpty();
        run("umoci", "new", "--image", directory + ":new");

        OciLayout layout = OciLayout.open(directory, Json.DEFAULT_LIMIT);
        Descriptor image = layout.resolve(LayoutReference.parse("oci:" + directory));
        assertThat(image.mediaType()).isEqualTo(MediaType.Known.OCI_MANIFEST);
        assertThat(layout.read(image, Json.DEFAULT_LIMIT)).hasSize((int) image.size());
    }
}
