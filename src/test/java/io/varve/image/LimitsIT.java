package io.varve.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Named.named;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.varve.Limits;
import io.varve.Settings;
import io.varve.bus.Outlet;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layout.LayoutReference;
import io.varve.manifest.ImagePlan;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import io.varve.pipeline.FakeSource;
import io.varve.pipeline.Images;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.TestStages;
import io.varve.store.Store;
import io.varve.store.TestOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every limit, from the settings file through a layout to an index: what measures just the limit is taken, what measures
 * one more is refused, naming the setting, and leaves nothing half-done.
 */
class LimitsIT {
    /** The most that a flow reads ahead of what it has looked at. */
    private static final int SLAB = 256 * 1024;

    /** As many slabs of a blob as may be on their way: two windows, and one more at each end. */
    private static final int ON_THE_WAY = (2 * Outlet.WINDOW + 2) * SLAB;

    @TempDir
    Path directory;

    private int stores;

    private static Tarball tar() {
        return new Tarball();
    }

    private LayoutImage image() {
        return new LayoutImage(directory.resolve("layout"));
    }

    /** A new store with these limits, all others being as they come. */
    private Limited store(Map<String, Long> limits) throws IOException {
        String yaml = limits.isEmpty()
                ? ""
                : limits.entrySet().stream()
                        .map(limit -> "  " + limit.getKey() + ": " + limit.getValue() + "\n")
                        .collect(Collectors.joining("", "limits:\n", ""));
        Path file = Files.writeString(directory.resolve("varve.yaml"), yaml);
        return Limited.of(
                directory.resolve("store" + stores++),
                Settings.load(file, Map.of()).limits());
    }

    private record Limited(Path path, Store store, LayerPull flows) {
        static Limited of(Path path, Limits limits) {
            Store store = new Store(
                    path,
                    TestOptions.usual()
                            .limits(limits.plan(), limits.tar(), limits.layers(), limits.erofs())
                            .build());
            return new Limited(path, store, new LayerPull(store, limits.decode(), 1, TestStages::get));
        }

        Path index(LayoutReference reference) {
            return new Images(store, flows, new Pull(store, flows))
                    .open(reference, null, PullListener.NONE)
                    .index();
        }

        void refuses(LayoutReference reference, String... parts) {
            assertThatThrownBy(() -> index(reference)).isInstanceOfSatisfying(Failure.class, failure -> {
                assertThat(failure.category()).isEqualTo(Category.EXCEEDED);
                assertThat(failure).hasMessageContainingAll(parts);
            });
            assertNothingHalfDone();
        }

        void assertNothingHalfDone() {
            if (Files.exists(path.resolve("ingest"))) {
                assertThat(path.resolve("ingest")).isEmptyDirectory();
            }
            assertThat(path.resolve("images")).doesNotExist();
        }
    }

    private void assertLimit(
            String setting, long measure, Map<String, Long> others, LayoutReference image, String... parts)
            throws IOException {
        Map<String, Long> limits = new TreeMap<>(others);
        limits.put(setting, measure);
        assertThat(store(limits).index(image)).isRegularFile();

        limits.put(setting, measure - 1);
        Limited tight = store(limits);
        tight.refuses(image, "at most ", "(limits." + setting + ")");
        tight.refuses(image, parts);
    }

    static Stream<Arguments> entries() {
        String value = "12345";
        String record = " SCHILY.xattr.user.x=" + value + "\n";
        return Stream.of(
                entry("entries", 3, tar().file("a", "a").dir("d").file("d/last", "b"), "d/last"),
                entry("pathBytes", 9, tar().dir("d").file("d/2345678", ""), "d/2345678"),
                entry("depth", 3, tar().file("1/2/3/f", ""), "1/2/3/f"),
                entry("depth", 3, tar().symlink("l", "1/2/3").dir("1/2/3").file("l/f", ""), "l/f"),
                entry("linkBytes", 7, tar().symlink("s", "7 bytes"), "s"),
                entry("linkBytes", 4, tar().file("file", "").link("l", "file"), "l"),
                entry(
                        "xattrValueBytes",
                        5,
                        tar().xattr("user.x", value.getBytes(UTF_8)).file("f", ""),
                        "pax"),
                entry(
                        "xattrBytes",
                        2 * (6 + 5),
                        tar().xattr("user.x", value.getBytes(UTF_8))
                                .xattr("user.y", value.getBytes(UTF_8))
                                .file("f", ""),
                        "pax"),
                entry(
                        "globalXattrBytes",
                        6 + 5,
                        tar().globalXattr("user.x", value.getBytes(UTF_8)).file("f", ""),
                        "f"),
                entry(
                        "paxBytes",
                        2 + record.length(),
                        tar().xattr("user.x", value.getBytes(UTF_8)).file("f", ""),
                        "pax"),
                entry(
                        "sparseExtents",
                        3,
                        tar().sparse("f", 5000, new long[] {0, 1, 2000, 1, 5000, 0}, new byte[] {1, 2}),
                        "f"));
    }

