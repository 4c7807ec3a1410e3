package io.varve.content;

import static io.varve.content.Samples.accept;
import static io.varve.content.Samples.bytes;
import static io.varve.content.Samples.finish;
import static io.varve.content.Samples.refused;
import static io.varve.content.Samples.store;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.varve.failure.Category;
import io.varve.guard.Deadline;
import io.varve.oci.Digest;
import io.varve.os.SmallDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Disks of 32 MiB, of the kind that reserves and of the kind that cannot. */
class FullDiskIT {
    private static final int DISK = 32 << 20;
    private static final byte[] BYTES = bytes(5, 20 << 20);
    private static final Digest DIGEST = Digest.sha256(BYTES);

    @TempDir
    Path directory;

    private @Nullable SmallDisk mounted;

    private Path disk(String type) throws IOException {
        Path store = directory.resolve("store");
        mounted = type.equals("tmpfs") ? SmallDisk.tmpfs(store, "size=" + DISK) : SmallDisk.ext(type, store, DISK);
        return store;
    }

    @AfterEach
    void unmount() {
        if (mounted != null) {
            mounted.close();
        }
    }

    /** What another process of a test beside this one has got of our open files when it began, it has until it runs. */
    private static void awaitFree(Path store, long least) {
        Deadline.until("space is given back", () -> store.toFile().getUsableSpace() > least);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "tmpfs", "ext2"})
    void blobThatDoesNotFitFailsBeforeItsFirstByteAndTakesNothing(String type) throws Exception {
        Path store = disk(type);
        long free = store.toFile().getUsableSpace();
        ContentStore content = store(store);
        assertThat(refused(Category.UNAVAILABLE, () -> content.ingest(DIGEST, 40 << 20)))
                .hasMessageMatching("Unavailable: blob " + DIGEST
                        + ": space for 41\\.9 MB in .*/store/ingest: too little, [23][0-9]\\.[0-9] MB free");
        assertThat(store.resolve("ingest")).isEmptyDirectory();
        awaitFree(store, free - 100_000);
        content.put(DIGEST, BYTES);
    }

    @Test
    void twoBlobsOfWhichOneFitsAreNotBothBegun() throws Exception {
        Path store = disk("ext4");
        ContentStore content = store(store);
        Digest other = Digest.sha256(new byte[0]);
        try (Ingest ingest = content.ingest(DIGEST, BYTES.length)) {
            refused(Category.UNAVAILABLE, () -> content.ingest(other, 20 << 20).close());
            finish(ingest, BYTES, 1 << 20);
        }
        assertThat(content.find(DIGEST)).isPresent();
    }

    @Test
    void interruptedBlobKeepsItsBytesAndGivesBackTheRest() throws Exception {
        Path store = disk("ext4");
        ContentStore content = store(store);
        long free = store.toFile().getUsableSpace();
        try (Ingest ingest = content.ingest(DIGEST, BYTES.length)) {
            accept(ingest, BYTES, 0, 1 << 20);
            assertThat(store.toFile().getUsableSpace()).isLessThanOrEqualTo(free - BYTES.length);
        }
        assertThat(store.toFile().getUsableSpace()).isGreaterThan(free - (2 << 20));
        try (Ingest ingest = content.ingest(DIGEST, BYTES.length)) {
            assertThat(ingest.position()).isEqualTo(1 << 20);
            finish(ingest, BYTES, 1 << 20);
        }
    }

    @Test
    void reservationIsTakenFromOthersUntilItIsUsed() throws Exception {
        Path store = disk("ext4");
        ContentStore content = store(store);
        try (Reservation reservation = content.reserve(20 << 20)) {
            refused(
                    Category.UNAVAILABLE,
                    () -> content.ingest(DIGEST, BYTES.length).close());
            refused(Category.UNAVAILABLE, () -> content.reserve(20 << 20).close());
            reservation.use(20 << 20);
            content.put(DIGEST, BYTES);
        }
        assertThat(store.resolve("ingest")).isEmptyDirectory();
    }

    @Test
    void diskThatBecomesFullOnTheWayKeepsNothingOfTheBlob() throws Exception {
        // This one cannot reserve, so that there is room at first.
        Path store = disk("ext2");
        ContentStore content = store(store);
        try (Reservation nothing = content.reserve(20 << 20);
                Ingest ingest = content.ingest(DIGEST, BYTES.length)) {
            Files.write(store.resolve("other"), new byte[15 << 20]);
            assertThat(refused(Category.UNAVAILABLE, () -> finish(ingest, BYTES, 1 << 20)))
                    .hasMessageContaining("/store/ingest: the disk is full, ");
            nothing.use(1);
            assertThat(store.resolve("ingest")).isEmptyDirectory();
        }
        Files.delete(store.resolve("other"));
        content.put(DIGEST, BYTES);
    }

    @Test
    void diskWithNoRoomForTheCheckpointKeepsNothing() throws Exception {
        Path store = disk("tmpfs");
        ContentStore content = store(store);
        byte[] small = bytes(6, 900_000);
        try (Ingest ingest = content.ingest(Digest.sha256(small), small.length)) {
            accept(ingest, small, 0, 500_000);
            fill(store.resolve("other"));
        }
        assertThat(store.resolve("ingest")).isEmptyDirectory();
    }

    private static void fill(Path file) {
        try (var out = Files.newOutputStream(file)) {
            for (int piece = 1 << 20; piece > 0; piece = piece == 1 ? 0 : piece / 2) {
                try {
                    while (true) {
                        out.write(new byte[piece]);
                    }
                } catch (IOException e) {
                    // Full for pieces of this size.
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "tmpfs"})
    void streamThatFillsTheDiskLeavesNothingAndSaysHowMuchItHad(String type) throws Exception {
        Path store = disk(type);
        long free = store.toFile().getUsableSpace();
        ByteBuf piece = ByteBufAllocator.DEFAULT.directBuffer().writeBytes(BYTES);
        try (Deposit deposit = store(store).deposit()) {
            deposit.accept(piece);
            assertThat(refused(Category.UNAVAILABLE, () -> deposit.accept(piece)))
                    .hasMessageMatching("Unavailable: writing a blob: space for more than [23][0-9]\\.[0-9] MB in "
                            + store + "/ingest: the disk is full, .* free");
        } finally {
            piece.release();
        }
        assertThat(store.resolve("ingest")).isEmptyDirectory();
        awaitFree(store, free - 100_000);
    }
}
