package io.varve.store;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.catalogue.Edge;
import io.varve.catalogue.Node;
import io.varve.decode.DecodeLimits;
import io.varve.failure.Failure;
import io.varve.image.Naming;
import io.varve.oci.Digest;
import io.varve.os.Durability;
import io.varve.os.Staging;
import io.varve.os.Unsynced;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.pipeline.Images;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.TestStages;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store with relaxed durability, after its process and after its machine. What the disk lost is taken away by hand. */
class RelaxedStoreIT {
    private static final String LOST = "docker.io/library/lost:latest";
    private static final String KEPT = "docker.io/library/kept:latest";

    @TempDir
    Path temporary;

    private final FakeSource source = new FakeSource();
    private final List<Store> opened = new ArrayList<>();
    private Path directory;
    private Store store;
    private FakeImage kept;
    private FakeImage lost;

    @BeforeEach
    void pull() {
        directory = temporary.resolve("store");
        store = open(Durability.RELAXED);
        kept = pull("kept", KEPT);
        lost = pull("lost", LOST);
        store.close();
    }

    @AfterEach
    void closeStores() {
        opened.forEach(Store::close);
    }

    private Store open(Durability durability) {
        Store another =
                new Store(directory, TestOptions.usual().durability(durability).build());
        opened.add(another);
        return another;
    }

    private FakeImage pull(String content, String name) {
        FakeImage image = FakeImage.gzip(source, content, 1_000);
        LayerPull flows = new LayerPull(store, DecodeLimits.DEFAULTS, 2, TestStages::get);
        new Pull(store, flows).pull(source, image.manifest(), name, null, PullListener.NONE);
        return image;
    }

    private Path note() {
        return directory.resolve("unsynced");
    }

    /** The machine is another one, as far as anybody can tell. */
    private void stopMachine() throws IOException {
        Files.writeString(note(), "another life", US_ASCII);
    }

    private static List<String> names(Store store) {
        return store.catalogue().orElseThrow().tags("", "", 100).stream()
                .map(tag -> tag.name())
                .toList();
    }

    private List<Path> content() throws IOException {
        List<Path> all = new ArrayList<>();
        for (String shelf : List.of("blobs", "layers", "images")) {
            try (Stream<Path> files = Files.walk(directory.resolve(shelf))) {
                files.filter(Files::isRegularFile).forEach(all::add);
            }
        }
        return all;
    }

    private List<Path> marked() throws IOException {
        List<Path> marked = new ArrayList<>();
        for (Path file : content()) {
            if (Unsynced.isMarked(file)) {
                marked.add(file);
            }
        }
        return marked;
    }

    private Path home(Node node) {
        return store.home(node);
    }

    private static Node layer(FakeImage image) {
        return Node.layer(image.layers().getFirst().diffId());
    }

    /** The size came to the disk, and its bytes did not. */
    private static void blank(Path file) throws IOException {
        Files.write(file, new byte[(int) Files.size(file)]);
    }

    @Test
    void whatIsNotOnTheDiskIsMarkedAndLeftAloneWhileTheMachineLives() throws IOException {
        assertThat(marked()).containsExactlyInAnyOrderElementsOf(content());
        blank(home(layer(lost)).resolve("tar"));

        Store next = open(Durability.RELAXED);
        next.write("test", session -> true);

        assertThat(names(next)).containsExactly(KEPT, LOST);
        assertThat(next.layers().find(layer(lost).digest())).isPresent();
    }

    @Test
    void machineThatStoppedTakesTheNamesOfWhatIsNotWholeAndNoOthers() throws IOException {
        blank(home(layer(lost)).resolve("tar"));
        stopMachine();

        Store next = open(Durability.RELAXED);
        next.write("test", session -> true);

        assertThat(names(next)).containsExactly(KEPT);
        assertThat(next.layers().find(layer(lost).digest())).isEmpty();
        assertThat(next.layers().find(layer(kept).digest())).isPresent();
        assertThat(marked()).isEmpty();
        assertThat(Files.readString(directory.resolve("index.json")))
                .contains(KEPT)
                .doesNotContain(LOST);
        store = next;
        pull("lost", LOST);
        assertThat(names(next)).containsExactly(KEPT, LOST);
    }

    @Test
    void interruptWhileItIsFoundOutTakesNothingAway() throws IOException {
        stopMachine();
        List<Path> before = content();
        Recovery recovery = new Recovery(store, new StoreFiles(directory));

        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(recovery::beforeTheCatalogue).isInstanceOf(ClosedByInterruptException.class);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }

