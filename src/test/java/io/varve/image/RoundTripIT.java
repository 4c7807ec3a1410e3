package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.registry.DockerRegistry;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An image that others made and put into a registry is, pulled and unpacked or exported by the command, what they unpack of
 * it.
 */
class RoundTripIT {
    @TempDir
    Path directory;

    private void run(String... words) throws IOException, InterruptedException {
        new Program(directory, words).succeed();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "zstd"})
    void imageOfARegistryIsWhatUmociUnpacks(String compression) throws Exception {
        Peers.need("docker-registry", "skopeo", "umoci");
        Peers.needRoot();
        makeImage();
        run("umoci", "raw", "unpack", "--image", "layout:it", "theirs");
        try (DockerRegistry registry = DockerRegistry.http(directory)) {
            String name = registry.host() + "/some/app:1";
            run(
                    "skopeo",
                    "copy",
                    "--quiet",
                    "--dest-tls-verify=false",
                    "--dest-compress-format=" + compression,
                    "oci:layout:it",
                    "docker://" + name);
            assertThat(new Program(directory, "skopeo", "inspect", "--raw", "--tls-verify=false", "docker://" + name)
                            .run()
                            .out())
                    .contains("tar+" + compression);
            Varve varve = new Varve(directory);

            varve.quiet("pull", name);
            varve.quiet("unpack", name, "ours");

            assertThat(Listing.of(directory.resolve("ours")).lines())
                    .hasSizeGreaterThan(300)
                    .isEqualTo(Listing.of(directory.resolve("theirs")).lines());
            varve.quiet("export", name, "--format", "rootfs", "-o", "rootfs.tar");
            assertThat(ExportIT.extracted(directory, "rootfs.tar").lines())
                    .isEqualTo(Listing.of(directory.resolve("theirs")).lines());
            varve.assertStoreIsClean();
        }
    }

    /** Three layers; the last two remove and replace. */
    private void makeImage() throws IOException, InterruptedException {
        run("umoci", "init", "--layout", "layout");
        run("umoci", "new", "--image", "layout:it");
        run("umoci", "unpack", "--image", "layout:it", "bundle");
        repack("""
                mkdir -p usr/share/data usr/bin etc var/log/old
                for n in $(seq 300); do head -c $((n * 317)) /dev/urandom > usr/share/data/$n; done
                head -c 3000000 /dev/urandom > usr/bin/tool; chmod 4755 usr/bin/tool; ln usr/bin/tool usr/bin/alias
                ln -s ../usr/bin/tool etc/tool; printf a > etc/file; printf l > var/log/old/log; chown 7:8 etc/file
                """);
        repack("""
                rm -r var/log/old; mkdir -p var/log/old; printf n > var/log/old/new
                rm etc/file usr/share/data/7; printf b > etc/other; chown 3:3 usr/share
                """);
        repack("""
                rm usr/bin/alias; ln usr/bin/tool usr/alias; printf c >> usr/share/data/9; mkfifo var/pipe
                """);
    }

    private void repack(String script) throws IOException, InterruptedException {
        Program.shell(directory.resolve("bundle/rootfs"), script).succeed();
        run("umoci", "repack", "--refresh-bundle", "--image", "layout:it", "bundle");
    }
}
