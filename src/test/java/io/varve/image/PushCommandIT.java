package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.registry.DockerRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code varve push} and {@code varve copy}, with docker-registry behind them and skopeo to see what came. */
@Timeout(300)
class PushCommandIT {
    @TempDir
    Path directory;

    private Varve varve;
    private DockerRegistry registry;
    private String digest;

    @BeforeEach
    void start() throws Exception {
        Peers.need("docker-registry", "skopeo", "umoci");
        registry = DockerRegistry.http(directory);
        varve = new Varve(directory);
        Files.writeString(directory.resolve("file"), "content");
        new Program(directory, "umoci", "init", "--layout", "layout").succeed();
        new Program(directory, "umoci", "new", "--image", "layout:it").succeed();
        new Program(directory, "umoci", "insert", "--image", "layout:it", "file", "/file").succeed();
        digest = varve.quiet("pull", "oci:layout:it", "-t", name("app:1"));
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    private String name(String rest) {
        return registry.host() + "/" + rest;
    }

    private String inspected(String rest) throws Exception {
        return new Program(
                        directory,
                        "skopeo",
                        "inspect",
                        "--tls-verify=false",
                        "--format={{.Digest}}\n",
                        "docker://" + name(rest))
                .succeed();
    }

    @Test
    void imageGoesToWhereItsNameSaysAndFromThereToElsewhere() throws Exception {
        Program.Ran pushed = varve.run("push", name("app:1"));
        assertThat(pushed.code()).isZero();
        assertThat(pushed.out()).isEqualTo(digest);
        assertThat(pushed.err()).contains("blob ", " sent in ");
        assertThat(inspected("app:1")).startsWith(digest.strip());

        assertThat(varve.quiet("push", digest.strip(), name("team/other"))).isEqualTo(digest);
        assertThat(inspected("team/other:latest")).startsWith(digest.strip());

        assertThat(varve.quiet("copy", name("app:1"), name("copied:3"))).isEqualTo(digest);
        assertThat(inspected("copied:3")).startsWith(digest.strip());
    }

    @Test
    void storeThatIsServedIsPushedOfByItsService() throws Exception {
        try (RunningService service = RunningService.start(varve, Map.of())) {
            Program.Ran pushed = varve.run("push", name("app:1"), name("served:1"));

            assertThat(pushed.err()).contains("blob ", " sent in ");
            assertThat(pushed.out()).isEqualTo(digest);
            assertThat(inspected("served:1")).startsWith(digest.strip());
            assertThat(service.json("/v1/jobs").at("/jobs/0/kind").textValue()).isEqualTo("push");
            Varve.assertFailed(
                    varve.run("push", "none:1", name("none:1")), 1, "NotFound", name("none:1"), "got no image");
        }
    }
}