        assertThat(content()).containsExactlyInAnyOrderElementsOf(before);
        assertThat(names(open(Durability.RELAXED))).containsExactly(KEPT, LOST);
    }

    @Test
    void whatIsOnTheDiskStaysWhenSomethingElseCouldNotBeWritten() throws IOException {
        new UnsyncedNote(new StoreFiles(directory)).distrust();
        blank(home(layer(lost)).resolve("tar"));

        Store next = open(Durability.RELAXED);
        next.write("test", session -> true);

        assertThat(names(next)).containsExactly(KEPT);
        assertThat(marked()).isEmpty();
        assertThat(new UnsyncedNote(new StoreFiles(directory)).isOfAnotherLife())
                .isFalse();
    }

    @Test
    void imageThatLostAPartGetsNoNameThoughALeaseKeepsIt() throws IOException {
        Node config = store
                .catalogue()
                .orElseThrow()
                .needs(Node.blob(lost.manifest().digest()))
                .stream()
                .filter(edge -> edge.role() == Edge.Role.CONFIG)
                .findFirst()
                .orElseThrow()
                .child();
        blank(home(config));
        stopMachine();
        Store next = open(Durability.RELAXED);
        LayerPull flows = new LayerPull(next, DecodeLimits.DEFAULTS, 2, TestStages::get);
        Naming naming = new Naming(next, new Images(next, flows, new Pull(next, flows)));
        assertThat(names(next)).containsExactly(KEPT);

        assertThatThrownBy(() -> naming.tag(lost.manifest().digest(), Naming.name("again")))
                .isInstanceOf(Failure.class)
                .hasMessage("NotFound: image " + lost.manifest().digest() + ": got no blob " + config.digest()
                        + ", which is a part of it; pull it again");
        naming.tag(kept.manifest().digest(), Naming.name("again"));
        assertThat(names(next)).containsExactly("docker.io/library/again:latest", KEPT);
    }

    @Test
    void changesThatAreNotWholeAreALayerThatIsNot() throws IOException {
        blank(home(layer(lost)).resolve("changes"));
        stopMachine();

        assertThat(names(open(Durability.RELAXED))).containsExactly(KEPT);
    }

    @Test
    void fileThatTheCatalogueCountsOnAndThatNeverCameTakesItsNamesToo() throws IOException {
        Files.delete(home(Node.blob(lost.manifest().digest())));
        stopMachine();

        Store next = open(Durability.RELAXED);

        assertThat(names(next)).containsExactly(KEPT);
        assertThat(next.catalogue().orElseThrow().find(Node.blob(lost.manifest().digest())))
                .hasValueSatisfying(entry -> assertThat(entry.present()).isFalse());
    }

    @Test
    void fileThatTheCatalogueHasForgottenGoes() throws IOException {
        byte[] bytes = "nobody's".getBytes(US_ASCII);
        Path file = home(Node.blob(Digest.sha256(bytes)));
        Files.write(file, bytes);
        stopMachine();

        assertThat(names(open(Durability.RELAXED))).containsExactly(KEPT, LOST);
        assertThat(file).doesNotExist();
    }

    @Test
    void indexThatIsNotWholeIsMadeAgain() throws IOException {
        List<Path> indexes =
                content().stream().filter(file -> file.endsWith("index")).toList();
        assertThat(indexes).hasSize(2);
        byte[] before = Files.readAllBytes(indexes.getFirst());
        blank(indexes.getFirst());
        stopMachine();

        assertThat(names(open(Durability.RELAXED))).containsExactly(KEPT, LOST);
        assertThat(indexes.getFirst()).hasBinaryContent(before);
    }

    @Test
    void indexThatNeverCameTakesNoName() throws IOException {
        Node index = Node.index(lost.chainId());
        Staging.delete(home(index));
        stopMachine();

        Store next = open(Durability.RELAXED);

        assertThat(names(next)).containsExactly(KEPT, LOST);
        assertThat(next.catalogue().orElseThrow().find(index))
                .hasValueSatisfying(entry -> assertThat(entry.present()).isFalse());
    }

    @Test
    void whatWasSyncedIsNotReadAgain() throws IOException {
        store.staging().syncPublished();
        assertThat(marked()).isEmpty();
        blank(home(layer(lost)).resolve("tar"));
        stopMachine();

        assertThat(names(open(Durability.RELAXED))).containsExactly(KEPT, LOST);
    }

    @Test
    void readersFindOutAsWell() throws IOException {
        blank(home(Node.blob(lost.manifest().digest())));
        stopMachine();

        assertThat(open(Durability.RELAXED).read(catalogue -> catalogue.tag(LOST)))
                .hasValueSatisfying(tag -> assertThat(tag).isEmpty());
        assertThat(Files.readString(note())).isNotEqualTo("another life");
    }

    @Test
    void whoeverLooksForContentAloneFindsOutAsWell() throws IOException {
        blank(home(layer(lost)).resolve("tar"));
        stopMachine();

        Store next = open(Durability.RELAXED);
        next.recover();

        assertThat(next.layers().find(layer(lost).digest())).isEmpty();
    }

    @Test
    void sessionWithFullDurabilityBringsAllOfItToTheDiskFirst() throws IOException {
        Store durable = open(Durability.FULL);
        durable.write("test", session -> true);

        assertThat(marked()).isEmpty();
        assertThat(note()).doesNotExist();
        assertThat(names(durable)).containsExactly(KEPT, LOST);
    }

    @Test
    void sessionWithFullDurabilityLooksAfterTheMachineStoppedToo() throws IOException {
        blank(home(layer(lost)).resolve("tar"));
        stopMachine();

        assertThat(names(open(Durability.FULL))).containsExactly(KEPT);
        assertThat(note()).doesNotExist();
    }

    @Test
    void catalogueThatIsGoneIsMadeAgainOfWhatIsWhole() throws IOException {
        blank(home(layer(lost)).resolve("tar"));
        try (Stream<Path> all = Files.list(directory)) {
            for (Path each : all.toList()) {
                if (each.getFileName().toString().startsWith("catalogue.db")) {
                    Files.delete(each);
                }
            }
        }
        stopMachine();

        Store next = open(Durability.RELAXED);
        next.write("test", session -> true);

        assertThat(next.layers().find(layer(lost).digest())).isEmpty();
        assertThat(names(next)).contains(KEPT);
    }

    @Test
    void whoeverCannotLookIsNotServed() {
        Store impatient =
                new Store(directory, TestOptions.usual().lockWait(Duration.ZERO).build());
        opened.add(impatient);

        store.write("in the way", session -> {
            try {
                stopMachine();
            } catch (IOException e) {
                throw Failure.from(e);
            }
            assertThatThrownBy(() -> impatient.read(catalogue -> catalogue.tag(KEPT)))
                    .isInstanceOf(Failure.class)
                    .hasMessageContaining("held by process");
            return true;
        });
    }
}
