package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images that were built, out to skopeo in either kind of archive, and back. */
class BuildArchivesCommandIT {
    private static final String NAME = "registry.example/app:1";

    @TempDir
    static Path directory;

    private static Varve varve;
    private static Skopeo skopeo;
    private static String digest;

    @BeforeAll
    static void build() throws IOException, InterruptedException {
        Peers.command();
        skopeo = new Skopeo(directory);
        varve = new Varve(directory);
        digest = SampleBuild.in(varve, directory).app(NAME, "zstd");
        varve.quiet("export", NAME, "-o", "oci.tar");
        varve.quiet("export", NAME, "--format", "docker", "-o", "docker.tar");
    }

    private static Varve other(String name) throws IOException {
        return new Varve(Files.createDirectories(directory.resolve(name)));
    }

    @Test
    void layoutKeepsItsDigestOnTheWayThroughSkopeo() throws IOException, InterruptedException {
        skopeo.copy("oci-archive:oci.tar:" + NAME, "oci-archive:oci-back.tar:" + NAME);
        Varve second = other("second");

        assertThat(skopeo.digest("oci-archive:oci-back.tar")).isEqualTo(digest);
        assertThat(second.quiet("import", "../oci-back.tar").strip()).isEqualTo(digest);
        assertThat(second.quiet("cat", NAME, "/etc/app.conf")).isEqualTo("answer = 42");
        assertThat(second.quiet("export", NAME, "--format", "rootfs"))
                .isEqualTo(varve.quiet("export", NAME, "--format", "rootfs"));
    }

    @Test
    void dockersArchiveKeepsTheConfigurationAndTheTars() throws IOException, InterruptedException {
        List<String> diffIds = skopeo.diffIds("oci-archive:oci.tar");

        skopeo.copy("docker-archive:docker.tar:" + NAME, "oci:from-docker:it");
        skopeo.copy("oci:from-docker:it", "docker-archive:docker-back.tar:" + NAME);

        assertThat(skopeo.manifest("docker-archive:docker.tar").at("/config/digest"))
                .isEqualTo(skopeo.manifest("oci-archive:oci.tar").at("/config/digest"));
        assertThat(skopeo.diffIds("oci:from-docker:it")).isEqualTo(diffIds);
        assertThat(skopeo.diffIds("docker-archive:docker-back.tar")).isEqualTo(diffIds);
        varve.quiet("import", "docker-back.tar", "-t", "registry.example/back:1");
        // What is empty skopeo leaves out.
        assertThat(varve.quiet("diff", NAME, "registry.example/back:1")).isEqualTo("D config.Entrypoint = []\n");
    }
}
