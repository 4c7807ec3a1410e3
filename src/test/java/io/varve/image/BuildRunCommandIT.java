package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images that were built do what they were built for: runc runs them. */
class BuildRunCommandIT {
    private static final String NAME = "registry.example/app:1";
    private static final String SPEC = """
            {"from": "scratch",
             "layers": [
               {"directory": "root"},
               {"files": [
                 {"path": "proc", "directory": true}, {"path": "dev", "directory": true}, {"path": "sys", "directory": true},
                 {"path": "tmp", "directory": true, "mode": "1777"}, {"path": "home", "directory": true, "owner": "1000:1001"},
                 {"path": "etc/passwd", "text": "root:x:0:0::/:/bin/sh\\napp:x:1000:1001::/home:/bin/sh\\n"},
                 {"path": "etc/group", "text": "root:x:0:\\napp:x:1001:\\nwheel:x:10:app\\n"},
                 {"path": "secret", "mode": "0600", "text": "secret"},
                 {"path": "etc/greeting", "text": "hello\\n"}]}],
             "config": {"entrypoint": ["/bin/sh", "-euc"], "user": "app", "workdir": "/home",
                        "env": {"GREETING": "/etc/greeting"},
                        "cmd": ["id; pwd; read -r l < $GREETING; echo $l > said; read -r l < said; echo $l; [ -r /secret ] || echo no"]}}
            """;

    @TempDir
    static Path directory;

    private static Varve varve;

    @BeforeAll
    static void buildImageWithAShell() throws IOException, InterruptedException {
        Peers.need("runc", "sh", "ldd");
        Peers.needKernelMounts();
        varve = new Varve(directory);
        HostPrograms.into(Files.createDirectory(directory.resolve("root")), "/bin/sh", "/usr/bin/id");
        Files.writeString(directory.resolve("spec.json"), SPEC);
        varve.quiet("build", "-f", "spec.json", "-t", NAME);
    }

    private static Path bundle(String name, String... words) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("bundle", NAME, name));
        all.addAll(List.of(words));
        assertThat(varve.quiet(all.toArray(String[]::new))).isEmpty();
        return directory.resolve(name);
    }

    private static String run(Path bundle) throws IOException, InterruptedException {
        String container =
                "varve-" + bundle.getFileName() + "-" + ProcessHandle.current().pid();
        return new Program(bundle, "runc", "--root", directory.resolve("runc").toString(), "run", container).succeed();
    }

    private static void assertNothingIsMounted() throws IOException, InterruptedException {
        assertThat(varve.quiet("mounts")).doesNotContain(directory.toString());
        assertThat(Files.readString(Path.of("/proc/self/mounts"))).doesNotContain(directory.toString());
    }

    @Test
    void containerIsWhatTheSpecSaid() throws IOException, InterruptedException {
        Path bundle = bundle("mounted");

        assertThat(run(bundle)).isEqualTo("uid=1000(app) gid=1001(app) groups=1001(app),10(wheel)\n/home\nhello\nno\n");
        assertThat(bundle.resolve("rootfs/home/said")).hasContent("hello");
        varve.quiet("umount", bundle.resolve("rootfs").toString());
        assertNothingIsMounted();
        assertThat(varve.run("-q", "cat", NAME, "/home/said").code()).isEqualTo(1);
    }

    @Test
    void rootlessBundleNeedsNoMountAndRunsInAUserNamespace() throws Exception {
        Path bundle = bundle("rootless", "--rootless", "--user", "0", "--args", "/usr/bin/id", "-u");

        JsonNode config =
                new ObjectMapper().readTree(bundle.resolve("config.json").toFile());
        assertThat(config.at("/linux/namespaces").findValuesAsText("type")).contains("user", "mount", "pid");
        assertThat(config.at("/linux/uidMappings/0/containerID").intValue()).isZero();
        assertThat(config.at("/linux/gidMappings/0/size").intValue()).isEqualTo(1);
        assertThat(config.at("/root/path").textValue()).isEqualTo("rootfs");
        assertThat(config.at("/process/cwd").textValue()).isEqualTo("/home");
        assertNothingIsMounted();
        assertThat(run(bundle)).isEqualTo("0\n");
        assertNothingIsMounted();
    }
}
