package io.varve.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FilesAtIT {
    @TempDir
    Path temporary;

    @Test
    void opensAndMakesNothingThroughASymlink() throws Exception {
        Path outside = Files.createDirectory(temporary.resolve("outside"));
        Files.createSymbolicLink(temporary.resolve("link"), outside);
        Files.createSymbolicLink(temporary.resolve("dangling"), temporary.resolve("nothing"));
        try (Fd directory = FilesAt.openDirectory(temporary)) {
            assertRefused(() -> FilesAt.openDirectory(directory, name("link")), Errno.ENOTDIR);
            assertRefused(() -> FilesAt.create(directory, name("dangling"), 0600), Errno.EEXIST);
            assertThat(FilesAt.makeDirectory(directory, name("link"), 0700)).isFalse();
            assertRefused(() -> FilesAt.changeMode(directory, name("link"), 0), Errno.EOPNOTSUPP);
        }
        assertThat(outside).isEmptyDirectory();
        assertThat(Files.isReadable(outside)).isTrue();
        assertThat(temporary.resolve("nothing")).doesNotExist();
    }

    @Test
    void saysNothingAboutWhatIsMissingWhereThatIsAnAnswer() throws Exception {
        try (Fd directory = FilesAt.openDirectory(temporary)) {
            assertThat(FilesAt.openDirectory(directory, name("missing"))).isNull();
            FilesAt.unlink(directory, name("missing"));
            FilesAt.removeDirectory(directory, name("missing"));
            FilesAt.removeXattr(directory, "user.missing");
        }
    }

    @Test
    void tellsXattrsByNameAndValue() throws Exception {
        byte[] some = "user.some".getBytes(StandardCharsets.US_ASCII);
        byte[] empty = "user.none".getBytes(StandardCharsets.US_ASCII);
        try (Fd directory = FilesAt.openDirectory(temporary)) {
            assertThat(FilesAt.xattrs(directory)).isEmpty();
            FilesAt.setXattr(directory, some, new byte[] {1, 0, 2});
            FilesAt.setXattr(directory, empty, new byte[0]);
            assertThat(FilesAt.xattrs(directory)).containsExactlyInAnyOrder(some, empty);
            assertThat(FilesAt.xattr(directory, some)).containsExactly(1, 0, 2);
            assertThat(FilesAt.xattr(directory, empty)).isEmpty();
            assertRefused(
                    () -> FilesAt.xattr(directory, "user.missing".getBytes(StandardCharsets.US_ASCII)), Errno.ENODATA);
        }
    }

    @Test
    void readsBackWhatItWrote() throws Exception {
        byte[] content = "some bytes".getBytes(StandardCharsets.US_ASCII);
        try (Arena arena = Arena.ofConfined();
                Fd directory = FilesAt.openDirectory(temporary);
                Fd file = FilesAt.create(directory, name("file"), 0640)) {
            MemorySegment segment = arena.allocateFrom(ValueLayout.JAVA_BYTE, content);
            FilesAt.write(file, segment, 5, 5, 1000);
            FilesAt.setTimes(file, -5, 7);
            FileStatus status = FilesAt.status(directory, name("file"));
            assertThat(status.size()).isEqualTo(1005);
            assertThat(status.mtime()).isEqualTo(-5);
            assertThat(status.nanos()).isEqualTo(7);
            assertThat(status.isDirectory()).isFalse();
            try (Fd again = FilesAt.open(temporary.resolve("file"))) {
                assertThat(FilesAt.read(again, segment, 10, 1000)).isEqualTo(5);
                assertThat(FilesAt.read(again, segment, 10, 1005)).isZero();
                assertThat(segment.asSlice(0, 5).toArray(ValueLayout.JAVA_BYTE))
                        .isEqualTo("bytes".getBytes(StandardCharsets.US_ASCII));
            }
        }
    }

    @Test
    void letsOneHoldALock() throws Exception {
        Path lock = temporary.resolve("lock");
        try (Fd second = FilesAt.openOrCreate(lock, 0600)) {
            try (Fd first = FilesAt.openOrCreate(lock, 0600)) {
                assertThat(FilesAt.tryLock(first)).isTrue();
                assertThat(FilesAt.tryLock(second)).isFalse();
            }
            assertThat(FilesAt.tryLock(second)).isTrue();
        }
    }

    @Test
    void refusesADescriptorThatWasClosed() throws Exception {
        Fd directory = FilesAt.openDirectory(temporary);
        directory.close();
        directory.close();
        assertThatThrownBy(() -> FilesAt.status(directory)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void refusesDeviceNumbersThatLinuxCannotHold() throws Exception {
        try (Fd directory = FilesAt.openDirectory(temporary)) {
            assertRefused(() -> FilesAt.makeNode(directory, name("n"), 020600, 4096, 0), Errno.EOVERFLOW);
            assertRefused(() -> FilesAt.makeNode(directory, name("n"), 020600, 0, 1 << 20), Errno.EOVERFLOW);
        }
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void makesABlockDeviceOfAFileThatIsGoneOnceClosed() throws Exception {
        assumeTrue(FilesAt.user() == 0, "loop devices need root");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "there are loop devices");
        byte[] content = new byte[4096 + 512];
        content[4096] = 42;
        Path path = Files.write(temporary.resolve("image"), content);
        Path backing;
        try (Fd file = FilesAt.open(path);
                LoopDevice device = LoopDevice.of(file)) {
            try (var in = Files.newInputStream(device.path())) {
                in.skipNBytes(4096);
                assertThat(in.readAllBytes()).hasSize(512).startsWith(42);
            }
            assertThatThrownBy(() -> Files.write(device.path(), new byte[512])).hasMessageContaining("not permitted");
            backing = Path.of("/sys/block", device.path().getFileName().toString(), "loop/backing_file");
            assertThat(backing).hasContent(path + "\n");
        }
        assertThat(backing).doesNotExist();
    }

    @Test
    void namesTheCallTheReasonAndWhatTheKernelSaid() throws Exception {
        assertThatThrownBy(() -> FilesAt.open(temporary.resolve("missing")))
                .hasMessage("open " + temporary.resolve("missing") + ": ENOENT, no such file or directory");
        assumeTrue(FilesAt.user() == 0, "fsopen needs root");
        assertRefused(() -> FileSystemContext.open("no-such-type"), Errno.ENODEV);
        try (FileSystemContext overlay = FileSystemContext.open("overlay")) {
            assertThatThrownBy(() -> overlay.set("no-such-key", "x"))
                    .hasMessageStartingWith("mount overlay: no-such-key=x: EINVAL")
                    .hasMessageContaining("Unknown parameter");
        }
    }

    private static Name name(String text) throws OsException {
        return Name.of(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void assertRefused(ThrowingCallable call, Errno errno) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        OsException.class, e -> assertThat(e.errno()).isEqualTo(errno));
    }
}
