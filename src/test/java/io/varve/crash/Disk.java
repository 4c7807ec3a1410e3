package io.varve.crash;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A disk that can be looked at as a power loss at any moment would leave it: a filesystem on a loop device, whose backing
 * file lies on an XFS of its own. Cloning that file takes two milliseconds, in which XFS lets nobody write to it, and needs nothing of
 * the filesystem that is on it: what is not on its way to the device yet is not in the clone.
 */
final class Disk implements AutoCloseable {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final String BYTES = "512M";
    private static final long SHELF_BYTES = 4L << 30;

    /** Whoever waits for the disk of the disk waits for nothing that is looked at here. */
    private static final Path MEMORY = Path.of("/dev/shm");

    /** With the defaults of each, and pages as blocks, as large disks get it. */
    enum Kind {
        EXT4("mkfs.ext4 -q -b 4096", "loop"),
        XFS("mkfs.xfs -q", "loop,nouuid"),
        BTRFS("mkfs.btrfs -q", "loop");

        private final String make;
        private final String options;

        Kind(String make, String options) {
            this.make = make;
            this.options = options;
        }

        private void make(Path disk) throws IOException {
            List<String> words = new ArrayList<>(List.of(make.split(" ", -1)));
            words.add(disk.toString());
            run(words.toArray(String[]::new));
        }

        private Path mount(Path disk, Path at) throws IOException {
            Files.createDirectory(at);
            run("mount", "-t", toString(), "-o", options, disk.toString(), at.toString());
            return at;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private final Kind kind;
    private final Path image;
    private final Path shelf;
    private final Path disk;
    private final Path mounted;
    private int snapshots;

    /** @param directory empty, with some room */
    Disk(Path directory, Kind kind) throws IOException {
        this.kind = kind;
        boolean roomy = Files.isDirectory(MEMORY) && MEMORY.toFile().getUsableSpace() > SHELF_BYTES;
        image = Files.createTempFile(roomy ? MEMORY : directory, "varve-crash-", ".img");
        run("truncate", "-s", Long.toString(SHELF_BYTES), image.toString());
        run("mkfs.xfs", "-q", "-m", "reflink=1", image.toString());
        shelf = Files.createDirectory(directory.resolve("shelf"));
        run("mount", "-o", "loop", image.toString(), shelf.toString());
        disk = shelf.resolve("disk.img");
        run("truncate", "-s", BYTES, disk.toString());
        kind.make(disk);
        mounted = kind.mount(disk, directory.resolve("disk"));
        flushesReachTheFile();
    }

    /** Otherwise it would be a disk that lies, and nothing could be promised of it. */
    private void flushesReachTheFile() throws IOException {
        String entry = Files.readAllLines(Path.of("/proc/mounts")).stream()
                .filter(line -> line.split(" ", -1)[1].equals(mounted.toString()))
                .findFirst()
                .orElseThrow();
        assertThat(entry).contains(" " + kind + " ").doesNotContain("nobarrier", "barrier=0", "data=writeback");
        Path device = Path.of(
                "/sys/block", Path.of(entry.split(" ", -1)[0]).getFileName().toString());
        assertThat(device.resolve("queue/write_cache")).hasContent("write back");
    }

    /** Where it is mounted. */
    Path directory() {
        return mounted;
    }

    /** The disk as it is at some moment of this call. */
    Path snapshot() throws IOException {
        Path snapshot = shelf.resolve("snapshot-" + snapshots++);
        run("cp", "--reflink=always", disk.toString(), snapshot.toString());
        return snapshot;
    }

    /**
     * Mounts a snapshot as the machine finds it when the power is back: its journal is replayed.
     *
     * @param at a directory to mount it at, which is made
     */
    Revived revive(Path snapshot, Path at) throws IOException {
        return new Revived(kind.mount(snapshot, at));
    }

    record Revived(Path directory) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            unmount(directory);
        }
    }

    @Override
    public void close() throws IOException {
        unmount(mounted);
        unmount(shelf);
        Files.delete(image);
    }

    /** The kernel lets go of a loop device, and of what its file is on, a moment after what was mounted from it is gone. */
    private static void unmount(Path at) throws IOException {
        long start = System.nanoTime();
        while (true) {
            try {
                run("umount", at.toString());
                return;
            } catch (IOException e) {
                if (System.nanoTime() - start > PATIENCE_NANOS) {
                    throw e;
                }
                LockSupport.parkNanos(LOOK_NANOS);
            }
        }
    }

    private static void run(String... words) throws IOException {
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        if (Waiting.of(process) != 0) {
            throw new IOException(String.join(" ", words) + ": " + said);
        }
    }
}
