package io.varve.layerfs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChangesIT {
    @TempDir
    Path directory;

    @Test
    void changesReadBackAsTheyWereWritten() throws IOException {
        List<Change> written = List.of(
                new Change.Put(path(""), Inode.directory(0755, 0, 0, 5, 0, List.of()), 0),
                put("etc", FileType.DIRECTORY, 01777, 512),
                regular("etc/passwd", 1000, new long[] {0, 1000, 1536}, 1024),
                regular("etc/empty", 0, Inode.NO_EXTENTS, 3072),
                regular("etc/hole", 1 << 30, Inode.NO_EXTENTS, 3584),
                regular("etc/sparse", 5000, new long[] {10, 20, 4700, 4000, 1000, 4720}, 4096),
                new Change.Link(path("etc/link"), path("etc/passwd"), 6144),
                new Change.Put(path("l"), symlink("../odd//target\n"), 6656),
                new Change.Put(path("dev"), device(FileType.CHARACTER, 1, 3), 7168),
                new Change.Put(path("blk"), device(FileType.BLOCK, -1, 1 << 20), 7680),
                put("pipe", FileType.FIFO, 0600, 8192),
                new Change.Put(path("times"), times(-5_000_000_000L, 999_999_999), 8704),
                new Change.Put(path("again"), times(Long.MAX_VALUE, 1), 9216),
                new Change.Put(path("x"), xattrs(), 9728),
                new Change.Whiteout(path("gone"), 10240),
                new Change.Opaque(path("etc"), 1L << 40));
        Changes changes = Changes.open(write(written, 4711));

        assertThat(changes.count()).isEqualTo(written.size());
        assertThat(changes.marks()).isEqualTo(2);
        assertThat(changes.tarBytes()).isEqualTo(4711);
        assertThat(read(changes)).usingRecursiveFieldByFieldElementComparator().containsExactlyElementsOf(written);
    }

    @Test
    void manyChangesPassThroughSmallBuffers() throws IOException {
        Random random = new Random(7);
        List<Change> written = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            String name = "directory-" + random.nextInt(100) + "/" + "n".repeat(random.nextInt(200) + 1) + i;
            written.add(regular(name, 512L * i + 1, new long[] {0, 512L * i + 1, 1024L * i + 512}, 1024L * i));
        }
        Path file = write(written, 1);
        byte[] first = Files.readAllBytes(file);

        // To compare 2,000 of them field by field would take longer than all else here.
        assertThat(write(read(Changes.open(file)), 1)).hasBinaryContent(first);
    }

    @Test
    void layerWithoutEntriesHasNoChanges() throws IOException {
        Changes changes = Changes.open(write(List.of(), 1024));
        assertThat(changes.count()).isZero();
        assertThat(read(changes)).isEmpty();
    }

    @Test
    void everyDamagedByteIsNoticed() throws IOException {
        Path file = write(List.of(put("a", FileType.FIFO, 0600, 0), put("b", FileType.FIFO, 0600, 512)), 1024);
        byte[] whole = Files.readAllBytes(file);
        for (int i = 0; i < whole.length; i++) {
            byte[] damaged = whole.clone();
            damaged[i] ^= 0x10;
            assertRefused(damaged, Category.INVALID, Category.MISMATCH);
        }
    }

    @Test
    void everyCutIsNoticed() throws IOException {
        Path file = write(List.of(put("a", FileType.FIFO, 0600, 0)), 512);
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            assertRefused(Arrays.copyOf(whole, length), Category.INVALID, Category.MISMATCH);
        }
    }

    @Test
    void otherVersionsAndOtherFilesAreRefused() throws IOException {
        Path file = write(List.of(), 0);
        byte[] whole = Files.readAllBytes(file);
        byte[] newer = whole.clone();
        newer[ChangesFormat.MAGIC.length] = 2;
        assertThatThrownBy(() -> Changes.open(store(newer))).hasMessageContaining("version: got 2, wanted 1");
        assertThatThrownBy(() -> Changes.open(store(new byte[100]))).hasMessageContaining("not changes");
        assertThatThrownBy(() -> Changes.open(directory.resolve("none"))).hasMessageContaining("NotFound");
    }

    private void assertRefused(byte[] damaged, Category... categories) throws IOException {
        Path file = store(damaged);
        assertThatThrownBy(() -> Changes.open(file))
                .isInstanceOfSatisfying(
                        Failure.class, e -> assertThat(e.category()).isIn((Object[]) categories));
    }

    private Path store(byte[] bytes) throws IOException {
        return Files.write(directory.resolve("damaged"), bytes);
    }

    private Path write(List<Change> changes, long tarBytes) throws IOException {
        Path file = directory.resolve("changes");
        try (FileChannel out = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ChangesWriter writer = new ChangesWriter(out);
            for (Change change : changes) {
                writer.write(change);
            }
            writer.finish(tarBytes);
        }
        return file;
    }

    private static List<Change> read(Changes changes) {
        List<Change> read = new ArrayList<>();
        changes.forEach(read::add);
        return read;
    }

    private static Change put(String path, FileType type, int mode, long offset) {
        return new Change.Put(path(path), inode(type, mode, 0, Inode.NO_EXTENTS), offset);
    }

    private static Change regular(String path, long size, long[] extents, long offset) {
        return new Change.Put(path(path), inode(FileType.REGULAR, 0644, size, extents), offset);
    }

    private static Inode inode(FileType type, int mode, long size, long[] extents) {
        return new Inode(type, mode, 1000, -2, 77, 1, size, 0, 0, Inode.NO_TARGET, List.of(), extents);
    }

    private static Inode symlink(String target) {
        return new Inode(FileType.SYMLINK, 0777, 0, 0, 0, 0, 0, 0, 0, path(target), List.of(), Inode.NO_EXTENTS);
    }

    private static Inode device(FileType type, int major, int minor) {
        return new Inode(type, 0600, 0, 0, 0, 0, 0, major, minor, Inode.NO_TARGET, List.of(), Inode.NO_EXTENTS);
    }

    private static Inode times(long mtime, int nanos) {
        return Inode.directory(0700, 0, 0, mtime, nanos, List.of());
    }

    private static Inode xattrs() {
        byte[] large = new byte[70_000];
        new Random(1).nextBytes(large);
        return Inode.directory(0700, 0, 0, 0, 0, List.of(Xattr.of("user.a", new byte[0]), Xattr.of("user.b", large)));
    }

    private static byte[] path(String text) {
        return text.getBytes(UTF_8);
    }
}
