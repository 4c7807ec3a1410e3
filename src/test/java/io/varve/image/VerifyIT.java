package io.varve.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.catalogue.Edge;
import io.varve.catalogue.Node;
import io.varve.decode.DecodeLimits;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.gc.Collector;
import io.varve.oci.Digest;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.TestStages;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.varve.verify.Finding;
import io.varve.verify.Verifier;
import io.varve.verify.VerifyListener;
import io.varve.view.Views;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a verification finds in a store that something happened to, and what a repair makes of it. After every repair
 * everything that was there is still somewhere, and either nothing is wrong or a pull makes it so.
 */
class VerifyIT extends VerifyWorld {
    @Nested
    @DisplayName("A sound store")
    class Sound {
        @Test
        void hasNothingToFindAndIsNotChangedByLooking() throws IOException {
            List<String> before = store.state();

            assertThat(store.verify()).isEmpty();

            assertThat(store.state()).isEqualTo(before);
        }

        @Test
        void hasNothingToRepair() throws IOException {
            Set<Object> before = store.inodes();

            assertThat(store.repair()).isEmpty();

            assertThat(store.inodes()).isEqualTo(before);
            assertThat(store.directory.resolve("quarantine")).doesNotExist();
        }

        @Test
        void everyByteOfItIsReadAndToldOfOnce() {
            AtomicLong planned = new AtomicLong();
            AtomicLong read = new AtomicLong();

            var verified = store.verifier().verify(new VerifyListener() {
                @Override
                public void planned(long bytes) {
                    planned.set(bytes);
                }

                @Override
                public void advanced(long bytes) {
                    read.addAndGet(bytes);
                }
            });

            assertThat(read.get()).isEqualTo(planned.get()).isEqualTo(verified.bytes());
            long tars = (long) VerifiedStore.BASE.length + VerifiedStore.TOP.length + VerifiedStore.PLAIN.length;
            assertThat(read.get()).isBetween(tars, tars + (256 << 10));
        }

        @Test
        void thatIsNotThereYetIsFine() {
            Store none = new Store(temporary.resolve("nowhere"), StoreOptions.DEFAULTS);
            LayerPull layers = new LayerPull(none, DecodeLimits.DEFAULTS, 1, TestStages::get);

            assertThat(new Verifier(none, layers, 1).verify(VerifyListener.NONE).found())
                    .isZero();
            assertThat(new Verifier(none, layers, 1).repair(VerifyListener.NONE).found())
                    .isZero();
            assertThat(none.directory()).doesNotExist();
        }

        @Test
        void leftoversOfAPullThatFailedAreFine() throws IOException {
            // As a pull leaves them: leased, there, and not said to be.
            byte[] bytes = "left".getBytes(UTF_8);
            Node blob = Node.blob(Digest.sha256(bytes));
            store.store().write("test", session -> {
                session.write(transaction ->
                        transaction.lease(0, List.of(blob), Instant.now().plusSeconds(60)));
                Path file = store.home(blob);
                try {
                    Files.write(file, bytes);
                } catch (IOException e) {
                    throw Failure.from(e);
                }
                return true;
            });

            assertThat(store.verify()).isEmpty();
        }

        @Test
        void imageIndexMayListWhatWasNeverPulled() throws SQLException {
            store.sql("INSERT INTO node (kind, digest, size, media_type, present, used) VALUES ('blob', 'sha256:"
                    + "0".repeat(64) + "', 1, 'application/vnd.oci.image.manifest.v1+json', 0, 0)");
            assertThat(store.verify()).isEmpty();
        }

        @Test
        void staysSoBesidePullsAndCollections() throws Exception {
            Collector collector = new Collector(store.store(), new Views(store.directory.resolve("views")));
            AtomicBoolean over = new AtomicBoolean();
            List<Finding> found = new ArrayList<>();
            try (ExecutorService pool = Executors.newFixedThreadPool(3)) {
                Future<?> pulls = pool.submit(() -> {
                    while (!over.get()) {
                        store.pull();
                    }
                });
                Future<?> removals = pool.submit(() -> {
                    while (!over.get()) {
                        store.remove(VerifiedStore.ONE);
                        store.remove(VerifiedStore.TWO);
                        collector.collect(Instant.now());
                    }
                });
                try {
                    for (int i = 0; i < 40; i++) {
                        found.addAll(store.verify());
                    }
                } finally {
                    over.set(true);
                }
                get(pulls);
                get(removals);
            }
            assertThat(found).isEmpty();
        }

