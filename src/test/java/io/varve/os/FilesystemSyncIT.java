package io.varve.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A filesystem on a disk that promises more than it has room for, so that writes are lost when they come to it. */
class FilesystemSyncIT {
    private static final int ROOM = 3 << 20;
    private static final int PROMISED = 16 << 20;

    @TempDir
    Path directory;

    private final Random random = new Random(1);
    private SmallDisk memory;
    private SmallDisk disk;

    @BeforeEach
    void mount() throws IOException {
        memory = SmallDisk.tmpfs(directory, "size=" + ROOM);
        disk = SmallDisk.ext("ext2", directory.resolve("disk"), PROMISED);
    }

    @AfterEach
    void unmount() {
        if (disk != null) {
            disk.close();
        }
        if (memory != null) {
            memory.close();
        }
    }

    private byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Whoever asks next is not told any more. */
    private void somebodyElseIsTold() throws IOException {
        assertThatThrownBy(() -> FilesAt.syncFileSystem(disk.path()))
                .isInstanceOfSatisfying(
                        OsException.class, e -> assertThat(e.errno()).isIn(Errno.EIO, Errno.ENOSPC));
        FilesAt.syncFileSystem(disk.path());
    }

    @Test
    void lossThatSomebodyElseWasToldOfIsToldToWhoHeldTheFilesystem() throws IOException {
        FilesystemSync filesystem = new FilesystemSync(disk.path());
        filesystem.hold();
        filesystem.sync();
        assertThat(filesystem.hasFailed()).isFalse();

        Files.write(disk.path().resolve("file"), bytes(2 * ROOM));
        somebodyElseIsTold();

        assertThatThrownBy(filesystem::sync).isInstanceOf(OsException.class);
        assertThat(filesystem.hasFailed()).isTrue();
        assertThatThrownBy(filesystem::sync).hasMessageContaining("not all of it came to the disk");
        filesystem.letGo();
        filesystem.sync();
        filesystem.letGo();
    }

    @Test
    void nothingGetsANameOfWhichSomebodyElseWasToldThatItIsLost() throws IOException {
        Staging staging = new Staging(disk.path().resolve("ingest"));
        staging.hold();
        Map<Path, Path> homes = new LinkedHashMap<>();
        Map<Path, byte[]> written = new LinkedHashMap<>();
        for (int i = 0; i < 10; i++) {
            Path file = staging.directory().resolve("file" + i);
            Path home = disk.path().resolve("things/" + i);
            written.put(home, bytes(2 * ROOM / 10));
            homes.put(Files.write(file, written.get(home)), home);
        }
        somebodyElseIsTold();

        assertThatThrownBy(() -> staging.publish(homes)).isInstanceOf(IOException.class);

        written.keySet().removeIf(home -> !Files.exists(home));
        assertThat(written).hasSizeLessThan(homes.size());
        for (Map.Entry<Path, byte[]> each : written.entrySet()) {
            ByteArrayOutputStream there = new ByteArrayOutputStream();
            assertThat(DiskReads.readFromDisk(each.getKey(), piece -> {
                        while (piece.hasRemaining()) {
                            there.write(piece.get());
                        }
                    }))
                    .isTrue();
            assertThat(there.toByteArray()).isEqualTo(each.getValue());
        }
        staging.letGo();
    }

    @Test
    void whatIsNotLostGetsItsNameBesideWhatIs() throws IOException {
        Staging staging = new Staging(disk.path().resolve("ingest"));
        staging.hold();
        Map<Path, Path> homes = new LinkedHashMap<>();
        for (int i = 0; i < 9; i++) {
            Path file = Files.write(staging.directory().resolve("file" + i), bytes(1_000));
            FilesAt.sync(file);
            homes.put(file, disk.path().resolve("things/" + i));
        }
        Path large = Files.write(staging.directory().resolve("large"), bytes(ROOM + (900 << 10)));
        homes.put(large, disk.path().resolve("things/large"));

        assertThatThrownBy(() -> staging.publish(homes)).isInstanceOf(IOException.class);

        assertThat(disk.path().resolve("things").toFile().list()).hasSize(9).doesNotContain("large");
        staging.letGo();
    }

    @Test
    void lossIsToldToWhoeverHoldsTheFilesystemNextOfWhatWasNamedBefore() throws IOException {
        Staging staging = new Staging(disk.path().resolve("ingest"), Durability.RELAXED);
        staging.hold();
        try (Staged staged = staging.begin("thing")) {
            staged.create("a").close();
            Files.write(staged.directory().resolve("a"), bytes(2 * ROOM));
            staged.publish(disk.path().resolve("things/name"));
        }
        staging.letGo();
        somebodyElseIsTold();

        staging.hold();

        assertThatThrownBy(staging::syncPublished).isInstanceOf(IOException.class);
        staging.letGo();
    }

    @Test
    void markStaysOnWhatSomebodyElseWasToldTheLossOf() throws IOException {
        Staging staging = new Staging(disk.path().resolve("ingest"), Durability.RELAXED);
        staging.hold();
        Path home = disk.path().resolve("things/name");
        try (Staged staged = staging.begin("thing")) {
            staged.create("a").close();
            Files.write(staged.directory().resolve("a"), bytes(2 * ROOM));
            staged.publish(home);
        }
        somebodyElseIsTold();

        assertThatThrownBy(staging::syncPublished).isInstanceOf(IOException.class);

        assertThat(Unsynced.isMarked(home)).isTrue();
        assertThat(Unsynced.isMarked(home.resolve("a"))).isTrue();
        staging.letGo();
    }
}
