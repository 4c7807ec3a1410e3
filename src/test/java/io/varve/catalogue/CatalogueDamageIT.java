package io.varve.catalogue;

import static io.varve.catalogue.SampleImage.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Wherever the file is damaged: what still makes sense is read, and all else is Invalid. */
@Timeout(300)
class CatalogueDamageIT {
    private static final int PAGE = 4096;
    private static final int HEADER = 100;

    // The number of the form, in SQLite's header: one that is not known is that of a newer Varve.
    private static final int FORM = 60;
    private static final int FORM_END = 64;

    @TempDir
    Path directory;

    private Path file;
    private byte[] sound = new byte[0];
    private int refused;

    @BeforeEach
    void write() throws IOException {
        file = directory.resolve("catalogue.db");
        try (CatalogueWriter writer = CatalogueWriter.open(file)) {
            writer.write(transaction -> {
                for (int i = 0; i < 60; i++) {
                    SampleImage image = SampleImage.of("base" + i % 3, "app" + i);
                    image.store(transaction, NOW);
                    transaction.tag("docker.io/library/app:" + i, image.digest(), NOW);
                    transaction.source(image.blobs().get(2).digest(), "docker.io", NOW);
                    transaction.lease(transaction.begin("pull", "app " + i, NOW), image.blobs(), NOW);
                }
                return true;
            });
        }
        sound = Files.readAllBytes(file);
    }

    private void damage(String what, Category also, Consumer<byte[]> how) throws IOException {
        byte[] bytes = sound.clone();
        how.accept(bytes);
        damaged(what, also, bytes);
    }

    private void damaged(String what, Category also, byte[] bytes) throws IOException {
        Files.write(file, bytes);
        Files.setLastModifiedTime(file, FileTime.from(NOW.minusSeconds(3600)));
        attempt(what + ", read", also, () -> {
            try (Catalogue catalogue = Catalogue.open(file)) {
                readAll(what, also, catalogue);
            }
        });
        attempt(what + ", written", also, () -> {
            try (CatalogueWriter writer = CatalogueWriter.open(file)) {
                attempt(
                        what + ", written",
                        also,
                        () -> writer.write(transaction -> {
                            SampleImage.of("base1", "new").store(transaction, NOW);
                            transaction.untag("docker.io/library/app:7");
                            transaction.endAll();
                            Instant later = NOW.plusSeconds(1);
                            transaction.forget(
                                    transaction.garbage(List.of(), later).stream()
                                            .map(Entry::node)
                                            .toList(),
                                    later);
                            return true;
                        }));
            }
        });
        for (String end : List.of("-wal", "-shm")) {
            Files.deleteIfExists(directory.resolve("catalogue.db" + end));
        }
    }

    private void readAll(String what, Category also, Catalogue catalogue) {
        SampleImage image = SampleImage.of("base1", "app7");
        List<Runnable> reads = List.of(
                catalogue::nodes,
                catalogue::images,
                () -> catalogue.tags("docker", "", Integer.MAX_VALUE),
                () -> catalogue.tag("docker.io/library/app:7"),
                () -> catalogue.names(image.digest()),
                () -> catalogue.needs(image.node()),
                () -> catalogue.blobsOf(SampleImage.diffId("base1")),
                () -> catalogue.sources(image.blobs().get(2).digest()),
                () -> catalogue.garbage(image.nodes(), NOW),
                () -> catalogue.why(SampleImage.diffId("base1"), Map.of(image.node(), "view"), NOW));
        reads.forEach(read -> attempt(what, also, read));
    }

    private void attempt(String what, Category also, Runnable action) {
        try {
            action.run();
        } catch (Failure e) {
            refused++;
            assertThat(e.category()).as("%s: %s", what, e.getMessage()).isIn(Category.INVALID, also);
            assertThat(e.getMessage()).contains("catalogue " + file);
        } catch (RuntimeException | Error e) {
            throw new AssertionError(what, e);
        }
    }

    @Test
    void anyByteOfTheHeaderMayBeWrong() throws IOException {
        for (int i = 0; i < HEADER; i++) {
            int at = i;
            for (int flip : new int[] {0x01, 0xff}) {
                Category also = at >= FORM && at < FORM_END ? Category.UNAVAILABLE : Category.INVALID;
                damage("byte " + at + " ^ " + flip, also, bytes -> bytes[at] ^= (byte) flip);
            }
        }
        assertThat(refused).isPositive();
    }

    @Test
    void anyByteMayBeWrong() throws IOException {
        Random random = new Random(1);
        for (int i = 0; i < 250; i++) {
            // The first bytes of a page say what the rest is.
            int at = HEADER + random.nextInt(sound.length - HEADER);
            int place = i % 2 == 0 || at < PAGE ? at : at / PAGE * PAGE + random.nextInt(40);
            byte value = (byte) random.nextInt();
            damage("byte " + place + " = " + value, Category.INVALID, bytes -> bytes[place] = value);
        }
        assertThat(refused).isPositive();
    }

    @Test
    void anyPageMayBeAnything() throws IOException {
        Random random = new Random(2);
        for (int page = 0; page < sound.length / PAGE; page++) {
            int from = page * PAGE;
            damage(
                    "page " + page + " of zeros",
                    Category.INVALID,
                    bytes -> Arrays.fill(bytes, from, from + PAGE, (byte) 0));
            byte[] noise = new byte[PAGE];
            random.nextBytes(noise);
            damage(
                    "page " + page + " of noise",
                    Category.INVALID,
                    bytes -> System.arraycopy(noise, 0, bytes, from, PAGE));
            int other = random.nextInt(sound.length / PAGE) * PAGE;
            damage(
                    "page " + page + " as " + other / PAGE,
                    Category.INVALID,
                    bytes -> System.arraycopy(sound, other, bytes, from, PAGE));
        }
        assertThat(refused).isPositive();
    }

    @Test
    void fileMayEndAnywhere() throws IOException {
        Random random = new Random(3);
        for (int page = 0; page < sound.length / PAGE; page++) {
            for (int end : new int[] {page * PAGE, page * PAGE + 1 + random.nextInt(PAGE - 1)}) {
                damaged("cut at " + end, Category.INVALID, Arrays.copyOf(sound, end));
            }
        }
        assertThat(refused).isPositive();
    }
}
