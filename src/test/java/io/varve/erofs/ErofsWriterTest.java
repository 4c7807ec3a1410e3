package io.varve.erofs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Failure;
import io.varve.layerfs.FileType;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.layerfs.Xattr;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ErofsWriterTest {
    @TempDir
    Path directory;

    private Stack stack;

    @BeforeEach
    void oneLayer() {
        stack = Stack.withLayers(directory, 1);
    }

    @Test
    void writesTheSameBytesForTheSameTree() throws Exception {
        fill();
        Tree tree = stack.tree();
        byte[] once = Files.readAllBytes(Stack.write(directory, tree, stack.layers()));
        byte[] twice = Files.readAllBytes(Stack.write(directory, tree, stack.layers()));
        assertThat(once).isEqualTo(twice);
    }

    @Test
    void namesTheFilesystemAfterTheChainAndItsDevicesAfterTheLayers() throws Exception {
        List<Layer> layers = stack.layers();
        ByteBuffer index = ByteBuffer.wrap(Files.readAllBytes(Stack.write(directory, stack.tree(), layers)))
                .order(ByteOrder.LITTLE_ENDIAN);
        assertThat(index.getInt(1024)).isEqualTo(0xE0F5E1E2);
        assertThat(index.getLong(1024 + 24)).as("build time").isZero();
        byte[] uuid = new byte[16];
        index.get(1024 + 48, uuid);
        assertThat(uuid).asHexString().isEqualToIgnoringCase(Stack.CHAIN.hex().substring(0, 32));
        byte[] tag = new byte[64];
        index.get(1152, tag);
        assertThat(new String(tag, StandardCharsets.US_ASCII))
                .isEqualTo(layers.getFirst().diffId().hex());
    }

    @Test
    void countsXattrsThatErofsCannotExpress() throws Exception {
        Xattr[] xattrs = {Xattr.of("com.apple.x", new byte[1]), Xattr.of("user.", new byte[1])};
        stack.directory(Tree.ROOT, "a", xattrs);
        stack.directory(Tree.ROOT, "b", xattrs);
        stack.directory(Tree.ROOT, "c", Xattr.of("system.posix_acl_access.not", new byte[1]));
        assertThat(report().droppedXattrs()).isEqualTo(5);
    }

    @Test
    void copiesNothingOfFilesOnBlockBoundaries() throws Exception {
        for (int length : new int[] {0, 1, 511, 512, 513, 100_000}) {
            stack.file(Tree.ROOT, "f" + length, 0, stack.bytes(length));
        }
        stack.end(0);
        assertThat(report().copiedBytes()).isZero();
    }

    @Test
    void copiesOnlyTheLastBlockOfALargeFileInATarWithoutPadding() throws Exception {
        stack.file(Tree.ROOT, "large", 0, stack.bytes(10_000_001));
        ErofsIndex report = report();
        assertThat(report.copiedBytes()).isBetween(1L, 1L << 16);
        assertThat(report.bytes()).isLessThan(1 << 17);
    }

    @Test
    void keepsAHugeHoleWithOneCrookedRunSmall() throws Exception {
        long at = stack.data(0, stack.bytes(2000));
        long size = 1L << 40;
        stack.sparse(Tree.ROOT, "hole", 0, size, new long[] {size - 2000, 1000, at + 1});
        stack.end(0);
        assertThat(report().bytes()).isLessThan(10 << 20);
    }

    @Test
    void refusesAnIndexLargerThanTheLimitBeforeWriting() throws Exception {
        fill();
        Path index = directory.resolve("index");
        try (FileChannel out = FileChannel.open(index, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            assertThatThrownBy(() -> ErofsWriter.write(
                            stack.tree(), stack.layers(), Stack.CHAIN, out, new ErofsLimits(5000, 1 << 20)))
                    .isInstanceOf(Failure.class)
                    .hasMessageStartingWith("Exceeded: write EROFS index sha256:")
                    .hasMessageContaining("at most 5000 (limits.indexBytes)");
            assertThat(out.size()).isZero();
        }
    }

    @Test
    void refusesAFileOfSoManyPiecesThatItsIndexWouldExplode() throws Exception {
        long at = stack.data(0, stack.bytes(4096));
        long[] extents = new long[300];
        for (int i = 0; i < 100; i++) {
            extents[3 * i] = i * (1L << 50);
            extents[3 * i + 1] = 512;
            extents[3 * i + 2] = at;
        }
        stack.sparse(Tree.ROOT, "pieces", 0, Long.MAX_VALUE, extents);
        stack.end(0);
        assertRefused("Exceeded", "/pieces", "bytes of an index");
    }

    @Test
    void refusesANameOf256Bytes() {
        stack.directory(stack.directory(Tree.ROOT, "in"), "n".repeat(256));
        assertRefused("Exceeded", "/in: name of a file: got 256 bytes, at most 255", "");
    }

    @Test
    void refusesATargetOf4096Bytes() {
        stack.put(Tree.ROOT, "link", Stack.symlink("t".repeat(4096)));
        assertRefused("Exceeded", "/link: target of a symlink: got 4096 bytes, at most 4095 bytes", "");
    }

    @Test
    void refusesDeviceNumbersThatTheKernelCannotHave() {
        stack.put(Tree.ROOT, "dev", Stack.device(FileType.BLOCK, 4096, -1));
        assertRefused("Exceeded", "/dev: device number: got 4096:4294967295, at most 4095:1048575", "");
    }

    @Test
    void refusesAnXattrValueOf64Kibibytes() {
        stack.directory(Tree.ROOT, "d", Xattr.of("user.x", new byte[65_536]));
        assertRefused("Exceeded", "/d: value of user.x", "got 65536 bytes, at most 65535");
    }

    @Test
    void refusesAnXattrNameOf256BytesBehindItsPrefix() {
        stack.directory(Tree.ROOT, "d", Xattr.of("user." + "n".repeat(256), new byte[1]));
        assertRefused("Exceeded", "name of an extended attribute: got 256 bytes, at most 255", "");
    }

    @Test
    void refusesMoreXattrsThanAnInodeCanCount() {
        Xattr[] xattrs = new Xattr[5];
        for (int i = 0; i < xattrs.length; i++) {
            xattrs[i] = Xattr.of("user." + i, new byte[60_000]);
        }
        stack.directory(Tree.ROOT, "d", xattrs);
        assertRefused("Exceeded", "extended attributes of one file: got 300", "at most 262148");
    }

    @Test
    void refusesRunsThatAreNotInTheFileOrTheTar() {
        stack.data(0, stack.bytes(1000));
        Object[][] cases = {
            {"behind the tar", new long[] {0, 100, 1500}},
            {"before the tar", new long[] {0, 100, -1}},
            {"behind the file", new long[] {50, 51, 0}},
            {"overlapping", new long[] {0, 50, 0, 49, 10, 100}},
            {"negative", new long[] {0, -1, 0}},
            {"overflowing", new long[] {50, Long.MAX_VALUE, Long.MAX_VALUE}},
        };
        for (Object[] one : cases) {
            Stack other = Stack.withLayers(directory, 0);
            other.sparse(Tree.ROOT, one[0].toString(), 0, 100, (long[]) one[1]);
            assertThatThrownBy(() -> Stack.write(directory, other.tree(), stack.layers()))
                    .as(one[0].toString())
                    .isInstanceOf(Failure.class)
                    .hasMessageContaining("/" + one[0] + ": byte ")
                    .hasMessageStartingWith("Invalid");
        }
    }

    @Test
    void refusesAnInodeOfALayerThatIsNotThere() {
        stack.sparse(Tree.ROOT, "lost", 1, 0, new long[0]);
        assertRefused("Invalid", "/lost: layer: got 1, wanted one of 1", "");
    }

    @Test
    void refusesATarShorterThanItsLayerSays() {
        stack.file(Tree.ROOT, "file", 0, stack.bytes(100));
        Layer layer = stack.layers().getFirst();
        Layer longer = new Layer(layer.diffId(), layer.tar(), layer.size() + 300, layer.changes());
        Stack other = Stack.withLayers(directory, 0);
        other.sparse(Tree.ROOT, "file", 0, 400, new long[] {0, 400, layer.size() - 100});
        assertThatThrownBy(() -> Stack.write(directory, other.tree(), List.of(longer)))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("Mismatch")
                .hasMessageContaining("size of the tar of " + layer.diffId() + ": got 612, wanted 912");
    }

    @Test
    void refusesATarOfTwoTebibytes() throws Exception {
        Layer layer = stack.layers().getFirst();
        Layer huge = new Layer(layer.diffId(), layer.tar(), 1L << 41, layer.changes());
        assertThatThrownBy(() -> Stack.write(directory, stack.tree(), List.of(huge)))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("Exceeded")
                .hasMessageContaining("tar of " + layer.diffId());
    }

    private void fill() {
        for (int i = 0; i < 50; i++) {
            int at = stack.directory(Tree.ROOT, "d" + i, Xattr.of("user.d", stack.bytes(i)));
            stack.file(at, "f" + i, 0, stack.bytes(i * 100));
        }
    }

    private ErofsIndex report() throws IOException {
        try (FileChannel out =
                FileChannel.open(directory.resolve("index"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            return ErofsWriter.write(stack.tree(), stack.layers(), Stack.CHAIN, out, Stack.LIMITS);
        }
    }

    private void assertRefused(String category, String what, String more) {
        assertThatThrownBy(() -> Stack.write(directory, stack.tree(), stack.layers()))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith(category + ": write EROFS index ")
                .hasMessageContaining(what)
                .hasMessageContaining(more);
    }
}
