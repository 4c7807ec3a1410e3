package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.varve.registry.DockerRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images that were built, in a docker-registry, from where skopeo takes them. */
class BuildPushCommandIT {
    private static final String ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd";

    @TempDir
    static Path directory;

    private static Varve varve;
    private static Skopeo skopeo;
    private static @Nullable DockerRegistry registry;
    private static String repository;
    private static String name;
    private static String digest;

    @BeforeAll
    static void buildAndPush() throws Exception {
        Peers.need("docker-registry");
        Peers.command();
        skopeo = new Skopeo(directory);
        varve = new Varve(directory);
        registry = DockerRegistry.http(directory);
        repository = registry.host() + "/team/app";
        name = repository + ":1";
        digest = SampleBuild.in(varve, directory).app(name, "gzip");
        // It is there already; only the push is left to do.
        Program.Ran pushed = varve.run("build", "-f", "spec.json", "-t", name, "--push");
        assertThat(pushed.out()).isEqualTo(digest + "\n");
        assertThat(pushed.err()).contains("blob ", " sent in ");
    }

    @AfterAll
    static void stop() {
        if (registry != null) {
            registry.close();
        }
    }

    @Test
    void skopeoTakesBackWhatWasBuilt() throws Exception {
        skopeo.copy("docker://" + name, "oci:back:it");

        assertThat(skopeo.digest("docker://" + name)).isEqualTo(digest);
        assertThat(skopeo.digest("oci:back:it")).isEqualTo(digest);
        JsonNode manifest = skopeo.manifest("oci:back:it");
        Set<String> blobs = new TreeSet<>(Set.of(digest));
        blobs.addAll(manifest.findValuesAsText("digest"));
        try (Stream<Path> files = Files.list(directory.resolve("back/blobs/sha256"))) {
            assertThat(files.map(file -> "sha256:" + file.getFileName())).containsExactlyInAnyOrderElementsOf(blobs);
        }
        Program.shell(directory, "cd back/blobs/sha256; diff <(sha256sum * | cut -d ' ' -f 1) <(ls)")
                .succeed();
    }

    @Test
    void layersThatArePushedAsZstdAreTheSameTars() throws Exception {
        String zstd = repository + ":zstd";
        String pushed = varve.quiet("push", name, zstd, "--compression", "zstd").strip();

        assertThat(pushed).isNotEqualTo(digest);
        assertThat(skopeo.digest("docker://" + zstd)).isEqualTo(pushed);
        assertThat(skopeo.mediaTypes("docker://" + zstd))
                .hasSize(SampleBuild.LAYERS)
                .containsOnly(ZSTD);
        assertThat(skopeo.config("docker://" + zstd)).isEqualTo(skopeo.config("docker://" + name));
        List<String> diffIds = skopeo.diffIds("docker://" + zstd);
        // skopeo names the files of a directory by what is in them.
        skopeo.copy("docker://" + zstd, "dir:plain", "--dest-decompress");
        for (String diffId : diffIds) {
            assertThat(directory.resolve("plain").resolve(diffId.substring("sha256:".length())))
                    .isRegularFile();
        }
        // The tag that was pushed before is what it was.
        assertThat(skopeo.digest("docker://" + name)).isEqualTo(digest);
    }

    @Test
    void platformsThatAreNotThereAreLeftOutOfWhatIsCompressedAndThatIsSaid() throws Exception {
        String both = repository + ":both";
        Files.writeString(directory.resolve("both.json"), """
                {"from": "scratch", "platforms": ["linux/amd64", "linux/s390x"],
                 "layers": [{"files": [{"path": "a", "text": "a"}]}]}
                """);
        varve.quiet("build", "-f", "both.json", "-t", both, "--push");
        Varve other = new Varve(Files.createDirectory(directory.resolve("other")));
        other.quiet("pull", both, "--platform", "linux/amd64");

        Program.Ran pushed = other.run("push", both, repository + ":one", "--compression", "zstd");

        assertThat(pushed.code()).as(pushed.err()).isZero();
        assertThat(pushed.err())
                .containsPattern("left out of " + both + ": .* for linux/s390x, which the store does not have");
        assertThat(skopeo.digest("docker://" + repository + ":one"))
                .isEqualTo(pushed.out().strip());
    }
}
