package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.registry.FakeRegistry;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README tells its readers to paste, with a mirror of Docker Hub on this machine. */
class ReadmeCommandIT {
    private static final Pattern BLOCK = Pattern.compile("```sh\n(varve=target/varve\n.*?)```", Pattern.DOTALL);
    private static final int PATIENCE_S = 60;

    @TempDir
    Path directory;

    @Test
    void worksAsItIsPasted() throws Exception {
        Peers.needKernelMounts();
        Peers.need("skopeo", "curl", "runc", "ldd");
        List<String> blocks = BLOCK.matcher(Files.readString(Path.of("README.md")))
                .results()
                .map(found -> found.group(1))
                .toList();
        assertThat(blocks).hasSize(6);
        Files.createDirectory(directory.resolve("target"));
        Files.createSymbolicLink(directory.resolve("target/varve"), Peers.command());
        Vertx vertx = Vertx.vertx();
        try (FakeRegistry mirror = FakeRegistry.http(vertx)) {
            debian(mirror, directory);
            Path settings = Files.writeString(
                    directory.resolve("varve.yaml"),
                    "registries: {docker.io: {mirrors: ['" + mirror.server().url() + "']}}");

            String told = "";
            for (String block : blocks) {
                told += Program.shell(directory, "set -o pipefail\n" + block)
                        .with("VARVE_CONFIG", settings.toString())
                        .with("VARVE_STORE", directory.resolve("store").toString())
                        .succeed();
            }

            assertThat(told)
                    .contains(
                            "PRETTY_NAME=\"Debian\"",
                            "/mnt/debian",
                            "{\"status\":\"UP\"}",
                            "\nhello\n",
                            "\"state\":\"done\"")
                    .contains("etc/os-release");
            assertThat(directory.resolve("rootfs/etc/os-release")).exists();
            assertThat(directory.resolve("copy/index.json")).exists();
        } finally {
            Files.deleteIfExists(Path.of("/mnt/debian"));
            vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
        }
    }

    private static void debian(FakeRegistry registry, Path directory) throws Exception {
        FakeSource source = new FakeSource();
        byte[] base = new Tarball()
                .dir("etc/")
                .file("etc/os-release", "PRETTY_NAME=\"Debian\"\n")
                .bytes();
        Tarball above = new Tarball().dir("proc").dir("dev").dir("sys");
        HostPrograms.into(above, directory, "/bin/echo");
        FakeImage image =
                FakeImage.of(source, FakeImage.gzipLayer(source, base), FakeImage.gzipLayer(source, above.bytes()));
        registry.add("library/debian", "latest", source, image);
    }
}
