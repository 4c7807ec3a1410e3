package io.varve.os;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskReadsIT {
    @TempDir
    Path directory;

    private final ByteArrayOutputStream got = new ByteArrayOutputStream();

    private void take(ByteBuffer piece) {
        byte[] bytes = new byte[piece.remaining()];
        piece.get(bytes);
        got.writeBytes(bytes);
    }

    private Path file() throws IOException {
        byte[] bytes = new byte[600_000];
        new Random(1).nextBytes(bytes);
        return Files.write(directory.resolve("file"), bytes);
    }

    @Test
    void fileIsReadFromItsFirstByteToItsLast() throws IOException {
        Path file = file();

        assertThat(DiskReads.read(file, this::take)).isTrue();

        assertThat(got.toByteArray()).isEqualTo(Files.readAllBytes(file));
    }

    @Test
    void whatIsMissingOrNoFileIsNotThere() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("link"), file());

        assertThat(DiskReads.read(directory.resolve("missing"), this::take)).isFalse();
        assertThat(DiskReads.read(link, this::take)).isFalse();
        assertThat(DiskReads.read(directory, this::take)).isFalse();
    }

    /** The disk is a file, in which something else is put behind the back of the filesystem. */
    @Test
    void whatTheKernelHasInMemoryIsNotTakenForWhatTheDiskHas() throws IOException {
        Path place = directory.resolve("disk");
        try (SmallDisk disk = SmallDisk.ext("ext4", place, 16 << 20)) {
            Path file = Files.write(
                    disk.path().resolve("file"),
                    "written and lost".repeat(1_000).getBytes(US_ASCII));
            FilesAt.sync(file);
            exchange(directory.resolve("disk.ext4"), "written and lost", "nobody wrote it!");

            assertThat(DiskReads.read(file, this::take)).isTrue();
            assertThat(got.toString(US_ASCII)).startsWith("written and lost");
            got.reset();
            assertThat(DiskReads.readFromDisk(file, this::take)).isTrue();
            assertThat(got.toString(US_ASCII)).isEqualTo("nobody wrote it!" + "written and lost".repeat(999));
        }
    }

    @Test
    void whatSomebodyHasInUseIsReadFromTheDiskAsWell() throws IOException {
        Path place = directory.resolve("disk");
        try (SmallDisk disk = SmallDisk.ext("ext4", place, 16 << 20);
                Arena arena = Arena.ofConfined()) {
            Path file = Files.write(
                    disk.path().resolve("file"),
                    "written and lost".repeat(1_000).getBytes(US_ASCII));
            FilesAt.sync(file);
            try (FileChannel channel = FileChannel.open(file)) {
                MemorySegment used = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
                assertThat(used.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 'w');
            }
            exchange(directory.resolve("disk.ext4"), "written and lost", "nobody wrote it!");

            assertThat(DiskReads.readFromDisk(file, this::take)).isTrue();

            assertThat(got.toString(US_ASCII)).isEqualTo("nobody wrote it!" + "written and lost".repeat(999));
        }
    }

    private static void exchange(Path disk, String from, String to) throws IOException {
        int at = new String(Files.readAllBytes(disk), ISO_8859_1).indexOf(from);
        assertThat(at).isPositive();
        try (FileChannel out = FileChannel.open(disk, StandardOpenOption.WRITE)) {
            out.write(ByteBuffer.wrap(to.getBytes(US_ASCII)), at);
        }
    }

    @Test
    void refusalThatSaysNothingOfTheDiskIsToldAsItIs() throws IOException {
        Path refused = file().resolve("below");

        assertThatThrownBy(() -> DiskReads.read(refused, this::take))
                .isInstanceOfSatisfying(
                        OsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOTDIR));
    }

    @Test
    void interruptEndsItAndSaysNothingOfTheFile() throws IOException {
        Path file = file();
        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(() -> DiskReads.read(file, this::take)).isInstanceOf(ClosedByInterruptException.class);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }
}
