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
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Index;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import io.varve.os.Staging;
import io.varve.pipeline.FakeArtifact;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.TestStages;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.varve.store.TestOptions;
import io.varve.verify.Finding;
import io.varve.verify.Finding.Kind;
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
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a verification finds in a store that something happened to, and what a repair makes of it. After every repair
 * everything that was there is still somewhere, and either nothing is wrong or a pull makes it so.
 */
class VerifyIT {
    @TempDir
    Path temporary;

    VerifiedStore store;

    @BeforeEach
    void pullImages() throws IOException {
        store = new VerifiedStore(temporary);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static List<String> subjects(List<Finding> findings) {
        return findings.stream()
                .map(finding -> finding.kind() + " " + finding.what())
                .toList();
    }

    private static String subject(Kind kind, Node node) {
        return kind + " " + node.kind().name().toLowerCase(Locale.ROOT) + " " + node.digest();
    }

    private void assertFinds(String... subjects) {
        assertThat(subjects(store.verify())).containsExactlyInAnyOrder(subjects);
    }

    /** Repairs all that was found; a second look finds nothing. */
    private List<Finding> assertRepairs() throws IOException {
        Set<Object> before = store.inodes();
        List<Finding> repaired = store.repair();
        assertThat(store.inodes()).containsAll(before);
        assertThat(repaired)
                .isNotEmpty()
                .allSatisfy(finding ->
                        assertThat(finding.isWrong()).as("%s", finding).isFalse());
        assertThat(store.verify()).isEmpty();
        return repaired;
    }

    /** Repairs what can be; what cannot is told with the name to pull, and a pull brings it. */
    private void assertPullRepairs(String name) throws IOException {
        Set<Object> before = store.inodes();
        List<Finding> repaired = store.repair();
        assertThat(store.inodes()).containsAll(before);
        assertThat(repaired).anySatisfy(finding -> {
            assertThat(finding.isWrong()).isTrue();
            assertThat(finding.outcome()).contains("pull ").contains(name).endsWith(" again");
        });
        assertThat(store.verify())
                .isNotEmpty()
                .allSatisfy(finding -> assertThat(finding.kind()).isEqualTo(Kind.MISSING));

        store.pull();

        assertThat(store.verify()).isEmpty();
        assertThat(store.inodes()).containsAll(before);
    }

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
    @DisplayName("Damaged content")
    class Content {
        @ParameterizedTest
        @EnumSource
        void blobOfACompressedLayerIsPulledAgain(Damage damage) throws IOException {
            Node blob = store.part(Edge.Role.BLOB, 1);
            damage.happenTo(store.home(blob));

            assertFinds(subject(damage == Damage.DELETED ? Kind.MISSING : Kind.DAMAGED, blob));
            assertPullRepairs(VerifiedStore.ONE);
        }

        @ParameterizedTest
        @EnumSource
        void configurationIsPulledAgain(Damage damage) throws IOException {
            Node config = store.part(Edge.Role.CONFIG, 0);
            damage.happenTo(store.home(config));

            assertFinds(subject(damage == Damage.DELETED ? Kind.MISSING : Kind.DAMAGED, config));
            assertPullRepairs(VerifiedStore.ONE);
        }

        @ParameterizedTest
        @EnumSource
        void manifestIsPulledAgain(Damage damage) throws IOException {
            Node manifest = store.manifest();
            damage.happenTo(store.home(manifest));

            assertFinds(subject(damage == Damage.DELETED ? Kind.MISSING : Kind.DAMAGED, manifest));
            assertPullRepairs(VerifiedStore.ONE);
        }

        @ParameterizedTest
        @EnumSource
        void imageIndexIsPulledAgain(Damage damage) throws IOException {
            Node index = store.image(VerifiedStore.TWO);
            damage.happenTo(store.home(index));

            assertFinds(subject(damage == Damage.DELETED ? Kind.MISSING : Kind.DAMAGED, index));
            assertPullRepairs(VerifiedStore.TWO);
        }

        @ParameterizedTest
        @EnumSource
        void manifestThatAnImageIndexListsIsPulledAgain(Damage damage) throws IOException {
            Node manifest = store.catalogue()
                    .needs(store.image(VerifiedStore.TWO))
                    .getFirst()
                    .child();
            damage.happenTo(store.home(manifest));

            assertFinds(subject(damage == Damage.DELETED ? Kind.MISSING : Kind.DAMAGED, manifest));
            assertPullRepairs(VerifiedStore.TWO);
        }

        @ParameterizedTest
        @EnumSource
        void tarIsMadeAgainFromItsBlob(Damage damage) throws IOException {
            Node layer = VerifiedStore.layer(VerifiedStore.TOP);
            damage.happenTo(store.home(layer).resolve("tar"));

            assertFinds(subject(Kind.DAMAGED, layer));
            assertRepairs();
            assertThat(store.home(layer).resolve("tar")).hasBinaryContent(VerifiedStore.TOP);
        }

        @ParameterizedTest
        @EnumSource
        void changesAreMadeAgainFromTheirTar(Damage damage) throws IOException {
            Node layer = VerifiedStore.layer(VerifiedStore.TOP);
            // Without its blob, so that the tar has to do.
            Files.delete(store.home(store.part(Edge.Role.BLOB, 1)));
            damage.happenTo(store.home(layer).resolve("changes"));

            assertFinds(subject(Kind.DAMAGED, layer), subject(Kind.MISSING, store.part(Edge.Role.BLOB, 1)));
            assertPullRepairs(VerifiedStore.ONE);
            assertThat(store.home(layer).resolve("tar")).hasBinaryContent(VerifiedStore.TOP);
        }

        @ParameterizedTest
        @EnumSource
        void indexIsMadeAgainFromItsLayers(Damage damage) throws IOException {
            Node index = store.part(Edge.Role.INDEX, 0);
            byte[] was = Files.readAllBytes(store.home(index).resolve("index"));
            damage.happenTo(store.home(index).resolve("index"));

            assertFinds(subject(Kind.DAMAGED, index));
            assertRepairs();
            assertThat(store.home(index).resolve("index")).hasBinaryContent(was);
        }

        @ParameterizedTest
        @EnumSource
        void blobThatIsATarIsMadeAgainFromThatUnlessTheyAreOneFile(Damage damage) throws IOException {
            Node layer = VerifiedStore.layer(VerifiedStore.PLAIN);
            Node blob = Node.blob(layer.digest());
            damage.happenTo(store.home(blob));

            if (damage.isInPlace()) {
                assertFinds(subject(Kind.DAMAGED, layer), subject(Kind.DAMAGED, blob));
                assertPullRepairs(VerifiedStore.TWO);
            } else {
                assertFinds(subject(damage == Damage.DELETED ? Kind.MISSING : Kind.DAMAGED, blob));
                assertRepairs();
            }
            assertThat(Files.isSameFile(store.home(blob), store.home(layer).resolve("tar")))
                    .isTrue();
        }

        @ParameterizedTest
        @ValueSource(strings = {"TOP", "PLAIN"})
        void wholeLayerIsMadeAgainFromItsBlob(String which) throws IOException {
            Node layer = VerifiedStore.layer(which.equals("TOP") ? VerifiedStore.TOP : VerifiedStore.PLAIN);
            Staging.delete(store.home(layer));

            assertFinds(subject(Kind.MISSING, layer));
            assertRepairs();
        }

        @Test
        void wholeIndexIsMadeAgain() throws IOException {
            Node index = store.part(Edge.Role.INDEX, 0);
            Staging.delete(store.home(index));

            assertFinds(subject(Kind.MISSING, index));
            assertRepairs();
        }

        @ParameterizedTest
        @CsvSource({"LAYER", "INDEX", "BLOB"})
        void placeOfADirectoryHasAFile(Edge.Role role) throws IOException {
            Node node = store.part(role, 0);
            Path home = store.home(node);
            Files.move(home, temporary.resolve("away"));
            if (role == Edge.Role.BLOB) {
                Files.createDirectory(home);
            } else {
                Files.writeString(home, "a file");
            }

            assertFinds(subject(Kind.DAMAGED, node));
            if (role == Edge.Role.BLOB) {
                assertPullRepairs(VerifiedStore.ONE);
            } else {
                assertRepairs();
            }
        }

        @Test
        void everythingAtOnceIsFoundAndPulledAgain() throws IOException {
            for (String each : List.of("blobs", "layers", "images")) {
                for (Path file : VerifiedStore.all(store.directory.resolve(each))) {
                    if (Files.isRegularFile(file) && (int) Files.getAttribute(file, "unix:nlink") == 1) {
                        Damage.FLIPPED.happenTo(file);
                    }
                }
            }

            assertThat(store.verify()).hasSizeGreaterThan(8);
            assertPullRepairs(VerifiedStore.ONE);
        }

        @Test
        void indexThatIsDamagedTogetherWithItsLayerIsRepairedWithIt() throws IOException {
            Node index = store.part(Edge.Role.INDEX, 0);
            Node layer = VerifiedStore.layer(VerifiedStore.TOP);
            Damage.FLIPPED.happenTo(store.home(layer).resolve("tar"));
            Damage.FLIPPED.happenTo(store.home(index).resolve("index"));

            // There is nothing to compare it with yet.
            assertFinds(subject(Kind.DAMAGED, layer));
            assertThat(subjects(assertRepairs()))
                    .containsExactlyInAnyOrder(subject(Kind.DAMAGED, layer), subject(Kind.DAMAGED, index));
        }

        @Test
        void whatNoNameNeedsIsPutAwayAndThatIsAll() throws IOException {
            Node blob = store.part(Edge.Role.BLOB, 1);
            store.remove(VerifiedStore.ONE);
            Damage.FLIPPED.happenTo(store.home(blob));

            assertFinds(subject(Kind.DAMAGED, blob));
            assertThat(assertRepairs().getFirst().outcome()).contains("no name needs it");
        }

        @Test
        void findingSaysWhatWasGotAndWanted() throws IOException {
            Node blob = store.part(Edge.Role.CONFIG, 0);
            Files.writeString(store.home(blob), "Hello, world");

            Finding finding = store.verify().getFirst();

            assertThat(finding)
                    .hasToString("damaged blob " + blob.digest() + ": digest of 12 bytes: got "
                            + Digest.sha256("Hello, world".getBytes(UTF_8)) + ", wanted " + blob.digest());
            Finding repaired = store.repair().getFirst();
            assertThat(repaired.toString())
                    .startsWith(finding + " -> quarantined in quarantine/")
                    .endsWith("; pull " + VerifiedStore.ONE + " again");
        }
    }

    @Nested
    @DisplayName("A catalogue that is wrong")
    class Wrong {
        private String id(Node node) {
            return "(SELECT id FROM node WHERE digest = '" + node.digest() + "' AND kind = '"
                    + node.kind().name().toLowerCase(Locale.ROOT) + "')";
        }

        static Stream<Arguments> needs() {
            return Stream.of("config", "blob", "layer", "index")
                    .flatMap(role -> Stream.of(
                                    "DELETE FROM edge WHERE parent = %1$s AND role = '%2$s'",
                                    "UPDATE edge SET child = %1$s WHERE parent = %1$s AND role = '%2$s' AND position = 0",
                                    "INSERT INTO edge (parent, role, position, child) VALUES (%1$s, '%2$s', 77, %1$s)")
                            .map(statement -> Arguments.of(role, statement)));
        }

        @ParameterizedTest
        @MethodSource
        void needs(String role, String statement) throws IOException, SQLException {
            Node manifest = store.manifest();
            store.sql(String.format(statement, id(manifest), role));

            assertFinds(subject(Kind.MISRECORDED, manifest));
            assertRepairs();
        }

        @Test
        void needsOfAnImageIndex() throws IOException, SQLException {
            Node index = store.image(VerifiedStore.TWO);
            store.sql("DELETE FROM edge WHERE parent = " + id(index));

            assertFinds(subject(Kind.MISRECORDED, index));
            assertRepairs();
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "DELETE FROM edge WHERE parent = %1$s",
                    "UPDATE edge SET position = 5 WHERE parent = %1$s AND position = 0",
                    "UPDATE edge SET child = (SELECT child FROM edge WHERE parent = %1$s AND position = 0) WHERE parent = %1$s"
                })
        void layersOfAnIndex(String statement) throws IOException, SQLException {
            Node index = store.part(Edge.Role.INDEX, 0);
            store.sql(String.format(statement, id(index)));

            assertFinds(subject(Kind.MISRECORDED, index));
            assertRepairs();
        }

        @ParameterizedTest
        @CsvSource({"BLOB", "CONFIG", "LAYER", "INDEX"})
        void size(Edge.Role role) throws IOException, SQLException {
            Node node = store.part(role, 0);
            store.sql("UPDATE node SET size = size + 1 WHERE id = " + id(node));

            assertFinds(subject(Kind.MISRECORDED, node));
            assertRepairs();
        }

        /** Whoever pushed it may have said so; to repair that would be to believe him. */
        @Test
        void blobIsNoImageForBeingCalledOne() {
            byte[] bytes = Index.of(List.of(store.catalogue()
                            .tag(VerifiedStore.ONE)
                            .orElseThrow()
                            .image()))
                    .bytes();
            Digest digest = Digest.sha256(bytes);
            store.store().write("test", session -> {
                store.store().content().put(digest, bytes);
                return session.write(transaction -> {
                    transaction.present(Node.blob(digest), bytes.length, MediaType.Known.OCI_INDEX, Instant.now());
                    return true;
                });
            });

            assertThat(store.verify()).isEmpty();
            store.repair();
            assertThat(store.catalogue().isRecorded(digest)).isFalse();
            assertThat(store.catalogue().needs(Node.blob(digest))).isEmpty();
        }

        @Test
        void imageIndexLeadsToNoMoreForHavingBeenRepaired() throws IOException, SQLException {
            FakeSource source = new FakeSource();
            Descriptor two = FakeImage.index(
                    source,
                    List.of(
                            FakeImage.gzip(source, "ours", 10).manifest(),
                            FakeImage.gzip(source, "other", 10).manifest()),
                    List.of(Platform.ofThisMachine(), Platform.parse("linux/s390x")));
            LayerPull layers = new LayerPull(store.store(), DecodeLimits.DEFAULTS, 1, TestStages::get);
            new Pull(store.store(), layers).pull(source, two, "docker.io/library/many:1", null, PullListener.NONE);
            Node index = Node.blob(two.digest());
            List<Edge> needs = store.catalogue().needs(index);
            assertThat(needs).as("what was pulled").hasSize(1);
            assertThat(store.verify()).isEmpty();
            store.sql("UPDATE node SET size = size + 1 WHERE id = " + id(index));

            assertRepairs();
            assertThat(store.catalogue().needs(index)).isEqualTo(needs);
        }

        @Test
        void mediaType() throws IOException, SQLException {
            Node manifest = store.manifest();
            store.sql("UPDATE node SET media_type = 'application/vnd.oci.image.config.v1+json' WHERE id = "
                    + id(manifest));

            assertFinds(subject(Kind.MISRECORDED, manifest));
            assertRepairs();
        }

        @ParameterizedTest
        @CsvSource({"BLOB", "CONFIG", "LAYER"})
        void presence(Edge.Role role) throws IOException, SQLException {
            Node node = store.part(role, 1 % (role == Edge.Role.CONFIG ? 1 : 2));
            store.sql("UPDATE node SET present = 0 WHERE id = " + id(node));

            assertFinds(subject(Kind.UNKNOWN, node));
            assertRepairs();
        }

        @Test
        void nameOfAnImageThatIsGone() throws IOException, SQLException {
            store.sql(
                    "PRAGMA foreign_keys = OFF",
                    "UPDATE tag SET image = 4711 WHERE name = '" + VerifiedStore.ONE + "'");

            assertThat(store.verify())
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.toString())
                            .startsWith("damaged catalogue.db: tag: got 1 rows whose image is not there"));
            assertRepairs();
            // index.json still knew.
            assertThat(store.catalogue().tag(VerifiedStore.ONE)).isPresent();
        }

        @Test
        void layerThatItForgot() throws IOException, SQLException {
            Node layer = VerifiedStore.layer(VerifiedStore.TOP);
            Node index = store.part(Edge.Role.INDEX, 0);
            Node manifest = store.manifest();
            store.sql("PRAGMA foreign_keys = ON", "DELETE FROM node WHERE id = " + id(layer));

            assertFinds(
                    subject(Kind.UNKNOWN, layer),
                    subject(Kind.MISRECORDED, index),
                    subject(Kind.MISRECORDED, manifest));
            assertRepairs();
        }

        @Test
        void rowThatMakesNoSense() throws IOException, SQLException {
            store.sql("UPDATE node SET digest = 'nonsense' WHERE id = " + id(VerifiedStore.layer(VerifiedStore.TOP)));

            assertThat(store.verify())
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.toString())
                            .startsWith("damaged catalogue.db: ")
                            .contains("nonsense"));
            assertRepairs();
        }

        @Test
        void fileThatIsNoCatalogueHidesNothingOfTheContent() throws IOException {
            store.close();
            Files.writeString(store.directory.resolve("catalogue.db"), "garbage".repeat(1_000));
            Node layer = VerifiedStore.layer(VerifiedStore.TOP);
            Damage.FLIPPED.happenTo(store.home(layer).resolve("tar"));

            assertFinds("damaged catalogue.db", subject(Kind.DAMAGED, layer));
            assertRepairs();
            assertThat(store.catalogue().tags("", "", 9)).hasSize(2);
        }

        @Test
        void noCatalogueAtAll() throws IOException {
            store.close();
            Files.delete(store.directory.resolve("catalogue.db"));

            assertFinds("missing catalogue.db");
            assertRepairs();
            assertThat(store.catalogue().tags("", "", 9)).hasSize(2);
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

    @Nested
    @DisplayName("An artifact")
    class Artifact {
        private static final String CHART = "docker.io/library/chart:1";
        private final FakeSource source = new FakeSource();
        private final FakeArtifact chart =
                FakeArtifact.of(source, "{}".getBytes(UTF_8), new byte[100_000], "notes".getBytes(UTF_8));

        private void pull(VerifiedStore into) {
            LayerPull layers = new LayerPull(into.store(), DecodeLimits.DEFAULTS, 1, TestStages::get);
            chart.pull(new Pull(into.store(), layers), source, CHART);
        }

        private Node content() {
            return Node.blob(chart.blobs().getFirst().digest());
        }

        @Test
        void isSoundAsItWasPulled() {
            pull(store);

            assertThat(store.verify()).isEmpty();
        }

        @Test
        void whoseBlobIsDamagedIsPulledAgain() throws IOException {
            pull(store);
            byte[] bytes = new byte[100_000];
            bytes[77] = 1;
            Files.write(store.home(content()), bytes);
            assertFinds(subject(Kind.DAMAGED, content()));

            assertThat(store.repair())
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.outcome())
                            .contains("quarantined")
                            .endsWith("pull " + CHART + " again"));
            pull(store);

            assertThat(store.verify()).isEmpty();
        }

        @Test
        void thatIsRecordedWronglyIsRecordedAgain() throws IOException, SQLException {
            pull(store);
            store.sql("DELETE FROM edge WHERE parent = (SELECT id FROM node WHERE digest = '"
                    + chart.manifest().digest() + "') AND role = 'blob' AND position = 1");
            Node manifest = Node.blob(chart.manifest().digest());
            assertFinds(subject(Kind.MISRECORDED, manifest));

            assertRepairs();

            assertThat(store.catalogue().needs(manifest)).hasSize(3);
        }

        @Test
        void needsItsBlobsWhereImagesCanDoWithoutTheirs() throws IOException {
            StoreOptions sparing = TestOptions.usual().keepBlobs(false).build();
            try (VerifiedStore lean = new VerifiedStore(temporary.resolve("lean"), sparing)) {
                pull(lean);
                lean.store()
                        .write(
                                "test",
                                session -> session.write(transaction -> {
                                    transaction.absent(content());
                                    return true;
                                }));
                lean.store().staging().remove(List.of(lean.home(content())));

                assertThat(subjects(lean.verify())).containsExactly(subject(Kind.MISSING, content()));
            }
        }
    }
}
