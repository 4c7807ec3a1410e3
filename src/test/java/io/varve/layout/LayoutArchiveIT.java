package io.varve.layout;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import io.varve.oci.MediaType;
import io.varve.tar.TarLimits;
import io.varve.tar.TarType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LayoutArchiveIT {
    private static final byte[] ONE = "{\"one\":1}".getBytes(UTF_8);
    private static final byte[] TWO = "{\"two\":2}".getBytes(UTF_8);
    private static final Descriptor FIRST = image(ONE).annotated(Descriptor.REF_NAME, "1.0");
    private static final Descriptor SECOND = image(TWO).annotated(Descriptor.REF_NAME, "docker.io/library/two:2");

    @TempDir
    Path scratch;

    private static Descriptor image(byte[] content) {
        return Descriptor.of(MediaType.Known.OCI_MANIFEST, Digest.sha256(content), content.length);
    }

    private LayoutReference reference(String suffix) {
        return LayoutReference.parse("oci-archive:" + scratch.resolve("a.tar") + suffix);
    }

    private OciLayout open() {
        return open(TarLimits.DEFAULTS);
    }

    private OciLayout open(TarLimits limits) {
        return OciLayout.open(reference(""), Json.DEFAULT_LIMIT, limits);
    }

    private OciLayout open(byte[] archive) throws IOException {
        Files.write(scratch.resolve("a.tar"), archive);
        return open();
    }

    private static void assertFails(ThrowingCallable call, Category category, String... parts) {
        assertThatThrownBy(call).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.category()).isEqualTo(category);
            assertThat(failure.getMessage()).contains(parts);
        });
    }

    @Test
    void readsSeveralImagesOfOneArchive() throws IOException {
        OciLayout layout = open(Archive.begun()
                .blob(FIRST, ONE)
                .index(FIRST, SECOND)
                .blob(SECOND, TWO)
                .ended());

        assertThat(layout.images())
                .containsExactly(new NamedImage(FIRST, "1.0"), new NamedImage(SECOND, "docker.io/library/two:2"));
        assertThat(layout.resolve(reference(":1.0"))).isEqualTo(FIRST);
        assertThat(layout.resolve(reference("@" + SECOND.digest()))).isEqualTo(SECOND);
        assertThat(layout.read(layout.resolve(reference(":two:2")), 100)).isEqualTo(TWO);
        assertThat(layout.read(FIRST, 100)).isEqualTo(ONE);
        assertFails(() -> layout.resolve(reference("")), Category.INVALID, "no name given: got 2 images");
    }

    @Test
    void beginsABlobAnywhereAndEndsWhereItEnds() throws IOException {
        OciLayout layout = open(Archive.begun().index(FIRST).blob(FIRST, ONE).ended());

        for (int offset = 0; offset <= ONE.length; offset++) {
            assertThat(OciLayoutIT.from(layout, FIRST, offset)).isEqualTo(Arrays.copyOfRange(ONE, offset, ONE.length));
        }
        try (ReadableByteChannel channel = layout.open(FIRST, 2)) {
            ByteBuffer window = ByteBuffer.allocate(20).position(1).limit(4);
            assertThat(channel.read(window)).isEqualTo(3);
            assertThat(window.position()).isEqualTo(4);
            assertThat(window.limit()).isEqualTo(4);
            assertThat(Arrays.copyOfRange(window.array(), 1, 4)).isEqualTo(Arrays.copyOfRange(ONE, 2, 5));
        }
        assertThatThrownBy(() -> layout.open(FIRST, ONE.length + 1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void takesNamesWithOneDotAndIgnoresAllOthers() throws IOException {
        OciLayout layout = open(new Archive()
                .other(TarType.DIRECTORY, "./", "")
                .file("./oci-layout", Archive.MARKER)
                .file("././index.json", TWO)
                .ended());
        assertFails(layout::index, Category.INVALID, "index.json: got no such file");
    }

    @Test
    void readsWhatGnuTarMakesOfALayout() throws IOException, InterruptedException {
        Path directory = scratch.resolve("layout");
        LayoutWriter writer = LayoutWriter.create(directory);
        byte[] large = new byte[3_000_001];
        new Random(7).nextBytes(large);
        Descriptor layer = writer.write(MediaType.Known.OCI_LAYER, large);
        writer.tag("a", writer.write(MediaType.Known.OCI_MANIFEST, ONE));
        for (String format : new String[] {"gnu", "pax", "ustar", "v7"}) {
            tar(directory, "--format=" + format, ".");
            assertReads(layer, large);
            tar(directory, "--format=" + format, "blobs", "index.json", "oci-layout");
            assertReads(layer, large);
        }
    }

    private void tar(Path directory, String... words) throws IOException, InterruptedException {
        String[] command = {
            "tar", "-C", directory.toString(), "-cf", scratch.resolve("a.tar").toString()
        };
        String[] all = Arrays.copyOf(command, command.length + words.length);
        System.arraycopy(words, 0, all, command.length, words.length);
        assertThat(new ProcessBuilder(all).inheritIO().start().waitFor()).isZero();
    }

    private void assertReads(Descriptor layer, byte[] content) throws IOException {
        OciLayout layout = open();
        assertThat(layout.resolve(reference("")).digest()).isEqualTo(FIRST.digest());
        assertThat(layout.read(layer, content.length)).isEqualTo(content);
        assertThat(OciLayoutIT.from(layout, layer, 2_999_999))
                .isEqualTo(Arrays.copyOfRange(content, 2_999_999, content.length));
    }

    @Test
    void takesTheLastOfANameThatComesTwice() throws IOException {
        Archive archive = Archive.begun()
                .file("index.json", TWO)
                .index(FIRST)
                .blob(FIRST, TWO)
                .blob(FIRST, ONE);
        assertThat(open(archive.ended()).read(FIRST, 100)).isEqualTo(ONE);

        OciLayout linked = open(Archive.begun()
                .index(FIRST)
                .blob(FIRST, ONE)
                .other(TarType.SYMLINK, LayoutFiles.blob(FIRST.digest()), "/etc/passwd")
                .ended());
        assertFails(() -> linked.read(FIRST, 100), Category.INVALID, "blob " + FIRST.digest(), "got a SYMLINK");
    }

    @ParameterizedTest
    @ValueSource(strings = {"HARDLINK", "SYMLINK", "FIFO", "DIRECTORY", "BLOCK"})
    void refusesABlobThatIsNoFileOnlyWhenItIsAskedFor(TarType type) throws IOException {
        String link = type == TarType.HARDLINK || type == TarType.SYMLINK ? "oci-layout" : "";
        OciLayout layout = open(Archive.begun()
                .index(FIRST, SECOND)
                .other(type, LayoutFiles.blob(FIRST.digest()), link)
                .blob(SECOND, TWO)
                .ended());
        assertThat(layout.read(SECOND, 100)).isEqualTo(TWO);
        assertFails(() -> layout.open(FIRST, 0), Category.INVALID, "got a " + type, "wanted a regular file");
    }

    @Test
    void refusesASparseBlob() throws IOException, InterruptedException {
        Path directory = scratch.resolve("layout");
        LayoutWriter writer = LayoutWriter.create(directory);
        Path holes = scratch.resolve("holes");
        try (RandomAccessFile file = new RandomAccessFile(holes.toFile(), "rw")) {
            file.setLength(1 << 20);
        }
        Descriptor blob = writer.write(MediaType.Known.OCI_LAYER, holes);
        Path stored = directory.resolve(LayoutFiles.blob(blob.digest()));
        Files.delete(stored);
        Files.copy(holes, stored);
        try (RandomAccessFile file = new RandomAccessFile(stored.toFile(), "rw")) {
            file.setLength(0);
            file.setLength(1 << 20);
        }
        tar(directory, "-S", ".");
        assertFails(() -> open().open(blob, 0), Category.INVALID, "got a sparse file");
    }

    @ParameterizedTest
    @CsvSource({"gzip, zcat", "zstd, zstdcat", "xz, xzcat", "bzip2, bzcat"})
    void saysHowToDecompressAnArchive(String program, String remedy) throws IOException {
        byte[] head =
                switch (program) {
                    case "gzip" -> new byte[] {0x1F, (byte) 0x8B, 8, 0};
                    case "zstd" -> new byte[] {0x28, (byte) 0xB5, 0x2F, (byte) 0xFD};
                    case "xz" -> new byte[] {(byte) 0xFD, '7', 'z', 'X', 'Z', 0};
                    default -> "BZh9".getBytes(UTF_8);
                };
        assertFails(
                () -> open(Arrays.copyOf(head, 600)),
                Category.INVALID,
                "layout " + scratch.resolve("a.tar"),
                "compressed with " + program,
                remedy + " FILE");
    }

    @Test
    void refusesWhatIsNoArchive() throws IOException, InterruptedException {
        assertFails(this::open, Category.NOT_FOUND, "got nothing there");
        assertFails(() -> open(new byte[0]), Category.INVALID, "oci-layout", "wanted an OCI image layout");
        assertFails(() -> open(new byte[1024]), Category.INVALID, "oci-layout", "wanted an OCI image layout");
        assertFails(() -> open("hello, world".repeat(100).getBytes(UTF_8)), Category.INVALID, "at offset 0: checksum");
        assertFails(() -> open(new Archive().index(FIRST).ended()), Category.INVALID, "oci-layout: got no such file");
        assertFails(() -> open(Archive.begun().ended()).index(), Category.INVALID, "index.json: got no such file");
        Files.delete(scratch.resolve("a.tar"));
        Files.createDirectory(scratch.resolve("a.tar"));
        assertFails(this::open, Category.INVALID, "got a directory, wanted a file");
        Files.delete(scratch.resolve("a.tar"));
        assertThat(new ProcessBuilder("mkfifo", scratch.resolve("a.tar").toString())
                        .start()
                        .waitFor())
                .isZero();
        assertFails(this::open, Category.INVALID, "wanted a file");
    }

    @Test
    void neverGivesOtherBytesOfATruncatedArchive() throws IOException {
        byte[] whole = Archive.begun()
                .blob(FIRST, ONE)
                .index(FIRST, SECOND)
                .blob(SECOND, Arrays.copyOf(TWO, TWO.length))
                .ended();
        int opened = 0;
        for (int length = 0; length < whole.length; length += length % 512 == 511 ? 1 : length % 512 == 0 ? 1 : 510) {
            Files.write(scratch.resolve("a.tar"), Arrays.copyOf(whole, length));
            try {
                OciLayout layout = open();
                layout.images();
                opened++;
                assertThat(layout.read(FIRST, 100)).isEqualTo(ONE);
                assertThat(layout.read(SECOND, 100)).isEqualTo(TWO);
            } catch (Failure failure) {
                assertThat(failure.category()).isIn(Category.INVALID, Category.NOT_FOUND);
            }
        }
        // Behind the index the archive may end between two entries, and behind the last one anywhere.
        assertThat(opened).isBetween(2, 8);
    }

    @Test
    void refusesAnEntryLargerThanTheArchive() throws IOException {
        byte[] archive = Archive.begun().index(FIRST).blob(FIRST, ONE).bytes();
        int header = archive.length - 1024;
        for (String size : new String[] {"00000002000", "77777777777"}) {
            byte[] huge = archive.clone();
            System.arraycopy(size.getBytes(UTF_8), 0, huge, header + 124, 11);
            checksum(huge, header);
            assertFails(() -> open(huge), Category.INVALID, "got the end of the tar", "more bytes of data");
        }
        byte[] binary = archive.clone();
        Arrays.fill(binary, header + 124, header + 136, (byte) 0x7F);
        binary[header + 124] = (byte) 0x80;
        checksum(binary, header);
        assertFails(() -> open(binary), Category.INVALID, "size");
    }

    private static void checksum(byte[] tar, int header) {
        Arrays.fill(tar, header + 148, header + 156, (byte) ' ');
        int sum = 0;
        for (int i = header; i < header + 512; i++) {
            sum += tar[i] & 0xFF;
        }
        System.arraycopy(String.format("%06o\0 ", sum).getBytes(UTF_8), 0, tar, header + 148, 8);
    }

    @Test
    void readsNoMoreEntriesThanTheLimit() throws IOException {
        Files.write(
                scratch.resolve("a.tar"),
                Archive.begun().index(FIRST).blob(FIRST, ONE).ended());
        assertThat(open(entries(3)).read(FIRST, 100)).isEqualTo(ONE);
        assertFails(() -> open(entries(2)), Category.EXCEEDED, "got 3, at most 2 (limits.entries)");
    }

    @Test
    void remembersNoMoreNamesThanAnyImageHas() throws IOException {
        Archive archive = Archive.begun().index();
        for (int i = 2; i < ArchiveFile.MOST; i++) {
            archive.other(TarType.HARDLINK, String.format("blobs/sha256/%064x", i), "x");
        }
        byte[] full = archive.bytes();
        assertThat(open(full).images()).isEmpty();

        archive.other(TarType.HARDLINK, String.format("blobs/sha256/%064x", 2), "x");
        archive.other(TarType.HARDLINK, String.format("blobs/sha256/%064x", 0), "x");
        assertFails(() -> open(archive.ended()), Category.EXCEEDED, "members: got more than 100000");
    }

    private static TarLimits entries(long entries) {
        TarLimits d = TarLimits.DEFAULTS;
        return new TarLimits(
                entries,
                d.pathBytes(),
                d.linkBytes(),
                d.xattrValueBytes(),
                d.xattrBytes(),
                d.globalXattrBytes(),
                d.paxBytes(),
                d.sparseExtents());
    }

    @Test
    void seeksOverWhatItDoesNotRead() throws IOException {
        byte[] head = Archive.begun().index(FIRST).blob(FIRST, ONE).bytes();
        // 16 GiB of a hole: parsing or reading them would not end within the patience of whoever runs this.
        byte[] layer = new byte[512];
        byte[] name = "blobs/sha256/".concat("0".repeat(64)).getBytes(UTF_8);
        System.arraycopy(name, 0, layer, 0, name.length);
        System.arraycopy("0000644\0000000000\0000000000\000200000000000".getBytes(UTF_8), 0, layer, 100, 36);
        layer[156] = '0';
        System.arraycopy("ustar\00000".getBytes(UTF_8), 0, layer, 257, 8);
        checksum(layer, 0);
        try (RandomAccessFile file =
                new RandomAccessFile(scratch.resolve("a.tar").toFile(), "rw")) {
            file.write(head);
            file.write(layer);
            file.seek(head.length + 512L + (16L << 30));
            file.write(Archive.begun().blob(SECOND, TWO).ended());
        }
        OciLayout layout = open();
        assertThat(layout.read(FIRST, 100)).isEqualTo(ONE);
        assertThat(layout.read(SECOND, 100)).isEqualTo(TWO);
    }

    @Test
    void noticesThatTheArchiveIsAnotherOne() throws IOException {
        OciLayout layout = open(Archive.begun().index(FIRST).blob(FIRST, ONE).ended());
        Files.write(
                scratch.resolve("b.tar"),
                Archive.begun().index(FIRST).blob(FIRST, ONE).ended());
        Files.move(
                scratch.resolve("b.tar"), scratch.resolve("a.tar"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertFails(() -> layout.read(FIRST, 100), Category.CONFLICT, "changed while it was read");
    }

    @Test
    void refusesBytesThatAreNotThoseAnnounced() throws IOException {
        byte[] other = ONE.clone();
        other[2] ^= 1;
        OciLayout layout = open(Archive.begun()
                .index(FIRST)
                .blob(FIRST, other)
                .blob(SECOND, ONE.clone())
                .ended());
        assertFails(() -> layout.read(FIRST, 100), Category.MISMATCH, "wanted " + FIRST.digest());
        Descriptor longer = Descriptor.of(MediaType.Known.OCI_MANIFEST, FIRST.digest(), ONE.length + 1);
        assertFails(() -> layout.open(longer, 0), Category.MISMATCH, "size: got " + ONE.length);
    }

    @Test
    void followsASymlinkToTheArchive() throws IOException {
        Path real = scratch.resolve("real.tar");
        Files.write(real, Archive.begun().index(FIRST).blob(FIRST, ONE).ended());
        Files.createSymbolicLink(scratch.resolve("a.tar"), real);
        assertThat(open().read(FIRST, 100)).isEqualTo(ONE);
    }
}
