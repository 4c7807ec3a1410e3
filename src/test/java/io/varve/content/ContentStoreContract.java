package io.varve.content;

import static io.varve.content.Samples.accept;
import static io.varve.content.Samples.bytes;
import static io.varve.content.Samples.digest;
import static io.varve.content.Samples.finish;
import static io.varve.content.Samples.refused;
import static io.varve.content.Samples.store;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.varve.failure.Category;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a store of blobs does, on every filesystem that it may be on. */
abstract class ContentStoreContract {
    private static final byte[] BYTES = bytes(1, 3_000_000);
    private static final Digest DIGEST = Digest.sha256(BYTES);
    private static final byte[] SMALL = "{}".getBytes(UTF_8);
    private static final Digest SMALL_DIGEST = Digest.sha256(SMALL);

    private Path directory;
    private ContentStore content;

    /** An empty directory that is gone after the test. */
    abstract Path directory();

    @BeforeEach
    void begin() {
        directory = directory().resolve("store");
        content = store(directory);
    }

    private Path place(Digest digest) {
        return directory.resolve("blobs/" + digest.algorithm() + "/" + digest.hex());
    }

    private Path ingests() {
        return directory.resolve("ingest");
    }

    private static Descriptor descriptor(Digest digest, long size) {
        return Descriptor.of(MediaType.parse("application/octet-stream"), digest, size);
    }

    @ParameterizedTest
    @EnumSource(Digest.Algorithm.class)
    void committedBlobIsInItsPlaceWithItsBytes(Digest.Algorithm algorithm) {
        Digest digest = digest(algorithm, BYTES);
        try (Ingest ingest = content.ingest(digest, BYTES.length)) {
            assertThat(ingest.position()).isZero();
            assertThat(finish(ingest, BYTES, 70_001)).isEqualTo(new Blob(digest, BYTES.length, place(digest)));
        }
        assertThat(content.find(digest)).contains(new Blob(digest, BYTES.length, place(digest)));
        assertThat(place(digest)).hasBinaryContent(BYTES);
        assertThat(ingests()).isEmptyDirectory();
    }

    @Test
    void blobOfNothingIsABlob() {
        Digest digest = Digest.sha256(new byte[0]);
        try (Ingest ingest = content.ingest(digest, 0)) {
            ingest.commit();
        }
        assertThat(place(digest)).isEmptyFile();
        assertThat(content.read(descriptor(digest, 0), 10)).isEmpty();
    }

    @Test
    void slabsOnTheHeapAndInPiecesAreTakenToo() {
        ByteBuf slab = Unpooled.wrappedBuffer(
                Unpooled.wrappedBuffer(BYTES, 0, 1000),
                Unpooled.directBuffer().writeBytes(BYTES, 1000, 500),
                Unpooled.wrappedBuffer(BYTES, 1500, BYTES.length - 1500));
        try (Ingest ingest = content.ingest(DIGEST, BYTES.length)) {
            ingest.accept(Unpooled.EMPTY_BUFFER);
            ingest.accept(slab);
            assertThat(slab.readableBytes()).isEqualTo(BYTES.length);
            ingest.commit();
        } finally {
            slab.release();
        }
        assertThat(place(DIGEST)).hasBinaryContent(BYTES);
    }

    @Test
    void nothingIsSeenBeforeTheCommit() {
        try (Ingest ingest = content.ingest(DIGEST, BYTES.length)) {
            accept(ingest, BYTES, 0, BYTES.length);
            assertThat(content.find(DIGEST)).isEmpty();
            refused(Category.NOT_FOUND, () -> content.open(DIGEST).close());
            refused(Category.NOT_FOUND, () -> content.read(descriptor(DIGEST, BYTES.length), BYTES.length));
            assertThat(listed()).isEmpty();
        }
    }

