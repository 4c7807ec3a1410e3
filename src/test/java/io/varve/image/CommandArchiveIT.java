package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code varve export} and {@code varve import} with those who read and write the same archives. */
class CommandArchiveIT {
    private static final String NAME = "registry.example/app:1";

    @TempDir
    static Path directory;

    private static Varve varve;
    private static String digest;

    @BeforeAll
    static void pull() throws IOException, InterruptedException {
        Peers.command();
        Tarball base = new Tarball().dir("etc").file("etc/base", "base").file("etc/gone", "gone");
        Tarball top = new Tarball().whiteout("etc/gone").mode(04755).file("etc/top", "top");
        varve = new Varve(directory);
        digest = varve.quiet(
                        "pull",
                        "-t",
                        NAME,
                        new WrittenImage(directory.resolve("layout"))
                                .gzip(base)
                                .layer(MediaType.Known.OCI_LAYER, top.bytes(), Digest.sha256(top.bytes()))
                                .tag())
                .strip();
        varve.quiet("export", NAME, "-o", "oci.tar");
        varve.quiet("export", NAME, "--format", "docker", "-o", "docker.tar");
    }

    private static Varve other(String name) throws IOException {
        return new Varve(Files.createDirectories(directory.resolve(name)));
    }

    private static String skopeo(String... words) throws IOException, InterruptedException {
        Peers.need("skopeo");
        String[] all = new String[words.length + 1];
        all[0] = "skopeo";
        System.arraycopy(words, 0, all, 1, words.length);
        return new Program(directory, all).succeed();
    }

    @Test
    void layoutThatWentOutComesInAsItWasFromFilesAndPipes() throws IOException, InterruptedException {
        Varve second = other("second");

        assertThat(second.quiet("import", "../oci.tar").strip()).isEqualTo(digest);
        second.quiet("export", NAME, "-o", "../again.tar");
        assertThat(directory.resolve("again.tar")).hasSameBinaryContentAs(directory.resolve("oci.tar"));
        Program.shell(directory, "gzip -c oci.tar | " + Peers.command() + " -q --store third import - -t a -t b")
                .succeed();
        Program.shell(directory, Peers.command() + " -q --store third export a | cmp -n 1000 - oci.tar")
                .succeed();
        assertThat(directory.resolve("third/ingest").toFile().list((folder, file) -> file.startsWith("staged")))
                .isEmpty();
    }

    @Test
    void skopeoReadsWhatGoesOut() throws IOException, InterruptedException {
        assertThat(skopeo("inspect", "--format", "{{.Digest}}", "oci-archive:oci.tar")
                        .strip())
                .isEqualTo(digest);
        assertThat(skopeo("inspect", "oci-archive:docker.tar")).contains("sha256:");

        skopeo("copy", "docker-archive:docker.tar:" + NAME, "oci:from-docker:it");
        assertThat(varve.quiet("diff", NAME, "oci:from-docker:it")).isEmpty();
    }

    @Test
    void whatSkopeoWritesForDockerComesIn() throws IOException, InterruptedException {
        skopeo("copy", "oci-archive:oci.tar", "docker-archive:skopeo.tar:example.com/sk:2");
        Varve second = other("of-skopeo");

        String brought = second.quiet("import", "../skopeo.tar").strip();

        // The same layers and the same configuration, so the same manifest.
        assertThat(other("of-varve")
                        .quiet("import", "--format", "docker", "../docker.tar")
                        .strip())
                .isEqualTo(brought);
    }

    @Test
    void umociUnpacksWhatGoesOut() throws IOException, InterruptedException {
        Peers.need("umoci", "tar");
        Peers.needRoot();
        Program.shell(directory, """
                mkdir for-umoci; tar -xf oci.tar -C for-umoci
                umoci raw unpack --image for-umoci:%s umoci-root
                """.formatted(NAME)).succeed();

        assertThat(directory.resolve("umoci-root/etc/top")).hasContent("top");
        assertThat(directory.resolve("umoci-root/etc/gone")).doesNotExist();
    }

    @Test
    void commandsBesideAServiceSendItTheirFiles() throws IOException, InterruptedException {
        Varve served = other("served");
        try (RunningService service = RunningService.start(served, Map.of())) {
            assertThat(served.quiet("import", "../oci.tar", "-t", "one", "-t", "two")
                            .strip())
                    .isEqualTo(digest);
            Files.writeString(directory.resolve("served/bad.tar"), "no tar");
            Varve.assertFailed(
                    served.run("-q", "import", "bad.tar"), 1, "Invalid", "importing bad.tar: ", "end of the tar");
            assertThat(service.json("/v1/images").get("images").toString())
                    .contains("docker.io/library/one:latest", "docker.io/library/two:latest");
        }
    }

    @Test
    void failuresAreOneLine() throws IOException, InterruptedException {
        Varve second = other("failing");
        Files.write(
                directory.resolve("failing/odd.tar"),
                new Tarball().file("hello", "x").bytes());

        Varve.assertFailed(
                second.run("-q", "import", "none.tar"), 1, "NotFound", "importing none.tar: there is no file");
        second.quiet("import", "--format", "rootfs", "odd.tar", "-t", "odd");
        assertThat(second.quiet("usage", "odd")).contains("efficiency 100.0 %");
        second.assertStoreIsClean();
    }
}
