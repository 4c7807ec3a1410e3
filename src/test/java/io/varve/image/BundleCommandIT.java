package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code varve bundle}, and runc that runs what it makes, as it is. */
class BundleCommandIT {
    @TempDir
    Path directory;

    private Varve varve;
    private String image;
    private Path bundle;

    /** With this machine's shell and id, and without what runtimes mount things at. */
    @BeforeEach
    void imageWithAShell() throws Exception {
        Peers.need("runc", "sh", "ldd");
        Peers.needKernelMounts();
        varve = new Varve(directory);
        bundle = directory.resolve("bundle");
        Tarball tar = new Tarball().dir("etc").mode(01777).dir("tmp");
        tar.mode(0644)
                .file("etc/passwd", "root:x:0:0::/:/bin/sh\napp:x:1000:1001::/:/bin/sh\n")
                .file("etc/group", "root:x:0:\napp:x:1001:\nwheel:x:10:app\n");
        HostPrograms.into(tar, directory, "/bin/sh", "/usr/bin/id");
        image = new LayoutImage(directory.resolve("layout"))
                .gzip(tar.bytes())
                .write()
                .toString();
    }

    private String run() throws Exception {
        return new Program(
                        bundle,
                        "runc",
                        "--root",
                        directory.resolve("runc").toString(),
                        "run",
                        "varve-bundle-" + ProcessHandle.current().pid())
                .succeed();
    }

    private void make(String... words) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("bundle", image, bundle.toString()));
        all.addAll(List.of(words));
        assertThat(varve.quiet(all.toArray(String[]::new))).isEmpty();
    }

    private void assertNothingIsMounted() throws Exception {
        assertThat(varve.quiet("mounts")).doesNotContain(bundle.toString());
        assertThat(Files.readString(Path.of("/proc/self/mounts"))).doesNotContain(directory.toString());
    }

    @Test
    void userOfTheImageWritesToARootThatGoesWithTheMount() throws Exception {
        make(
                "--user",
                "app",
                "--env",
                "GREETING=hello",
                "--args",
                "sh",
                "-euc",
                "id; echo $GREETING > /tmp/said; read -r line < /tmp/said; echo $line");

        assertThat(run()).isEqualTo("uid=1000(app) gid=1001(app) groups=1001(app),10(wheel)\nhello\n");
        assertThat(bundle.resolve("rootfs/tmp/said")).hasContent("hello");

        varve.quiet("umount", bundle.resolve("rootfs").toString());
        assertNothingIsMounted();
        assertThat(bundle.resolve("rootfs")).doesNotExist();
    }

    @Test
    void readOnlyRootCannotBeWrittenTo() throws Exception {
        make("--read-only", "--args", "sh", "-c", "(echo x > /new) 2>/dev/null && echo written || echo refused");

        assertThat(run()).isEqualTo("refused\n");
        varve.quiet("umount", bundle.resolve("rootfs").toString());
        assertNothingIsMounted();
    }

    @Test
    void unpackedRootIsFiles() throws Exception {
        make("--unpack", "--args", "id", "-u");

        assertThat(run()).isEqualTo("0\n");
        assertNothingIsMounted();
        assertThat(bundle.resolve("rootfs/etc/passwd")).isRegularFile();
    }

    @Test
    void rootlessIsRunInAUserNamespace() throws Exception {
        make("--rootless", "--args", "id");

        assertThat(run()).startsWith("uid=0(root) gid=0(root)");
    }

    @Test
    void whatCannotBeMadeLeavesNothing() throws Exception {
        Varve.assertFailed(
                varve.run("-q", "bundle", image, bundle.toString()), 1, "Invalid", "neither entrypoint nor command");
        Varve.assertFailed(
                varve.run("-q", "bundle", image, bundle.toString(), "--user", "nobody", "--args", "id"),
                1,
                "NotFound",
                "got nobody");
        assertThat(bundle).doesNotExist();
        Files.createDirectories(bundle.resolve("mine"));
        Varve.assertFailed(
                varve.run("-q", "bundle", image, bundle.toString(), "--args", "id"), 1, "Conflict", "not empty");
        assertThat(bundle).isDirectoryContaining("glob:**/mine");
        assertNothingIsMounted();
    }
}
