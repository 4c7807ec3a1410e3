package io.varve.layerfs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers that would make a merge take memory or time without bound; each is a few entries over and over. */
class HostileChangesIT {
    private static final LayerLimits SMALL = new LayerLimits(2_048, LayerLimits.DEFAULTS.steps(), 1 << 20);

    @TempDir
    Path directory;

    private int layers;

    @Test
    void entryThatReplacesItselfOverAndOverIsChargedForEverySymlinkTarget() {
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            changes.add(new Change.Put(bytes("l"), symlink("x".repeat(4_000)), 512L * i));
        }
        assertExceedsMemory(changes);
    }

    @Test
    void fewFilesWithManyExtentsAreCharged() {
        long[] extents = new long[3 * 20_000];
        for (int i = 0; i < extents.length; i += 3) {
            extents[i] = 1024L * i;
            extents[i + 1] = 512;
            extents[i + 2] = 512L * i;
        }
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Inode file =
                    new Inode(FileType.REGULAR, 0644, 0, 0, 0, 0, 1L << 40, 0, 0, Inode.NO_TARGET, List.of(), extents);
            changes.add(new Change.Put(bytes("f" + i), file, 0));
        }
        assertExceedsMemory(changes);
    }

    @Test
    void rootDescribedOverAndOverIsChargedForItsXattrs() {
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            byte[] value = new byte[60_000];
            value[0] = (byte) i;
            List<Xattr> xattrs = List.of(Xattr.of("user.x", value));
            changes.add(new Change.Put(new byte[0], Inode.directory(0755, 0, 0, 0, 0, xattrs), 512L * i));
        }
        assertExceedsMemory(changes);
    }

    @Test
    void waysToMarksAreCharged() {
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            String way = i + "/" + "d/".repeat(1_000);
            changes.add(new Change.Whiteout(bytes(way + "gone"), 512L * i));
        }
        assertExceedsMemory(changes);
    }

    @Test
    void longWaysAreWalkedSoOftenAndNotMore() {
        List<Change> changes = new ArrayList<>();
        changes.add(new Change.Put(bytes("d"), Inode.directory(0755, 0, 0, 0, 0, List.of()), 0));
        for (int i = 0; i < 20; i++) {
            String next = i == 0 ? "d" : "l" + (i - 1);
            changes.add(new Change.Put(bytes("l" + i), symlink("d/../".repeat(100) + next), 512));
        }
        // Two ways in turns, since neighbours share one.
        for (int i = 0; i < 100; i++) {
            changes.add(new Change.Put(bytes((i % 2 == 0 ? "l18/" : "l19/") + i), symlink("x"), 1024));
        }
        assertThat(Merge.tree(List.of(layer(changes)), LayerLimits.DEFAULTS).entries())
                .isEqualTo(1 + 20 + 100);
        assertThatThrownBy(() -> Merge.tree(List.of(layer(changes)), new LayerLimits(2_048, 100_000, 1 << 30)))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("Exceeded: merging layer 1 of 1: ")
                .hasMessageEndingWith("names on the ways to entries: got 100001, at most 100000 (limits.steps)");
    }

    @Test
    void waysToMarksThroughSymlinksOfTheLayersOwnAreCountedToo() {
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < 39; i++) {
            changes.add(new Change.Put(bytes("z/s" + i), symlink("./".repeat(2_000) + "s" + (i + 1)), 512L * i));
        }
        for (int i = 0; i < 50; i++) {
            changes.add(new Change.Whiteout(bytes("z/s0/x"), 512));
        }
        assertThatThrownBy(() -> Merge.tree(List.of(layer(changes)), new LayerLimits(2_048, 1_000_000, 1 << 30)))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("Exceeded: merging layer 1 of 1: ")
                .hasMessageEndingWith("names on the ways to entries: got 1000001, at most 1000000 (limits.steps)");
    }

    @Test
    void longTargetsOfFewNamesAreCountedByWhatIsCopiedOfThem() {
        String names = ("/" + "x".repeat(LayerLimits.NAME_BYTES - 1)).repeat(15);
        List<Change> lower = new ArrayList<>();
        lower.add(new Change.Put(bytes("s39"), Inode.IMPLIED_DIRECTORY, 0));
        for (int i = 0; i < 39; i++) {
            lower.add(new Change.Put(bytes("s" + i), symlink("s" + (i + 1) + names), 512L * i));
        }
        List<Change> marks = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            marks.add(new Change.Whiteout(bytes("s0/" + i), 512L * i));
        }
        List<Changes> stack = List.of(layer(lower), layer(marks));
        assertThatThrownBy(() -> Merge.tree(stack, new LayerLimits(2_048, 1_000_000, 1 << 30)))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("Exceeded: merging layer 2 of 2: ")
                .hasMessageContaining("names on the ways to entries: got 100")
                .hasMessageEndingWith("at most 1000000 (limits.steps)");
    }

    @Test
    void xattrsThatHaveOneHashStayApart() {
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < 1 << 10; i++) {
            StringBuilder value = new StringBuilder();
            for (int bit = 0; bit < 10; bit++) {
                value.append((i >> bit & 1) == 0 ? "Aa" : "BB");
            }
            List<Xattr> xattrs = List.of(Xattr.of("user.x", bytes(value.toString())));
            changes.add(new Change.Put(
                    bytes(String.format(Locale.ROOT, "%04d", i)), Inode.directory(0755, 0, 0, 0, 0, xattrs), 512L * i));
        }
        Tree tree = Merge.tree(List.of(layer(changes)), LayerLimits.DEFAULTS);
        assertThat(tree.xattrSets()).isEqualTo(1 + (1 << 10));
        for (int e = 0; e < tree.entries(); e++) {
            Change.Put put = (Change.Put) changes.get(e);
            assertThat(tree.xattrs(tree.inode(e))).isEqualTo(put.inode().xattrs());
        }
    }

    @Test
    void symlinkCannotMakeADirectoryOfANameThatLinuxHasNot() {
        List<Change> changes = List.of(
                new Change.Put(bytes("l"), symlink("x".repeat(256)), 0),
                new Change.Put(bytes("l/f"), Inode.IMPLIED_DIRECTORY, 512));
        assertThatThrownBy(() -> Merge.tree(List.of(layer(changes)), LayerLimits.DEFAULTS))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.category()).isEqualTo(Category.EXCEEDED))
                .hasMessageContaining("\"l/f\" at offset 512")
                .hasMessageContaining("got 256, at most 255");
    }

    private void assertExceedsMemory(List<Change> changes) {
        Changes layer = layer(changes);
        assertThatThrownBy(() -> Merge.tree(List.of(layer), SMALL))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.category()).isEqualTo(Category.EXCEEDED))
                // Told while it grows, not when all of it is there.
                .hasMessageContaining("merging layer 1 of 1")
                .hasMessageContaining("limits.treeBytes");
    }

    private Changes layer(List<Change> changes) {
        Path file = directory.resolve("changes" + layers++);
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ChangesWriter writer = new ChangesWriter(out);
            for (Change change : changes) {
                writer.write(change);
            }
            writer.finish(0);
        } catch (IOException e) {
            throw Failure.from(e);
        }
        return Changes.open(file);
    }

    private static Inode symlink(String target) {
        return new Inode(FileType.SYMLINK, 0777, 0, 0, 0, 0, 0, 0, 0, bytes(target), List.of(), Inode.NO_EXTENTS);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
