package io.varve.os;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.varve.guard.Deadline;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A filesystem that is soon full, mounted until it is closed. Who may not mount one skips the test. */
public final class SmallDisk implements AutoCloseable {
    private final Path path;

    private SmallDisk(Path path) {
        this.path = path;
    }

    /**
     * In memory.
     *
     * @param path is made, if it is not there
     * @param room as the mount takes it, such as {@code size=1m}
     */
    public static SmallDisk tmpfs(Path path, String room) throws IOException {
        Files.createDirectories(path);
        return mounted(path, "-t", "tmpfs", "-o", room, "tmpfs");
    }

    /**
     * In a file beside it, of which nothing is reserved for root.
     *
     * @param type ext2 or ext4
     * @param path is made, if it is not there
     */
    public static SmallDisk ext(String type, Path path, long bytes) throws IOException {
        Files.createDirectories(path);
        Path file = path.resolveSibling(path.getFileName() + "." + type);
        try (RandomAccessFile disk = new RandomAccessFile(file.toFile(), "rw")) {
            disk.setLength(bytes);
        }
        assumeTrue(run("mkfs." + type, "-q", "-m", "0", file.toString()), "mkfs." + type);
        return mounted(path, "-o", "loop", file.toString());
    }

    private static SmallDisk mounted(Path path, String... what) {
        List<String> words = new ArrayList<>(List.of("mount"));
        words.addAll(List.of(what));
        words.add(path.toString());
        assumeTrue(run(words.toArray(String[]::new)), "mounting a small disk");
        return new SmallDisk(path);
    }

    private static boolean run(String... words) {
        try {
            return new ProcessBuilder(words)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .onExit()
                            .join()
                            .exitValue()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }

    public Path path() {
        return path;
    }

    /** The kernel lets go of a loop device, and of what its file is on, a moment after what was mounted from it is gone. */
    @Override
    public void close() {
        Deadline.until("unmounted " + path, () -> run("umount", path.toString()));
    }
}