    @Test
    void blobThatIsThereAlreadyIsSuccess() {
        for (int i = 0; i < 2; i++) {
            try (Ingest ingest = content.ingest(DIGEST, BYTES.length)) {
                finish(ingest, BYTES, 1 << 20);
            }
            content.put(SMALL_DIGEST, SMALL);
        }
        assertThat(place(DIGEST)).hasBinaryContent(BYTES);
        assertThat(place(SMALL_DIGEST)).hasBinaryContent(SMALL);
        assertThat(ingests()).isEmptyDirectory();
    }

    @Test
    void otherBytesAreRefusedAndNothingIsKept() {
        byte[] other = BYTES.clone();
        other[other.length / 2] ^= 1;
        try (Ingest ingest = content.ingest(DIGEST, BYTES.length)) {
            assertThat(refused(Category.MISMATCH, () -> finish(ingest, other, 1 << 20)))
                    .hasMessage("Mismatch: blob %s: digest of 3000000 bytes: got %s, wanted %s"
                            .formatted(DIGEST, Digest.sha256(other), DIGEST));
            assertThat(ingests()).isEmptyDirectory();
        }
        assertThat(content.find(DIGEST)).isEmpty();
        assertThat(ingests()).isEmptyDirectory();
    }

    @Test
    void tooFewBytesAreRefusedAtTheCommit() {
        try (Ingest ingest = content.ingest(DIGEST, BYTES.length)) {
            accept(ingest, BYTES, 0, BYTES.length - 1);
            assertThat(refused(Category.MISMATCH, ingest::commit))
                    .hasMessageEndingWith("size: got 2999999, wanted 3000000");
        }
        assertThat(ingests()).isEmptyDirectory();
    }

    @Test
    void byteAboveTheSizeIsRefusedAtOnceAndNeverWritten() throws IOException {
        try (Ingest ingest = content.ingest(DIGEST, 1000);
                FileChannel written = FileChannel.open(ingest.data())) {
            accept(ingest, BYTES, 0, 999);
            assertThat(refused(Category.MISMATCH, () -> accept(ingest, BYTES, 999, 1001)))
                    .hasMessageEndingWith("size, at least: got 1001, wanted 1000");
            assertThat(written.size()).isEqualTo(999);
        }
        assertThat(ingests()).isEmptyDirectory();
    }

    @Test
    void readsAnyRange() throws IOException {
        content.put(DIGEST, BYTES);
        try (FileChannel file = content.open(DIGEST)) {
            ByteArrayOutputStream range = new ByteArrayOutputStream();
            assertThat(file.transferTo(1_000_000, 5_000, Channels.newChannel(range)))
                    .isEqualTo(5_000);
            assertThat(range.toByteArray()).isEqualTo(Arrays.copyOfRange(BYTES, 1_000_000, 1_005_000));
        }
    }

    @Test
    void readVerifiesAgain() throws IOException {
        content.put(SMALL_DIGEST, SMALL);
        assertThat(content.read(descriptor(SMALL_DIGEST, 2), 2)).isEqualTo(SMALL);
        assertThat(refused(Category.EXCEEDED, () -> content.read(descriptor(SMALL_DIGEST, 2), 1)))
                .hasMessageContaining("(limits.manifestBytes)");
        refused(Category.MISMATCH, () -> content.read(descriptor(SMALL_DIGEST, 1), 2));
        refused(Category.NOT_FOUND, () -> content.read(descriptor(DIGEST, 2), 2));
        Files.writeString(place(SMALL_DIGEST), "[]");
        refused(Category.MISMATCH, () -> content.read(descriptor(SMALL_DIGEST, 2), 2));
    }

    @Test
    void putRefusesBytesOfAnotherDigest() {
        refused(Category.MISMATCH, () -> content.put(DIGEST, SMALL));
        assertThat(directory).doesNotExist();
    }

