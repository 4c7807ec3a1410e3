package io.varve.benchmark.regress;

import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Images made up for the comparison, the same in every run, in a directory for {@link SampleRegistry}.
 *
 * <pre>
 *   blobs/sha256:&lt;hex&gt;   layers, configurations and manifests
 *   names/&lt;repository&gt;   the digest of the manifest
 * </pre>
 */
final class Sample {
    /** What somebody reads first of every image. */
    static final String FIRST = "etc/os-release";

    /** What a process pulls before it is measured. */
    static final List<String> WARMING = List.of("warm-0", "warm-1", "warm-2");

    private final Path directory;

    Sample(Path directory) throws IOException {
        this.directory = directory;
        Files.createDirectories(directory.resolve("blobs"));
        Files.createDirectories(directory.resolve("names"));
    }

    /**
     * One image as somebody may run it: a distribution, packages with many small files, a runtime with few large ones, an
     * application that replaces and removes some of what is below it, and one file of configuration.
     *
     * @param tenths of its full size, which is about 150 MB of tars with 13,000 entries
     */
    void large(String repository, int tenths) throws IOException {
        image(
                repository,
                List.of(
                        layer(1, files -> {
                            files.text(FIRST, "ID=sample\n");
                            files.many("usr/lib", 450 * tenths, 9000);
                        }),
                        layer(2, files -> files.many("usr/share", 600 * tenths, 6000)),
                        layer(3, files -> files.many("opt/runtime", 6 * tenths, 1 << 20)),
                        layer(4, files -> {
                            files.many("app", 200 * tenths, 4000);
                            files.again("usr/share", 30 * tenths, 4000);
                            files.without("usr/lib", 30 * tenths);
                            files.links("app/links", "usr/share", 20 * tenths);
                        }),
                        layer(5, files -> files.text("etc/app.conf", "a=1\n"))));
    }

    /** Small images that share nothing, since layers that are there already need no work of anybody. */
    List<String> small(int count) throws IOException {
        List<String> repositories = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String repository = "small-" + i;
            Made base = layer(100 + 2 * i, files -> {
                files.text(FIRST, "ID=" + repository + "\n");
                files.many("usr/lib", 800, 8000);
            });
            Made own = layer(101 + 2 * i, files -> files.many("app", 200, 6000));
            image(repository, List.of(base, own));
            repositories.add(repository);
        }
        return repositories;
    }

    /** {@link #WARMING}, of some megabytes each. */
    void warming() throws IOException {
        for (String repository : WARMING) {
            image(repository, List.of(layer(repository.hashCode(), files -> {
                files.text(FIRST, "ID=" + repository + "\n");
                files.many("usr/bin", 500, 20_000);
            })));
        }
    }

    /** A layer that is written: its blob, and the digest of its tar. */
    private record Made(Descriptor blob, Digest diffId) {}

    private Made layer(long seed, SampleLayer.Content content) throws IOException {
        Path file = Files.createTempFile(directory, "layer", "");
        Digest diffId = SampleLayer.write(file, seed, content);
        Digest digest = Digest.parse("sha256:" + SampleLayer.sha256(file));
        Descriptor blob = Descriptor.of(MediaType.Known.OCI_LAYER_GZIP, digest, Files.size(file));
        Files.move(file, blob(digest));
        return new Made(blob, diffId);
    }

    private void image(String repository, List<Made> layers) throws IOException {
        ImageConfig config = ImageConfig.of(
                Platform.ofThisMachine(), layers.stream().map(Made::diffId).toList());
        Descriptor configured = write(MediaType.Known.OCI_CONFIG, config.bytes());
        Manifest manifest =
                Manifest.of(configured, layers.stream().map(Made::blob).toList());
        Descriptor written = write(MediaType.Known.OCI_MANIFEST, manifest.bytes());
        Files.writeString(
                directory.resolve("names").resolve(repository), written.digest().toString());
    }

    private Descriptor write(MediaType mediaType, byte[] bytes) throws IOException {
        Digest digest = Digest.sha256(bytes);
        Files.write(blob(digest), bytes);
        return Descriptor.of(mediaType, digest, bytes.length);
    }

    private Path blob(Digest digest) {
        return directory.resolve("blobs").resolve(digest.toString());
    }
}
