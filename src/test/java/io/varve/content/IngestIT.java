package io.varve.content;

import static io.varve.content.Samples.accept;
import static io.varve.content.Samples.bytes;
import static io.varve.content.Samples.digest;
import static io.varve.content.Samples.finish;
import static io.varve.content.Samples.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.varve.failure.Category;
import io.varve.hash.HashState;
import io.varve.oci.Digest;
import io.varve.os.Failpoint;
import io.varve.os.Staging;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of an ingest that was interrupted, and of several at once. */
@Isolated("every step that is taken in this process comes by")
class IngestIT {
    private static final long NEVER = Long.MAX_VALUE;
    private static final byte[] BYTES = bytes(4, 300_000);
    private static final Digest DIGEST = Digest.sha256(BYTES);

    // In memory where that is possible: most of this waits for the disk and asks nothing of it.
    @TempDir(factory = InMemory.class)
    Path directory;

    static final class InMemory implements TempDirFactory {
        private static final Path MEMORY = Path.of("/dev/shm");

        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext test) throws IOException {
            return Files.isWritable(MEMORY)
                    ? Files.createTempDirectory(MEMORY, "varve-")
                    : Files.createTempDirectory("varve-");
        }
    }

    /** The store as a process that starts now sees it: nothing but what is in the directory. */
    private static ContentStore process(Path store, long checkpointBytes, boolean exporting) {
        assumeTrue(!exporting || HashState.KNOWN != null, "packages of java.base are open");
        return new ContentStore(
                store,
                new Staging(store.resolve("ingest")),
                checkpointBytes,
                () -> exporting ? HashState.KNOWN : null,
                Runnable::run);
    }

    private ContentStore process() {
        return process(directory, NEVER, HashState.KNOWN != null);
    }

    private Path left() {
        return directory.resolve("ingest/blob-sha256-" + DIGEST.hex());
    }

    private void interruptAt(int position) {
        try (Ingest ingest = process().ingest(DIGEST, BYTES.length)) {
            accept(ingest, BYTES, (int) ingest.position(), position);
        }
    }

    private void remove(ContentStore content, Digest digest) {
        try {
            Files.delete(content.home(digest));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void assertBeginsAnew() {
        try (Ingest ingest = process().ingest(DIGEST, BYTES.length)) {
            assertThat(ingest.position()).isZero();
            finish(ingest, BYTES, 100_000);
        }
        assertThat(directory.resolve("blobs/sha256/" + DIGEST.hex())).hasBinaryContent(BYTES);
        assertThat(directory.resolve("ingest")).isEmptyDirectory();
        remove(process(), DIGEST);
    }

    @ParameterizedTest
    @CsvSource({"SHA256,true", "SHA256,false", "SHA512,true", "SHA512,false"})
    void goesOnFromEveryPositionOfASmallBlob(Digest.Algorithm algorithm, boolean exporting) {
        byte[] small = Arrays.copyOf(BYTES, 300);
        Digest digest = digest(algorithm, small);
        for (int position = 0; position <= small.length; position++) {
            ContentStore first = process(directory, NEVER, exporting);
            try (Ingest ingest = first.ingest(digest, small.length)) {
                assertThat(ingest.position()).isZero();
                accept(ingest, small, 0, position);
            }
            ContentStore second = process(directory, NEVER, exporting);
            try (Ingest ingest = second.ingest(digest, small.length)) {
                assertThat(ingest.position()).isEqualTo(position);
                Blob blob = finish(ingest, small, 77);
                assertThat(blob.file()).hasBinaryContent(small);
            }
            assertThat(directory.resolve("ingest")).isEmptyDirectory();
            remove(second, digest);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void goesOnManyTimesAndShowsWhatIsWritten(boolean exporting) throws IOException {
        int position = 0;
        for (int next : new int[] {1, 63, 64, 65, 128, 65_535, 65_536, 65_537, 131_072, 299_999}) {
            try (Ingest ingest = process(directory, NEVER, exporting).ingest(DIGEST, BYTES.length);
                    FileChannel written = FileChannel.open(ingest.data())) {
                assertThat(ingest.position()).isEqualTo(position);
                ByteBuffer before = ByteBuffer.allocate(BYTES.length);
                while (written.read(before) > 0) {
                    // until its end
                }
                assertThat(Arrays.copyOf(before.array(), before.position())).isEqualTo(Arrays.copyOf(BYTES, position));
                accept(ingest, BYTES, position, next);
            }
            position = next;
        }
        try (Ingest ingest = process(directory, NEVER, exporting).ingest(DIGEST, BYTES.length)) {
            assertThat(finish(ingest, BYTES, 1).file()).hasBinaryContent(BYTES);
        }
    }

    @Test
    void stateOfAProcessThatCouldExportIsGoodForOneThatCannotAndBack() {
        boolean exporting = true;
        int position = 0;
        for (int next : new int[] {70_001, 140_003, 210_007, 280_009}) {
            try (Ingest ingest = process(directory, NEVER, exporting).ingest(DIGEST, BYTES.length)) {
                assertThat(ingest.position()).isEqualTo(position);
                accept(ingest, BYTES, position, next);
            }
            position = next;
            exporting = !exporting;
        }
        try (Ingest ingest = process(directory, NEVER, exporting).ingest(DIGEST, BYTES.length)) {
            assertThat(finish(ingest, BYTES, 9_999).file()).hasBinaryContent(BYTES);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void processThatDiesKeepsItsLastCheckpoint(boolean exporting) {
        int[] ends = {300, 700, 1_100, 1_900, 2_000, 2_500};
        int[] kept = {0, 0, 1_100, 1_100, 1_100, 2_500};
        for (int i = 0; i < ends.length; i++) {
            Path store = directory.resolve("store-" + i);
            Ingest abandoned = process(store, 1_000, exporting).ingest(DIGEST, BYTES.length);
            for (int each = 0, at = 0; each <= i; at = ends[each++]) {
                accept(abandoned, BYTES, at, ends[each]);
            }
            try (Ingest ingest = process(store, 1_000, exporting).ingest(DIGEST, BYTES.length)) {
                assertThat(ingest.position()).as("after %d", ends[i]).isEqualTo(kept[i]);
                assertThat(finish(ingest, BYTES, 50_000).file()).hasBinaryContent(BYTES);
            }
        }
    }

    @Test
    void byteOfTheStateThatIsDamagedMakesItBeginAnew() throws IOException {
        interruptAt(1_000);
        byte[] state = Files.readAllBytes(left().resolve("state"));
        byte[] data = Files.readAllBytes(left().resolve("data"));
        for (int i = 0; i < state.length; i++) {
            byte[] damaged = state.clone();
            damaged[i] ^= (byte) (1 << i % 8);
            leave(damaged, data);
            assertBeginsAnew();
            leave(Arrays.copyOf(state, i), data);
            assertBeginsAnew();
        }
        leave(Arrays.copyOf(state, state.length + 1), data);
        assertBeginsAnew();
        leave(new byte[100_000], data);
        assertBeginsAnew();
    }

    private void leave(byte[] state, byte[] data) throws IOException {
        Files.createDirectories(left());
        Files.write(left().resolve("state"), state);
        Files.write(left().resolve("data"), data);
    }

    @Test
    void dataThatIsNotWhatTheStateSaysMakesItBeginAnew() throws IOException {
        interruptAt(100_000);
        byte[] state = Files.readAllBytes(left().resolve("state"));
        byte[] data = Files.readAllBytes(left().resolve("data"));
        assertThat(data).isEqualTo(Arrays.copyOf(BYTES, 100_000));

        for (int length : new int[] {0, 1, 50_000, 99_999}) {
            leave(state, Arrays.copyOf(data, length));
            assertBeginsAnew();
        }
        for (int at : new int[] {100_000 - 65_536, 80_000, 99_999}) {
            byte[] other = data.clone();
            other[at] ^= 1;
            leave(state, other);
            assertBeginsAnew();
        }
        leave(state, data);
        Files.delete(left().resolve("data"));
        assertBeginsAnew();
        leave(state, data);
        Files.delete(left().resolve("data"));
        Files.createDirectory(left().resolve("data"));
        assertBeginsAnew();
        leave(state, data);
        Files.delete(left().resolve("data"));
        Path elsewhere = Files.write(directory.resolve("elsewhere"), data);
        Files.createSymbolicLink(left().resolve("data"), elsewhere);
        assertBeginsAnew();
        assertThat(elsewhere).hasBinaryContent(data);
    }

    @Test
    void dataLongerThanThePositionIsCutOff() throws IOException {
        interruptAt(1_000);
        Files.write(left().resolve("data"), new byte[5_000], StandardOpenOption.APPEND);
        try (Ingest ingest = process().ingest(DIGEST, BYTES.length);
                FileChannel written = FileChannel.open(ingest.data())) {
            assertThat(ingest.position()).isEqualTo(1_000);
            assertThat(written.size()).isEqualTo(1_000);
            assertThat(finish(ingest, BYTES, 100_000).file()).hasBinaryContent(BYTES);
        }
    }

    @Test
    void anotherSizeOrTheStateOfAnotherBlobMakesItBeginAnew() throws IOException {
        interruptAt(1_000);
        try (Ingest ingest = process().ingest(DIGEST, BYTES.length + 1)) {
            assertThat(ingest.position()).isZero();
        }
        Digest other = digest(Digest.Algorithm.SHA512, BYTES);
        try (Ingest ingest = process().ingest(other, BYTES.length)) {
            accept(ingest, BYTES, 0, 1_000);
        }
        Files.move(directory.resolve("ingest/blob-sha512-" + other.hex()), left());
        assertBeginsAnew();
    }

    @Test
    void whatIsForeignInThePlaceOfAnIngestStaysAndTheBlobComesInBesideIt() throws IOException {
        Files.createDirectories(left().getParent());
        Files.writeString(left(), "foreign");
        try (Ingest ingest = process().ingest(DIGEST, BYTES.length)) {
            assertThat(finish(ingest, BYTES, 100_000).file()).hasBinaryContent(BYTES);
        }
        assertThat(left()).hasContent("foreign");
        assertThat(directory.resolve("ingest")).isDirectoryContaining(left()::equals);
    }

    @Test
    void wrongBytesAfterAnInterruptionKeepNothingOfTheRightOnesEither() {
        interruptAt(1_000);
        byte[] other = BYTES.clone();
        other[200_000] ^= 1;
        try (Ingest ingest = process().ingest(DIGEST, BYTES.length)) {
            assertThat(ingest.position()).isEqualTo(1_000);
            refused(Category.MISMATCH, () -> finish(ingest, other, 100_000));
        }
        assertThat(directory.resolve("ingest")).isEmptyDirectory();
        assertBeginsAnew();
    }

    @Test
    void secondIngestOfTheSameBlobIsItsOwnAndLeavesNothing() {
        ContentStore content = process();
        try (Ingest first = content.ingest(DIGEST, BYTES.length)) {
            accept(first, BYTES, 0, 1_000);
            try (Ingest second = content.ingest(DIGEST, BYTES.length)) {
                assertThat(second.position()).isZero();
                accept(second, BYTES, 0, 2_000);
            }
            try (Ingest third = content.ingest(DIGEST, BYTES.length)) {
                finish(third, BYTES, 100_000);
            }
            assertThat(finish(first, BYTES, 100_000).file()).hasBinaryContent(BYTES);
        }
        assertThat(directory.resolve("ingest")).isEmptyDirectory();
        interruptAt(1_000);
        try (Ingest again = content.ingest(DIGEST, BYTES.length)) {
            assertThat(again.position()).as("the place is free again").isEqualTo(1_000);
        }
    }

    @Test
    void manyThreadsBringInTheSameBlobsAtOnce() throws Exception {
        ContentStore content = process();
        List<byte[]> blobs = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            blobs.add(bytes(100 + i, 20_000 + i));
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 48; i++) {
                byte[] blob = blobs.get(i % blobs.size());
                int piece = 500 + 100 * i;
                all.add(threads.submit(() -> {
                    try (Ingest ingest = content.ingest(Digest.sha256(blob), blob.length)) {
                        finish(ingest, blob, piece);
                    }
                }));
            }
            for (Future<?> each : all) {
                each.get();
            }
        }
        for (byte[] blob : blobs) {
            assertThat(content.find(Digest.sha256(blob)).orElseThrow().file()).hasBinaryContent(blob);
        }
        assertThat(directory.resolve("ingest")).isEmptyDirectory();
    }

    @Test
    void interruptedThreadWasCancelledAndKeepsWhatItHad() {
        try (Ingest ingest = process().ingest(DIGEST, BYTES.length)) {
            accept(ingest, BYTES, 0, 1_000);
            Thread.currentThread().interrupt();
            refused(Category.CANCELLED, () -> accept(ingest, BYTES, 1_000, 2_000));
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        try (Ingest ingest = process().ingest(DIGEST, BYTES.length)) {
            assertThat(ingest.position()).isEqualTo(1_000);
            finish(ingest, BYTES, 100_000);
        }
    }

    @Test
    void interruptedHashingOfTheWrittenBytesKeepsThem() {
        interruptAt(1_000);
        ContentStore content = process(directory, NEVER, false);
        Thread.currentThread().interrupt();
        try {
            refused(
                    Category.CANCELLED,
                    () -> content.ingest(DIGEST, BYTES.length).close());
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        try (Ingest ingest = content.ingest(DIGEST, BYTES.length)) {
            assertThat(ingest.position()).as("and the place is free").isEqualTo(1_000);
            finish(ingest, BYTES, 100_000);
        }
    }

    @Test
    void hashedAgainTheWrittenBytesAreThoseOfTheDisk() throws IOException {
        interruptAt(200_000);
        try (FileChannel data = FileChannel.open(left().resolve("data"), StandardOpenOption.WRITE)) {
            data.write(ByteBuffer.wrap(new byte[] {(byte) ~BYTES[5]}), 5);
        }
        try (Ingest ingest = process(directory, NEVER, false).ingest(DIGEST, BYTES.length)) {
            assertThat(ingest.position()).isEqualTo(200_000);
            refused(Category.MISMATCH, () -> finish(ingest, BYTES, 100_000));
        }
        assertBeginsAnew();
    }

    @Test
    void checkpointThatCannotBeWrittenFailsTheIngestAndKeepsNothing() throws IOException {
        ContentStore content = process(directory, 1_000, HashState.KNOWN != null);
        try (Ingest ingest = content.ingest(DIGEST, BYTES.length)) {
            Files.createDirectory(left().resolve("state.new"));
            accept(ingest, BYTES, 0, 1_500);
            refused(Category.UNAVAILABLE, () -> accept(ingest, BYTES, 1_500, 3_000));
            assertThat(left()).doesNotExist();
        }
        try (Ingest ingest = content.ingest(DIGEST, BYTES.length)) {
            Files.createDirectory(left().resolve("state.new"));
            accept(ingest, BYTES, 0, 1_500);
        }
        assertBeginsAnew();
    }

    @Test
    void checkpointsAreWrittenBehindTheIngestAndWaitedForAtItsEnd() {
        List<Runnable> behind = new ArrayList<>();
        ContentStore content = new ContentStore(
                directory, new Staging(directory.resolve("ingest")), 1_000, () -> HashState.KNOWN, behind::add);
        Ingest abandoned = content.ingest(DIGEST, BYTES.length);
        for (int at = 0; at < 5_000; at += 500) {
            accept(abandoned, BYTES, at, at + 500);
        }
        assertThat(behind).as("one at a time").hasSize(1);
        behind.getFirst().run();
        accept(abandoned, BYTES, 5_000, 6_000);
        assertThat(behind).hasSize(2);
        try (Ingest ingest = process().ingest(DIGEST, BYTES.length)) {
            assertThat(ingest.position()).as("of the one that was written").isEqualTo(1_000);
        }
    }

    @Test
    void checkpointThatNoThreadIsToBeHadForIsNotWaitedFor() {
        ContentStore content = new ContentStore(
                directory, new Staging(directory.resolve("ingest")), 1_000, () -> HashState.KNOWN, task -> {
                    throw new OutOfMemoryError("unable to create native thread");
                });
        try (Ingest ingest = content.ingest(DIGEST, BYTES.length)) {
            accept(ingest, BYTES, 0, 1_500);
        }
        assertBeginsAnew();
        try (Ingest ingest = content.ingest(DIGEST, BYTES.length)) {
            assertThat(finish(ingest, BYTES, 1_500).size()).isEqualTo(BYTES.length);
        }
    }

    @Test
    void lastCheckpointStaysWhenThereIsNoThreadForAnother() {
        List<Runnable> written = new ArrayList<>();
        ContentStore content = new ContentStore(
                directory, new Staging(directory.resolve("ingest")), 1_000, () -> HashState.KNOWN, task -> {
                    if (!written.isEmpty()) {
                        throw new OutOfMemoryError("unable to create native thread");
                    }
                    written.add(task);
                    task.run();
                });
        try (Ingest ingest = content.ingest(DIGEST, BYTES.length)) {
            accept(ingest, BYTES, 0, 1_500);
            accept(ingest, BYTES, 1_500, 3_000);
        }
        try (Ingest ingest = process().ingest(DIGEST, BYTES.length)) {
            assertThat(ingest.position()).isEqualTo(1_500);
        }
    }

    @Test
    void ingestOfTheStoreAsItIsUsedWritesCheckpointsToo() {
        byte[] large = bytes(7, 70 << 20);
        Digest digest = Digest.sha256(large);
        try (Ingest ingest = Samples.store(directory).ingest(digest, large.length)) {
            for (int at = 0; at < 69 << 20; at += 1 << 20) {
                accept(ingest, large, at, at + (1 << 20));
            }
        }
        try (Ingest ingest = Samples.store(directory).ingest(digest, large.length)) {
            assertThat(ingest.position()).isEqualTo(69 << 20);
            assertThat(finish(ingest, large, 1 << 20).size()).isEqualTo(large.length);
        }
    }

    @Test
    void ingestThatHasEndedTakesNothing() {
        Ingest ingest = process().ingest(DIGEST, BYTES.length);
        finish(ingest, BYTES, 100_000);
        assertThatThrownBy(() -> accept(ingest, BYTES, 0, 0)).isInstanceOf(IllegalStateException.class);
        ingest.close();
        ingest.close();
        assertThatThrownBy(ingest::commit).isInstanceOf(IllegalStateException.class);
    }

    /** Not what a power loss leaves, which may lack what was not synced, but what every kind of kill does. */
    @Test
    void killAtAnyStepLeavesAStoreThatBringsTheBlobIn() throws Exception {
        Path store = directory.resolve("store");
        Map<Path, String> killed = new LinkedHashMap<>();
        listen(step -> {
            Path copy = directory.resolve("killed-" + killed.size());
            copy(store, copy);
            killed.put(copy, step);
        });
        try {
            try (Ingest ingest = process(store, 100_000, true).ingest(DIGEST, BYTES.length)) {
                accept(ingest, BYTES, 0, 100_000);
                accept(ingest, BYTES, 100_000, 150_000);
            }
            try (Ingest ingest = process(store, 100_000, true).ingest(DIGEST, BYTES.length)) {
                finish(ingest, BYTES, 100_000);
            }
        } finally {
            listen(null);
        }
        assertThat(killed.values())
                .contains("ingest.synced", "ingest.noted", "ingest.checkpointed", "ingest.renamed")
                .contains("ingest.verified", "commit.named", "ingest.published");
        long furthest = 0;
        for (Map.Entry<Path, String> each : killed.entrySet()) {
            try (Ingest ingest = process(each.getKey(), NEVER, true).ingest(DIGEST, BYTES.length)) {
                if (process(each.getKey(), NEVER, true).find(DIGEST).isEmpty()) {
                    assertThat(ingest.position()).as(each.getValue()).isGreaterThanOrEqualTo(furthest);
                    furthest = ingest.position();
                }
                assertThat(finish(ingest, BYTES, 100_000).file()).hasBinaryContent(BYTES);
            }
            assertThat(each.getKey().resolve("ingest")).isEmptyDirectory();
        }
        assertThat(furthest).isEqualTo(250_000);
    }

    private static void listen(@Nullable Consumer<String> steps) throws ReflectiveOperationException {
        Method listen = Failpoint.class.getDeclaredMethod("listen", Consumer.class);
        listen.setAccessible(true);
        listen.invoke(null, steps);
    }

    private static void copy(Path from, Path to) {
        try {
            Files.walkFileTree(from, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes) throws IOException {
                    Files.createDirectories(to.resolve(from.relativize(each)));
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path each, BasicFileAttributes attributes) throws IOException {
                    Files.copy(each, to.resolve(from.relativize(each)));
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