    @Test
    void linkMakesOneFileWithTwoNames() throws IOException {
        Path tar = Files.createDirectories(directory.resolve("layers")).resolve("tar");
        Files.write(tar, SMALL);
        Blob blob = content.link(SMALL_DIGEST, tar);
        assertThat(blob).isEqualTo(new Blob(SMALL_DIGEST, 2, place(SMALL_DIGEST)));
        assertThat(Files.isSameFile(blob.file(), tar)).isTrue();
        assertThat(content.link(SMALL_DIGEST, tar)).isEqualTo(blob);
        refused(Category.NOT_FOUND, () -> content.link(DIGEST, directory.resolve("layers/other")));
    }

    @Test
    void linkTakesNeitherSymlinksNorDirectories() throws IOException {
        Files.createDirectories(directory);
        Path symlink = Files.createSymbolicLink(directory.resolve("symlink"), Path.of("/etc/passwd"));
        refused(Category.INVALID, () -> content.link(SMALL_DIGEST, symlink));
        refused(Category.INVALID, () -> content.link(SMALL_DIGEST, directory));
        assertThat(content.find(SMALL_DIGEST)).isEmpty();
    }

    @Test
    void removedBlobsAreGoneButNotForWhoeverHasThemOpen() throws IOException {
        content.put(DIGEST, BYTES);
        content.put(SMALL_DIGEST, SMALL);
        try (FileChannel file = content.open(DIGEST)) {
            remove(DIGEST, Digest.sha256(new byte[1]), DIGEST);
            assertThat(content.find(DIGEST)).isEmpty();
            assertThat(file.size()).isEqualTo(BYTES.length);
        }
        assertThat(content.find(SMALL_DIGEST)).isPresent();
        assertThat(ingests()).isEmptyDirectory();
        content.put(DIGEST, BYTES);
        assertThat(content.find(DIGEST)).isPresent();
    }

    @Test
    void whatIsNoRegularFileIsNoBlobAndStays() throws IOException {
        Files.createDirectories(place(DIGEST).getParent());
        Path target = Files.write(directory.resolve("target"), BYTES);
        Files.createSymbolicLink(place(DIGEST), target);
        Files.createDirectory(place(SMALL_DIGEST));

        for (Digest each : List.of(DIGEST, SMALL_DIGEST)) {
            assertThat(content.find(each)).isEmpty();
            refused(Category.NOT_FOUND, () -> content.open(each).close());
        }
        refused(Category.CONFLICT, () -> content.put(DIGEST, BYTES));
        refused(Category.UNAVAILABLE, () -> content.put(SMALL_DIGEST, SMALL));
        assertThat(place(DIGEST)).isSymbolicLink().hasBinaryContent(BYTES);
        assertThat(place(SMALL_DIGEST)).isDirectory();
        assertThat(ingests()).isEmptyDirectory();
    }

    @Test
    void fileOfAnotherSizeInThePlaceOfABlobIsToldAndStays() throws IOException {
        Files.createDirectories(place(DIGEST).getParent());
        Files.write(place(DIGEST), SMALL);
        assertThat(refused(Category.MISMATCH, () -> content.put(DIGEST, BYTES)))
                .hasMessageEndingWith("size of the file that is there already: got 2, wanted 3000000");
        assertThat(place(DIGEST)).hasBinaryContent(SMALL);
    }

    @Test
    void listsEveryFileWithTheDigestOfItsPlace() throws IOException {
        assertThat(listed()).isEmpty();
        content.put(DIGEST, BYTES);
        Digest wide = digest(Digest.Algorithm.SHA512, SMALL);
        content.put(wide, SMALL);

        Path blobs = directory.resolve("blobs");
        Path escape = Files.createSymbolicLink(blobs.resolve("escape"), Path.of("/etc"));
        Path symlink = Files.createSymbolicLink(place(SMALL_DIGEST), place(DIGEST));
        Path hostile = Files.write(blobs.resolve("sha256/new\nline \u001b[31m"), SMALL);
        Path upper = Files.write(blobs.resolve("sha256/" + DIGEST.hex().toUpperCase(Locale.ROOT)), SMALL);
        Path misplaced = Files.write(blobs.resolve("sha512/" + DIGEST.hex()), SMALL);
        Path above = Files.write(blobs.resolve("sha256:" + DIGEST.hex()), SMALL);
        Path below = Files.createDirectories(blobs.resolve("sha256/a/b")).resolve(DIGEST.hex());
        Files.write(below, SMALL);

        Map<Path, @Nullable Digest> expected = new HashMap<>();
        expected.put(place(DIGEST), DIGEST);
        expected.put(place(wide), wide);
        for (Path foreign : List.of(escape, symlink, hostile, upper, misplaced, above, below)) {
            expected.put(foreign, null);
        }
        assertThat(listed()).isEqualTo(expected);
    }

