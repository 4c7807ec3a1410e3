package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.view.ViewOptions;
import io.varve.view.Views;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** runc runs this machine's shell out of an image that the kernel mounted: the bundle's root is the view. */
class RuncIT {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory;

    private Stack stack;
    private Path rootfs;

    @BeforeEach
    void imageWithAShell() throws IOException, InterruptedException {
        Peers.need("runc", "sh", "ldd");
        Peers.needKernelMounts();
        Tarball base = new Tarball();
        base.dir("proc").dir("dev").dir("sys").dir("etc").file("etc/greeting", "from below");
        HostPrograms.into(base, directory, "/bin/sh");
        Tarball top = new Tarball().file("etc/greeting", "from above").file("etc/kept", "kept");
        stack = new Stack(directory).of(base, top);
        rootfs = directory.resolve("bundle/rootfs");
        Files.createDirectories(rootfs);
    }

    /** Runs a script in a container and returns what it wrote, which has to be all that happened. */
    private String run(boolean readOnly, String script) throws IOException, InterruptedException {
        Path bundle = directory.resolve("bundle");
        Path config = bundle.resolve("config.json");
        Files.deleteIfExists(config);
        new Program(bundle, "runc", "spec").succeed();
        ObjectNode spec = (ObjectNode) JSON.readTree(config.toFile());
        ObjectNode process = (ObjectNode) spec.get("process");
        process.put("terminal", false);
        process.set("args", JSON.valueToTree(List.of("/bin/sh", "-euc", script)));
        spec.set("root", JSON.createObjectNode().put("path", "rootfs").put("readonly", readOnly));
        // What is tested is the root. Machines differ in what they let runc do with control groups.
        ArrayNode mounts = JSON.createArrayNode();
        for (JsonNode mount : spec.get("mounts")) {
            if (List.of("/proc", "/dev").contains(mount.get("destination").asText())) {
                mounts.add(mount);
            }
        }
        spec.set("mounts", mounts);
        ((ObjectNode) spec.get("linux")).remove("resources");
        JSON.writeValue(config.toFile(), spec);
        String name = "varve-it-" + ProcessHandle.current().pid();
        return new Program(bundle, "runc", "--root", directory.resolve("runc").toString(), "run", name).succeed();
    }

    @Test
    void runsFromAReadOnlyView() throws IOException, InterruptedException {
        Views views = stack.mount(rootfs, ViewOptions.READ_ONLY);
        try {
            String out = run(true, """
                    read -r line < /etc/greeting || echo "$line"
                    if (echo x > /etc/new) 2>/dev/null; then echo written; else echo refused; fi
                    """);

            assertThat(out).isEqualTo("from above\nrefused\n");
        } finally {
            views.unmount(rootfs);
        }
    }

    @Test
    void writesOfAContainerLandInItsViewAndNotInTheImage() throws IOException, InterruptedException {
        Path other = Files.createDirectory(directory.resolve("other"));
        Views views = stack.mount(rootfs, ViewOptions.WRITABLE);
        stack.mount(other, ViewOptions.READ_ONLY);
        try {
            String out = run(false, """
                    echo more >> /etc/greeting
                    echo new > /etc/new
                    : > /etc/kept
                    while read -r line; do echo "$line"; done < /etc/greeting
                    """);

            assertThat(out).isEqualTo("from abovemore\n");
            assertThat(rootfs.resolve("etc/new")).hasContent("new\n");
            assertThat(rootfs.resolve("etc/kept")).isEmptyFile();
            assertThat(other.resolve("etc/new")).doesNotExist();
            assertThat(other.resolve("etc/greeting")).hasContent("from above");
            assertThat(stack.text("etc/kept")).isEqualTo("kept");
        } finally {
            views.unmount(other);
            views.unmount(rootfs);
        }

        Views again = stack.mount(rootfs, ViewOptions.READ_ONLY);
        try {
            assertThat(rootfs.resolve("etc/greeting")).hasContent("from above");
        } finally {
            again.unmount(rootfs);
        }
    }

    @Test
    void nextContainerOfAViewSeesWhatTheLastOneWrote() throws IOException, InterruptedException {
        Views views = stack.mount(rootfs, ViewOptions.WRITABLE);
        try {
            run(false, "echo first > /left");

            assertThat(run(false, "read -r line < /left; echo \"$line\"")).isEqualTo("first\n");
        } finally {
            views.unmount(rootfs);
        }
    }
}
