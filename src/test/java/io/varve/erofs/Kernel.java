package io.varve.erofs;

import io.varve.layerfs.Layer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** What the kernel of this machine makes of an index. */
final class Kernel {
    private Kernel() {}

    /** Whether this process may mount a filesystem, and EROFS is there. */
    static void assumeErofs() throws IOException, InterruptedException {
        Assumptions.assumeTrue(Files.readString(Path.of("/proc/filesystems")).contains("erofs"), "kernel has no EROFS");
        Assumptions.assumeTrue(
                Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "not root");
        // Opens a mount namespace of its own, as show.py does, and ends.
        Process python =
                new ProcessBuilder("python3", "-c", "import ctypes; exit(ctypes.CDLL(None).unshare(0x20000))").start();
        Assumptions.assumeTrue(python.waitFor() == 0, "no python3, or it may not mount");
    }

    /** A line for each name that the mounted index shows; what the kernel says when it refuses it. */
    static List<String> show(Path directory, Path index, List<Layer> layers) throws IOException, InterruptedException {
        return show("all", directory, index, layers);
    }

    /** A line for each directory. */
    static List<String> names(Path directory, Path index, List<Layer> layers) throws IOException, InterruptedException {
        return show("names", directory, index, layers);
    }

    private static List<String> show(String what, Path directory, Path index, List<Layer> layers)
            throws IOException, InterruptedException {
        Path script = directory.resolve("show.py");
        try (var source = Kernel.class.getResourceAsStream("show.py")) {
            Files.write(script, source.readAllBytes());
        }
        Path point = Files.createDirectories(directory.resolve("mount"));
        Path tars = directory.resolve("tars");
        Files.write(tars, layers.stream().map(layer -> layer.tar().toString()).toList());
        Path shown = directory.resolve("shown");
        Process process = new ProcessBuilder("python3", script.toString(), what, index.toString(), point.toString())
                .redirectInput(tars.toFile())
                .redirectOutput(shown.toFile())
                .start();
        String errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(2, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError("the mount was not shown within two minutes");
        }
        if (process.exitValue() != 0) {
            return List.of("refused: " + errors);
        }
        return Files.readAllLines(shown);
    }
}