    /** As whoever removes blobs does it, in the place that the store tells. */
    private void remove(Digest... digests) throws IOException {
        content.staging().remove(Arrays.stream(digests).map(content::home).toList());
    }

    private Map<Path, @Nullable Digest> listed() {
        Map<Path, @Nullable Digest> listed = new HashMap<>();
        content.list(listed::put);
        return listed;
    }

    @Test
    void reservationIsTakenAndGivenBack() throws IOException {
        try (Reservation reservation = content.reserve(8 << 20)) {
            assertThat(lengths()).isEqualTo(taken(8 << 20));
            reservation.use(3 << 20);
            assertThat(lengths()).isEqualTo(taken(5 << 20));
            reservation.use(50 << 20);
            assertThat(lengths()).isEqualTo(taken(0));
        }
        assertThat(ingests()).isEmptyDirectory();
    }

    /** Whether the filesystem takes room before it is needed. */
    boolean reserves() {
        return true;
    }

    private List<Long> taken(long bytes) {
        return reserves() ? List.of(bytes) : List.of();
    }

    private List<Long> lengths() throws IOException {
        try (var files = Files.list(ingests())) {
            return files.map(file -> file.toFile().length()).toList();
        }
    }

    @Test
    void smallReservationCostsNothing() {
        try (Reservation reservation = content.reserve((1 << 20) - 1)) {
            assertThat(directory).doesNotExist();
            reservation.use(5);
        }
    }

    @Test
    void moreThanTheDiskHasIsRefusedInWordsAndTakesNothing() {
        long all = 1L << 60;
        assertThat(refused(Category.UNAVAILABLE, () -> content.reserve(all).close()))
                .hasMessageMatching("Unavailable: space for 1\\.2 EB in .*/ingest: too little, .* [kMGT]?B free");
        assertThat(refused(
                        Category.UNAVAILABLE, () -> content.ingest(DIGEST, all).close()))
                .hasMessageStartingWith("Unavailable: blob " + DIGEST + ": space for 1.2 EB in ");
        assertThat(ingests()).isEmptyDirectory();
    }

    @Test
    void sweepRemovesWhatCannotBeFinishedAndWhatIsTooOld() throws IOException {
        assertThat(content.sweep(Duration.ZERO)).isZero();
        Digest old = Digest.sha256(bytes(2, 5_000));
        for (Digest each : List.of(old, DIGEST)) {
            try (Ingest ingest = content.ingest(each, 5_000)) {
                accept(ingest, BYTES, 0, 1_000);
            }
        }
        Path oldIngest = ingests().resolve("blob-sha256-" + old.hex());
        FileTime longAgo = FileTime.from(Instant.now().minus(Duration.ofDays(2)));
        Files.setLastModifiedTime(oldIngest.resolve("state"), longAgo);
        for (String name : List.of("layer-1", "index-2", "trash-3", "private-4")) {
            Files.write(Files.createDirectory(ingests().resolve(name)).resolve("file"), new byte[100]);
        }
        Files.write(ingests().resolve("space-5"), new byte[1000]);
        List<Path> foreign = List.of(
                Files.write(ingests().resolve("notes"), SMALL),
                Files.write(ingests().resolve("blob-sha256-" + SMALL_DIGEST.hex()), SMALL),
                Files.createDirectory(ingests().resolve("blob-sha256-abc")),
                Files.createDirectory(ingests().resolve("blob-md5-" + SMALL_DIGEST.hex())),
                Files.createSymbolicLink(ingests().resolve("link"), Path.of("/etc")));
        for (Path each : foreign.subList(0, 4)) {
            Files.setLastModifiedTime(each, longAgo);
        }

        long state = Files.size(oldIngest.resolve("state"));
        assertThat(content.sweep(Duration.ofDays(1))).isEqualTo(4 * 100 + 1000 + 1000 + state);
        assertThat(ingests().resolve("blob-sha256-" + DIGEST.hex())).isDirectory();
        assertThat(foreign)
                .allSatisfy(each -> assertThat(Files.exists(each, LinkOption.NOFOLLOW_LINKS))
                        .as("%s", each)
                        .isTrue());
        try (var left = Files.list(ingests())) {
            assertThat(left.count()).isEqualTo(1 + foreign.size());
        }
    }

