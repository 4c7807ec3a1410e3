package io.varve.bundle;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import io.varve.oci.ImageConfig;
import io.varve.oci.Json;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RuntimeConfigTest {
    private static final Users USERS =
            new Users("app:x:1000:1001::/:\n".getBytes(UTF_8), "wheel:x:10:app\n".getBytes(UTF_8));
    private static final User HOST = new User(501, 20, List.of());

    private static ImageConfig image(String config) {
        return ImageConfig.parse(
                ("{\"os\": \"linux\", \"architecture\": \"arm\", \"variant\": \"v7\", \"author\": \"me\","
                                + " \"created\": \"2026-01-02T03:04:05Z\", \"rootfs\": {\"type\": \"layers\", \"diff_ids\": []},"
                                + " \"config\": " + config + "}")
                        .getBytes(UTF_8),
                Json.DEFAULT_LIMIT);
    }

    private static BundleOptions options(
            BundleOptions.Root root, @Nullable List<String> args, List<String> env, @Nullable String user) {
        return new BundleOptions(root, args, env, user, root == BundleOptions.Root.UNPACKED, "app");
    }

    private static ObjectNode made(String config, BundleOptions options) {
        return RuntimeConfig.of(image(config), options, USERS, HOST);
    }

    private static ObjectNode usual(String config) {
        return made(config, options(BundleOptions.Root.WRITABLE, null, List.of(), null));
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(each -> texts.add(each.textValue()));
        return texts;
    }

    @Test
    void saysWhatTheImageSays() {
        ObjectNode config = usual("""
                {"User": "app", "Entrypoint": ["/bin/app", "-x"], "Cmd": ["serve"], "Env": ["A=1", "PATH=/app"],
                 "WorkingDir": "/srv", "StopSignal": "SIGINT", "ExposedPorts": {"80/tcp": {}},
                 "Labels": {"mine": "yes", "org.opencontainers.image.author": "them"}}""");

        assertThat(config.get("ociVersion").textValue()).isEqualTo("1.0.2");
        JsonNode process = config.get("process");
        assertThat(texts(process.get("args"))).containsExactly("/bin/app", "-x", "serve");
        assertThat(texts(process.get("env"))).containsExactlyInAnyOrder("PATH=/app", "A=1");
        assertThat(process.get("cwd").textValue()).isEqualTo("/srv");
        assertThat(process.get("user").toString()).isEqualTo("{\"uid\":1000,\"gid\":1001,\"additionalGids\":[10]}");
        assertThat(config.get("root").toString()).isEqualTo("{\"path\":\"rootfs\",\"readonly\":false}");
        JsonNode annotations = config.get("annotations");
        assertThat(annotations.get("org.opencontainers.image.stopSignal").textValue())
                .isEqualTo("SIGINT");
        assertThat(annotations.get("org.opencontainers.image.exposedPorts").textValue())
                .isEqualTo("80/tcp");
        assertThat(annotations.get("org.opencontainers.image.variant").textValue())
                .isEqualTo("v7");
        assertThat(annotations.get("org.opencontainers.image.created").textValue())
                .isEqualTo("2026-01-02T03:04:05Z");
        // A label says it last.
        assertThat(annotations.get("org.opencontainers.image.author").textValue())
                .isEqualTo("them");
        assertThat(annotations.get("mine").textValue()).isEqualTo("yes");
    }

    /** They would do it on the host, with the rights of whoever runs them. */
    @Test
    void labelsDoNotTellTheRuntimeWhatToDo() {
        ObjectNode config = usual("""
                {"Cmd": ["x"], "Labels": {"org.systemd.property.ExecStopPost": "[['/bin/sh']]", "run.oci.hooks.stdout": "/etc/x",
                 "org.criu.config": "/x", "io.katacontainers.config.hypervisor.path": "/x", "dev.gvisor.flag.debug-log": "/x",
                 "cdi.k8s.io/all": "x.y/z=all",
                 "org.systemd": "a", "run.ocio": "b", "org.criu": "c", "my.run.oci.x": "d"}}""");

        assertThat(config.get("annotations").fieldNames())
                .toIterable()
                .contains("org.systemd", "run.ocio", "org.criu", "my.run.oci.x")
                .doesNotContain(
                        "org.systemd.property.ExecStopPost",
                        "run.oci.hooks.stdout",
                        "org.criu.config",
                        "io.katacontainers.config.hypervisor.path",
                        "dev.gvisor.flag.debug-log",
                        "cdi.k8s.io/all");
    }

    @Test
    void callersSayItLast() {
        ObjectNode config = made(
                "{\"User\": \"app\", \"Entrypoint\": [\"/bin/app\"], \"Cmd\": [\"serve\"], \"Env\": [\"A=1\", \"B=2\"]}",
                options(BundleOptions.Root.READ_ONLY, List.of("sh", "-c", "id"), List.of("A=3", "C="), "7:8"));

        assertThat(texts(config.at("/process/args"))).containsExactly("sh", "-c", "id");
        assertThat(texts(config.at("/process/env")))
                .contains("A=3", "B=2", "C=")
                .doesNotContain("A=1");
        assertThat(texts(config.at("/process/env")).getFirst()).startsWith("PATH=/usr/local/sbin:");
        assertThat(config.at("/process/cwd").textValue()).isEqualTo("/");
        assertThat(config.at("/process/user").toString()).isEqualTo("{\"uid\":7,\"gid\":8}");
        assertThat(config.at("/root/readonly").booleanValue()).isTrue();
    }

    @Test
    void rootlessIsRootOfHisOwnAlone() {
        BundleOptions rootless = options(BundleOptions.Root.UNPACKED, List.of("sh"), List.of(), "0");

        ObjectNode config = made("{}", rootless);

        assertThat(config.at("/linux/uidMappings").toString())
                .isEqualTo("[{\"containerID\":0,\"hostID\":501,\"size\":1}]");
        assertThat(config.at("/linux/gidMappings/0/hostID").intValue()).isEqualTo(20);
        assertThat(config.at("/linux/namespaces").toString())
                .contains("\"user\"")
                .doesNotContain("network");
        assertThat(config.at("/linux").has("resources")).isFalse();
        assertThat(config.get("mounts").toString()).contains("rbind").doesNotContain("gid=5");
        assertThatThrownBy(() -> made(
                        "{\"User\": \"app\"}", options(BundleOptions.Root.UNPACKED, List.of("sh"), List.of(), null)))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("Invalid: user: got 1000:1001");
    }

    @Test
    void whatCannotBeRunIsRefused() {
        assertThatThrownBy(() -> usual("{}")).hasMessageContaining("neither entrypoint nor command");
        assertThatThrownBy(() -> usual("{\"Cmd\": [\"x\"], \"User\": \"nobody\"}"))
                .hasMessageContaining("got nobody");
        assertThatThrownBy(() -> made(
                        "{\"Cmd\": [\"x\"]}", options(BundleOptions.Root.WRITABLE, null, List.of("novalue"), null)))
                .hasMessageContaining("got novalue, wanted NAME=value");
    }
}