    private static Arguments entry(String setting, long measure, Tarball tar, String name) {
        return arguments(named(setting + " at " + name, setting), measure, tar, name);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("entries")
    void limitsOfEntriesNameTheLayerTheEntryAndItsOffset(String setting, long measure, Tarball tar, String name)
            throws IOException {
        LayoutReference image =
                image().plain(tar().file("zero", "0").bytes()).gzip(tar.bytes()).write();

        assertLimit(setting, measure, Map.of(), image, "layer ", "\"" + name + "\" at offset ");
    }

    @Test
    void namesHaveAtMostWhatLinuxCanName() throws IOException {
        LayoutReference longest = new LayoutImage(directory.resolve("longest"))
                .plain(tar().file("n".repeat(255), "").bytes())
                .write();
        assertThat(store(Map.of()).index(longest)).isRegularFile();

        LayoutReference longer = new LayoutImage(directory.resolve("longer"))
                .plain(tar().file("d/" + "n".repeat(256), "").bytes())
                .write();
        store(Map.of())
                .refuses(
                        longer,
                        "layer sha256:",
                        "at offset 0: ",
                        "bytes in a name: got 256, at most 255",
                        "what Linux can name");
    }

    @Test
    void layersAreCounted() throws IOException {
        LayoutReference image = image().plain(tar().bytes())
                .plain(tar().dir("a").bytes())
                .plain(tar().bytes())
                .write();

        assertLimit("layers", 3, Map.of(), image, "manifest sha256:", "layers: got 3");
    }

    @Test
    void documentsAreCounted() throws IOException {
        LayoutReference image = image().plain(tar().bytes()).write();

        assertLimit("documents", 2, Map.of(), image, "manifest sha256:", "documents");
    }

    @Test
    void imageIndexesInImageIndexesAreCounted() throws IOException {
        LayoutReference image = image().plain(tar().bytes()).write(2);

        assertLimit("indexDepth", 2, Map.of(), image, "nested image indexes");
    }

    @Test
    void documentsAreMeasuredBeforeTheyAreRead() throws IOException {
        LayoutImage image = image().plain(tar().bytes());
        LayoutReference written = image.write();

        assertLimit("manifestBytes", image.largestDocument(written), Map.of(), written, "bytes");
    }

    @Test
    void inflatedBytesOfALayerAreCounted() throws IOException {
        byte[] tar = tar().file("f", "content").bytes();

        assertLimit("inflatedBytes", tar.length, Map.of(), image().gzip(tar).write(), "blob sha256:", "decode gzip");
    }

    @Test
    void inflatedBytesAreWeighedAgainstCompressedOnes() throws IOException {
        byte[] tar = tar().file(new byte[] {'f'}, new byte[100_000]).bytes();
        long ratio = Math.ceilDiv(tar.length, LayoutImage.gzipped(tar).length);
        LayoutReference image = image().gzip(tar).write();

        assertLimit("ratio", ratio, Map.of("ratioFloor", 0L), image, "blob sha256:", "decode gzip");
        assertThat(store(Map.of("ratio", 1L, "ratioFloor", (long) tar.length)).index(image))
                .as("below the floor nothing is weighed")
                .isRegularFile();
        store(Map.of("ratio", 1L, "ratioFloor", tar.length - 1L)).refuses(image, "(limits.ratio)");
    }

    @Test
    void windowsOfZstdAreLimited() throws IOException {
        LayoutReference image =
                image().zstd(tar().file("f", "content").bytes(), 20).write();

        assertLimit("zstdWindowLog", 20, Map.of(), image, "blob sha256:", "decode zstd");
    }

    @Test
    void bytesOfAnIndexAreKnownBeforeItIsWritten() throws IOException {
        LayoutReference image =
                image().plain(tar().dir("d").file("d/f", "content").bytes()).write();
        long bytes = Files.size(store(Map.of()).index(image));

        assertLimit("indexBytes", bytes, Map.of(), image, "index of sha256:");
    }

    @Test
    void treesAreMeasuredWhileTheyGrow() throws IOException {
        Tarball names = tar();
        for (int i = 0; i < 2_000; i++) {
            names.file("a-name-of-some-length-" + i, "");
        }
        LayoutReference image =
                image().plain(tar().bytes()).plain(names.bytes()).write();

        assertThat(store(Map.of("treeBytes", 1_000_000L)).index(image)).isRegularFile();
        store(Map.of("treeBytes", 100_000L)).refuses(image, "memory for a tree", "(limits.treeBytes)");
    }

    /** What a name led to before stays in memory until the merge is done, and its attributes do. */
    @ParameterizedTest
    @CsvSource({"true", "false"})
    void treesAreMeasuredWhenOneNameIsGivenAgainAndAgain(boolean directories) throws IOException {
        Tarball again = tar();
        for (int i = 0; i < 300; i++) {
            byte[] value = "%04096d".formatted(i).getBytes(UTF_8);
            if (directories) {
                again.xattr("user.x", value).dir("same");
            } else {
                again.xattr("user.x", value).file("same", "");
            }
        }
        LayoutReference image = image().plain(again.bytes()).write();

        assertThat(store(Map.of("treeBytes", 2_000_000L)).index(image)).isRegularFile();
        store(Map.of("treeBytes", 1_000_000L)).refuses(image, "entry \"same\" at offset ", "(limits.treeBytes)");
    }

    /** What marks hide is looked for with their ways in memory, which can be more than all of the tree. */
    @Test
    void waysToMarksAreMeasured() throws IOException {
        Tarball marks = tar();
        for (int i = 0; i < 20; i++) {
            marks.whiteout(i + "/d".repeat(1_000) + "/gone");
        }
        LayoutImage image = image().plain(tar().file("f", "").bytes());
        for (int i = 0; i < 3; i++) {
            image.plain(marks.file("of-layer-" + i, "").bytes());
        }
        LayoutReference written = image.write();

        assertThat(store(Map.of("treeBytes", 4_000_000L)).index(written))
                .as("a layer's marks are forgotten with it")
                .isRegularFile();
        store(Map.of("treeBytes", 1_000_000L)).refuses(written, "merging layer 2 of 4", "(limits.treeBytes)");
    }

    /** Some GiB of zeros in some MiB of blob, each compressed piece a whole gzip member or zstd frame. */
    @ParameterizedTest
    @CsvSource({
        "gzip, inflatedBytes, 8_000_000",
        "gzip, ratio, 100",
        "zstd, inflatedBytes, 8_000_000",
        "zstd, ratio, 100"
    })
    void bombsAreRefusedWhereTheyPassTheLimitAndNotAtTheirEnd(String packing, String setting, String limit)
            throws IOException {
        byte[] zeros = new byte[16 << 20];
        boolean gzip = packing.equals("gzip");
        byte[] piece = gzip ? LayoutImage.gzipped(zeros) : LayoutImage.zstd(20, zeros);
        byte[] head = tar().huge("bomb", (8L << 30) - 512);
        ByteArrayOutputStream blob = new ByteArrayOutputStream();
        blob.writeBytes(gzip ? LayoutImage.gzipped(head) : LayoutImage.zstd(20, head));
        while (blob.size() < 2 * ON_THE_WAY) {
            blob.writeBytes(piece);
        }
        long most = Long.parseLong(limit.replace("_", ""));
        Limited store =
                store(setting.equals("ratio") ? Map.of("ratio", most, "ratioFloor", 1L << 20) : Map.of(setting, most));

        assertThat(bytesReadUntilRefused(store, blob.toByteArray(), "(limits." + setting + ")"))
                .isLessThanOrEqualTo(ON_THE_WAY);
        assertThat((long) zeros.length * (SLAB / piece.length))
                .as("what a slab holds")
                .isGreaterThan(1L << 27);
    }

    @Test
    void endlessEntriesAreRefusedWhereTheyPassTheLimit() throws IOException {
        Tarball many = tar();
        for (int i = 0; i < 2 * ON_THE_WAY / 512; i++) {
            many.file("f", "");
        }
        assertThat(bytesReadUntilRefused(store(Map.of("entries", 100L)), many.bytes(), "(limits.entries)"))
                .isLessThanOrEqualTo(ON_THE_WAY);
    }

    @Test
    void hugeExtendedHeadersAreRefusedByTheirHeader() throws IOException {
        byte[] tar =
                tar().xattr("user.x", new byte[2 * ON_THE_WAY]).file("f", "").bytes();

        assertThat(bytesReadUntilRefused(store(Map.of("paxBytes", 1_000L)), tar, "(limits.paxBytes)"))
                .isLessThanOrEqualTo(ON_THE_WAY);
    }

    /** Pulls a layer that is refused, and says how many bytes of its blob were asked for. */
    private long bytesReadUntilRefused(Limited store, byte[] blob, String setting) throws IOException {
        Descriptor descriptor = Descriptor.of(MediaType.Known.OCI_LAYER, Digest.sha256(blob), blob.length);
        // Of a blob that is its tar by its digest nothing is decoded.
        ImagePlan plan = Plans.of(new LayerPlan(descriptor, Digest.sha256(new byte[0])));
        FakeSource source = new FakeSource();
        source.add(descriptor.mediaType(), blob);
        assertThatThrownBy(() -> store.flows().pull(plan, source, PullListener.NONE))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("Exceeded: blob sha256:")
                .hasMessageContaining(setting);
        store.assertNothingHalfDone();
        assertThat(store.path().resolve("layers")).doesNotExist();
        return source.read(descriptor);
    }
}