    @Test
    void sweepRemovesWhatAClockThatWasWrongWouldKeepForYears() throws IOException {
        for (Digest each : List.of(SMALL_DIGEST, DIGEST)) {
            try (Ingest ingest = content.ingest(each, 5_000)) {
                accept(ingest, BYTES, 0, 1_000);
            }
        }
        Path wrong = ingests().resolve("blob-sha256-" + DIGEST.hex());
        Path ahead = ingests().resolve("blob-sha256-" + SMALL_DIGEST.hex());
        Instant now = Instant.now();
        Files.setLastModifiedTime(wrong.resolve("state"), FileTime.from(now.plus(Duration.ofDays(10_000))));
        Files.setLastModifiedTime(ahead.resolve("state"), FileTime.from(now.plus(Duration.ofHours(1))));
        content.sweep(Duration.ofDays(1));
        assertThat(wrong).doesNotExist();
        assertThat(ahead).isDirectory();
    }

    @Test
    void sweepRemovesWhatHasNoCheckpointAndCutsOffWhatIsBehindOne() throws IOException {
        Path begun = ingests().resolve("blob-sha256-" + SMALL_DIGEST.hex());
        Files.write(Files.createDirectories(begun).resolve("data"), new byte[700]);
        try (Ingest ingest = content.ingest(DIGEST, 5_000)) {
            accept(ingest, BYTES, 0, 1_000);
        }
        Path data = ingests().resolve("blob-sha256-" + DIGEST.hex() + "/data");
        Files.write(data, new byte[300], StandardOpenOption.APPEND);
        assertThat(content.sweep(Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(700 + 300);
        assertThat(begun).doesNotExist();
        assertThat(data).hasBinaryContent(Arrays.copyOf(BYTES, 1_000));
        try (Ingest ingest = content.ingest(DIGEST, 5_000)) {
            assertThat(ingest.position()).isEqualTo(1_000);
        }
    }

    @Test
    void sweepRemovesTheIngestOfABlobThatIsThere() {
        try (Ingest ingest = content.ingest(DIGEST, BYTES.length)) {
            accept(ingest, BYTES, 0, 1_000);
        }
        content.put(DIGEST, BYTES);
        content.sweep(Duration.ofDays(1));
        assertThat(ingests()).isEmptyDirectory();
        assertThat(content.find(DIGEST)).isPresent();
    }

    @Test
    void sweepCountsOnlyBytesThatHaveNoOtherName() throws IOException {
        content.put(DIGEST, BYTES);
        Path trash = Files.createDirectories(ingests().resolve("trash-1"));
        Files.createLink(trash.resolve("0"), place(DIGEST));
        assertThat(content.sweep(Duration.ofDays(1))).isZero();
        assertThat(place(DIGEST)).hasBinaryContent(BYTES);
        assertThat(ingests()).isEmptyDirectory();
    }
}