        private static void get(Future<?> ended) throws InterruptedException {
            try {
                ended.get();
            } catch (ExecutionException e) {
                throw new AssertionError(e.getCause());
            }
        }
    }

    @Nested
    @DisplayName("Files of the store's own, and of nobody")
    class Own {
        @ParameterizedTest
        @ValueSource(strings = {"garbage", "", "{}", "{\"schemaVersion\":2,\"manifests\":[{}]}"})
        void indexJsonThatIsNone(String content) throws IOException {
            Files.writeString(store.directory.resolve("index.json"), content);

            assertFinds("damaged index.json");
            Finding repaired = assertRepairs().getFirst();
            assertThat(repaired.outcome()).startsWith("made again; what was there is in quarantine/");
        }

        @Test
        void indexJsonThatIsBehind() throws IOException {
            Files.writeString(store.directory.resolve("index.json"), "{\"schemaVersion\":2,\"manifests\":[]}");

            assertFinds("stale index.json");
            assertRepairs();
        }

        @ParameterizedTest
        @CsvSource({"'\"size\":[0-9]+', '\"size\":1'", "manifest.v1, index.v1"})
        void indexJsonThatSaysSomethingElseOfAnImage(String words, String others) throws IOException {
            Path index = store.directory.resolve("index.json");
            Files.writeString(index, Files.readString(index).replaceFirst(words, others));

            assertFinds("stale index.json");
            assertRepairs();
        }

        @Test
        void indexJsonThatIsGone() throws IOException {
            Files.delete(store.directory.resolve("index.json"));

            assertFinds("damaged index.json");
            assertRepairs();
        }

        @Test
        void markerThatIsNone() throws IOException {
            Files.writeString(store.directory.resolve("oci-layout"), "{\"imageLayoutVersion\":\"2.0.0\"}");

            assertFinds("damaged oci-layout");
            assertRepairs();
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "mine",
                    "blobs/mine",
                    "blobs/sha256/mine",
                    "layers/sha256/mine",
                    "images/sha512",
                    "LAYER/mine",
                    "INDEX/mine"
                })
        void foreignFileIsToldAndNotTouched(String where) throws IOException {
            String place = where.replace(
                            "LAYER",
                            store.directory
                                    .relativize(store.home(VerifiedStore.layer(VerifiedStore.TOP)))
                                    .toString())
                    .replace(
                            "INDEX",
                            store.directory
                                    .relativize(store.home(store.part(Edge.Role.INDEX, 0)))
                                    .toString());
            Files.writeString(store.directory.resolve(place), "mine");

            assertFinds("foreign " + place);
            assertThat(store.repair())
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.isWrong()).isFalse());
            assertThat(store.directory.resolve(place)).hasContent("mine");
        }

        @Test
        void soundBlobThatNobodyKnowsIsRecordedAndKeptForAWhile() throws IOException {
            Path file = store.directory.resolve(
                    "blobs/sha256/" + Digest.sha256("unknown".getBytes(UTF_8)).hex());
            Files.writeString(file, "unknown");

            assertFinds("unknown blob " + Digest.sha256("unknown".getBytes(UTF_8)));
            assertRepairs();
            new Collector(store.store(), new Views(store.directory.resolve("views"))).collect(Instant.now());
            assertThat(file).exists();
        }

        @Test
        void blobThatNobodyKnowsAndIsWrongIsPutAway() throws IOException {
            Path file = store.directory.resolve("blobs/sha256/" + "1".repeat(64));
            Files.writeString(file, "unknown");

            assertFinds("damaged blob sha256:" + "1".repeat(64));
            assertRepairs();
            assertThat(file).doesNotExist();
        }

        @Test
        void indexThatNobodyCanExplainIsPutAway() throws IOException {
            Path place = store.directory.resolve("images/sha256/" + "1".repeat(64));
            Files.createDirectory(place);
            Files.writeString(place.resolve("index"), "?");

            assertFinds("unknown index sha256:" + "1".repeat(64));
            assertRepairs();
            assertThat(place).doesNotExist();
        }
    }

    @Test
    void interruptEndsIt() {
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> store.verifier().verify(VerifyListener.NONE))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.category()).isEqualTo(Category.CANCELLED));
        assertThat(Thread.interrupted()).isTrue();
    }
}
