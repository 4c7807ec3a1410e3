package io.varve.catalogue;

import static io.varve.catalogue.SampleImage.NOW;
import static io.varve.catalogue.SampleImage.diffId;
import static io.varve.catalogue.SampleImage.digest;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.Index;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogueIT {
    private static final Instant LATER = NOW.plus(Duration.ofHours(1));
    private static final SampleImage DEBIAN = SampleImage.of("base");
    private static final SampleImage APP = SampleImage.of("base", "app");

    @TempDir
    Path directory;

    private CatalogueWriter writer;
    private Catalogue catalogue;

    @BeforeEach
    void open() {
        writer = CatalogueWriter.open(directory.resolve("catalogue.db"));
        catalogue = writer.catalogue();
    }

    @AfterEach
    void close() {
        writer.close();
    }

    private void write(Consumer<Transaction> work) {
        writer.write(transaction -> {
            work.accept(transaction);
            return true;
        });
    }

    private void store(SampleImage image, String... names) {
        write(t -> {
            image.store(t, NOW);
            for (String name : names) {
                t.tag(name, image.digest(), NOW);
            }
        });
    }

    private List<Node> garbage(Instant now, Node... roots) {
        return catalogue.garbage(List.of(roots), now).stream().map(Entry::node).toList();
    }

    @Test
    void nodeThatIsPresentIsFoundWithItsSizeAndType() {
        Node blob = Node.blob(digest("blob"));
        assertThat(catalogue.find(blob)).isEmpty();

        write(t -> t.present(blob, 7, MediaType.Known.OCI_CONFIG, NOW));
        assertThat(catalogue.find(blob)).contains(new Entry(blob, 7, MediaType.Known.OCI_CONFIG, true, NOW));
        assertThat(catalogue.find(Node.layer(blob.digest()))).isEmpty();

        write(t -> t.absent(blob));
        assertThat(catalogue.find(blob)).contains(new Entry(blob, 7, MediaType.Known.OCI_CONFIG, false, NOW));
    }

    @Test
    void manifestNeedsItsConfigurationBlobsLayersAndIndex() {
        write(t -> APP.record(t, NOW));
        Node manifest = APP.node();
        assertThat(catalogue.needs(manifest))
                .containsExactlyInAnyOrder(
                        new Edge(manifest, Edge.Role.CONFIG, 0, APP.blobs().get(1)),
                        new Edge(manifest, Edge.Role.BLOB, 0, APP.blobs().get(2)),
                        new Edge(manifest, Edge.Role.BLOB, 1, APP.blobs().get(3)),
                        new Edge(manifest, Edge.Role.LAYER, 0, Node.layer(diffId("base"))),
                        new Edge(manifest, Edge.Role.LAYER, 1, Node.layer(diffId("app"))),
                        new Edge(manifest, Edge.Role.INDEX, 0, Node.index(APP.chainId())));
        assertThat(catalogue.needs(Node.index(APP.chainId())))
                .extracting(Edge::position, Edge::child)
                .containsExactly(tuple(0, Node.layer(diffId("base"))), tuple(1, Node.layer(diffId("app"))));
        assertThat(catalogue.nodes()).hasSize(7).allMatch(entry -> !entry.present());
    }

    private List<Node> missing(Digest image) {
        return writer.write(t -> t.missing(image)).stream().toList();
    }

    @Test
    void layerMayBeItsBlobOrItsTarAndAllElseHasToBeThere() {
        store(APP);
        Node config = APP.blobs().get(1);
        Node blob = APP.blobs().get(3);
        Node tar = Node.layer(diffId("app"));
        assertThat(missing(APP.digest())).isEmpty();

        write(t -> t.absent(blob));
        assertThat(missing(APP.digest())).isEmpty();
        write(t -> t.absent(tar));
        assertThat(missing(APP.digest())).containsExactly(blob);
        write(t -> t.present(blob, SampleImage.BLOB_BYTES, null, NOW));
        assertThat(missing(APP.digest())).isEmpty();
        write(t -> t.absent(config));
        assertThat(missing(APP.digest())).containsExactly(config);
    }

    @Test
    void imageIndexLacksNothingWhileTheImagesThatCameAreWhole() {
        SampleImage arm = SampleImage.on("linux/arm64", "arm");
        Index index = Index.of(List.of(DEBIAN.descriptor(), arm.descriptor()));
        Descriptor both = SampleImage.index(index);
        store(DEBIAN);
        write(t -> t.index(both, index, NOW));
        assertThat(missing(both.digest())).isEmpty();

        Node config = DEBIAN.blobs().get(1);
        write(t -> t.absent(config));
        assertThat(missing(both.digest())).containsExactly(config);
        write(t -> t.absent(DEBIAN.node()));
        assertThat(missing(both.digest())).containsExactly(DEBIAN.node());
    }

    private static Manifest saying(Descriptor subject, int what) {
        ObjectNode json = Manifest.of(APP.manifest().config(), List.of()).toJson();
        json.put("artifactType", "a/" + what).set("subject", subject.toJson());
        return (Manifest) Document.parse(Json.write(json), Json.DEFAULT_LIMIT);
    }

    private static Descriptor descriptor(Document document) {
        return Descriptor.of(document.mediaType(), Digest.sha256(document.bytes()), document.bytes().length);
    }

    @Test
    void referrersAreThoseThatTheRepositoryHas() {
        Descriptor subject = APP.descriptor();
        List<Manifest> all =
                IntStream.range(0, 5).mapToObj(i -> saying(subject, i)).toList();
        List<Descriptor> each = all.stream().map(CatalogueIT::descriptor).toList();
        Index index = Index.of(List.of(each.get(2)));
        write(t -> {
            for (int i = 0; i < all.size(); i++) {
                t.artifact(each.get(i), all.get(i), NOW);
            }
            t.pushed("a.example/app", Node.blob(each.get(0).digest()), 0);
            t.tag("a.example/app:1", each.get(1).digest(), NOW);
            t.index(descriptor(index), index, NOW);
            t.tag("a.example/app:2", descriptor(index).digest(), NOW);
            t.pushed("a.example/app2", Node.blob(each.get(3).digest()), 0);
            t.tag("a.example/app2:1", each.get(4).digest(), NOW);
        });

        List<Digest> ours = catalogue.referrers(subject.digest(), "a.example/app", null, "", 9);

        assertThat(ours)
                .containsExactlyInAnyOrder(
                        each.get(0).digest(), each.get(1).digest(), each.get(2).digest());
        assertThat(catalogue.referrers(
                        subject.digest(), "a.example/app", null, ours.getFirst().toString(), 1))
                .containsExactly(ours.get(1));
        assertThat(catalogue.referrers(subject.digest(), "a.example/app", "a/1", "", 9))
                .containsExactly(each.get(1).digest());
        assertThat(catalogue.referrers(subject.digest(), "a.example", null, "", 9))
                .isEmpty();
    }

    @Test
    void recordingAgainChangesNothing() {
        store(APP, "app");
        List<Entry> nodes = catalogue.nodes();
        write(t -> {
            APP.record(t, LATER);
            t.tag("app", APP.digest(), LATER);
        });
        assertThat(catalogue.nodes()).isEqualTo(nodes);
        assertThat(catalogue.tag("app")).contains(new Tag("app", APP.descriptor(), NOW));
    }

    @Test
    void whatOthersCallAnImageIsNotWhatItIs() {
        SampleImage hostile = SampleImage.of("hostile");
        Descriptor lie = Descriptor.of(MediaType.Known.OCI_LAYER, APP.digest(), 5);
        Manifest lying = Manifest.of(hostile.manifest().config(), List.of(lie));
        write(t -> t.manifest(hostile.descriptor(), lying, hostile.config(), hostile.platform(), NOW));
        store(APP, "app");
        write(t -> {
            t.manifest(hostile.descriptor(), lying, hostile.config(), hostile.platform(), NOW);
            t.present(APP.node(), SampleImage.BLOB_BYTES, MediaType.Known.OCI_LAYER, NOW);
        });
        assertThat(catalogue.tag("app").orElseThrow().image()).isEqualTo(APP.descriptor());
    }

    @Test
    void layerMayOccurTwice() {
        SampleImage twice = SampleImage.of("base", "base");
        store(twice, "twice");
        assertThat(catalogue.needs(twice.node()))
                .filteredOn(edge -> edge.role() == Edge.Role.LAYER)
                .extracting(Edge::position)
                .containsExactly(0, 1);
        assertThat(catalogue.images()).singleElement().satisfies(image -> {
            assertThat(image.blobBytes()).isEqualTo(3_000);
            assertThat(image.tarBytes()).isEqualTo(10_000);
        });
    }

    @Test
    void imageIndexListsWhatMayNotBeThereAndSkipsWhatCannotBeVerified() throws Exception {
        SampleImage arm = SampleImage.on("linux/arm64", "base");
        Index two = Index.of(List.of(DEBIAN.descriptor(), arm.descriptor()));
        var json = two.toJson();
        ((ObjectNode) json.path("manifests").path(0)).put("digest", "sha3:00");
        Index index = (Index) Document.parse(new ObjectMapper().writeValueAsBytes(json), Json.DEFAULT_LIMIT);
        Descriptor descriptor = SampleImage.index(index);

        write(t -> t.index(descriptor, index, NOW));
        assertThat(catalogue.needs(Node.blob(descriptor.digest())))
                .containsExactly(new Edge(Node.blob(descriptor.digest()), Edge.Role.MANIFEST, 1, arm.node()));
        assertThat(catalogue.find(arm.node()).orElseThrow().present()).isFalse();
    }

    @Test
    void tagIsGivenMovedAndTaken() {
        store(DEBIAN, "a");
        store(APP);
        write(t -> t.tag("a", APP.digest(), LATER));
        assertThat(catalogue.tag("a")).contains(new Tag("a", APP.descriptor(), LATER));
        assertThat(catalogue.names(APP.digest())).containsExactly("a");
        assertThat(catalogue.names(DEBIAN.digest())).isEmpty();
        assertThat(writer.<Boolean>write(t -> t.untag("a"))).isTrue();
        assertThat(writer.<Boolean>write(t -> t.untag("a"))).isFalse();
        assertThat(catalogue.tag("a")).isEmpty();
    }

    @Test
    void refusesTagOfWhatIsNotRecorded() {
        write(t -> t.present(DEBIAN.node(), 1, null, NOW));
        assertThatThrownBy(() -> write(t -> t.tag("a", DEBIAN.digest(), NOW)))
                .isInstanceOfSatisfying(
                        Failure.class, e -> assertThat(e.category()).isEqualTo(Category.NOT_FOUND))
                .hasMessageContaining(DEBIAN.digest().toString());
    }

    @Test
    void leaseKeepsUntilItExpiresOrIsReleased() {
        Node blob = Node.blob(digest("blob"));
        long lease = writer.<Long>write(t -> t.lease(0, List.of(blob), LATER));
        assertThat(garbage(NOW)).isEmpty();
        assertThat(garbage(LATER)).containsExactly(blob);
        write(t -> t.release(lease));
        assertThat(garbage(NOW)).containsExactly(blob);
    }

    @Test
    void leaseOfJobKeepsWhileItRuns() {
        Node blob = Node.blob(digest("blob"));
        long job = writer.<Long>write(t -> {
            long began = t.begin("pull", "docker.io/library/debian", NOW);
            t.lease(began, List.of(blob), NOW);
            return began;
        });
        assertThat(garbage(LATER)).isEmpty();
        write(t -> t.end(job));
        assertThat(garbage(LATER)).containsExactly(blob);
    }

    @Test
    void imageThatIsReleasedTakesNothingFromThoseWhoBringAnotherOne() {
        store(DEBIAN);
        Node shared = Node.layer(diffId("base"));
        Node pushed = DEBIAN.blobs().getLast();
        write(t -> {
            t.lease(0, DEBIAN.nodes(), LATER);
            t.lease(t.begin("pull", "app", NOW), List.of(APP.node(), shared), LATER);
            t.lease(0, List.of(pushed), LATER);
        });
        assertThat(garbage(NOW)).isEmpty();

        write(t -> t.release(DEBIAN.node(), DEBIAN.nodes()));

        assertThat(garbage(NOW)).contains(DEBIAN.node()).doesNotContain(shared, pushed, APP.node());
        write(t -> t.forget(garbage(NOW), NOW));
        assertThat(catalogue.find(shared)).isPresent();
        assertThat(catalogue.find(pushed)).isPresent();
    }

    @Test
    void forgetForgetsGarbageOnly() {
        store(DEBIAN, "debian");
        store(APP);
        List<Node> dead = garbage(NOW);
        assertThat(dead)
                .containsExactlyInAnyOrder(
                        APP.node(),
                        APP.blobs().get(1),
                        APP.blobs().get(3),
                        Node.layer(diffId("app")),
                        Node.index(APP.chainId()));
        write(t -> t.forget(APP.nodes(), NOW));
        assertThat(catalogue.nodes()).extracting(Entry::node).containsExactlyInAnyOrderElementsOf(DEBIAN.nodes());
        assertThat(garbage(NOW)).isEmpty();
    }

    @Test
    void whyTellsTheShortestWay() {
        store(APP, "app");
        Digest base = diffId("base");
        assertThat(catalogue.why(base, Map.of(), NOW)).singleElement().satisfies(reason -> {
            assertThat(reason.root()).isEqualTo("tag app");
            assertThat(reason.chain()).containsExactly(new Edge(APP.node(), Edge.Role.LAYER, 0, Node.layer(base)));
            assertThat(reason.node()).isEqualTo(Node.layer(base));
        });
    }

    @Test
    void whyNamesTagsLeasesJobsAndViewsInThisOrder() {
        store(APP, "b", "a");
        write(t -> {
            t.lease(0, List.of(APP.node()), LATER);
            t.lease(
                    t.begin("pull", "docker.io/library/app", NOW),
                    List.of(APP.blobs().get(2)),
                    NOW);
        });
        Node view = Node.index(APP.chainId());
        assertThat(catalogue.why(diffId("base"), Map.of(view, "view on /mnt"), NOW))
                .extracting(Reason::root)
                .containsExactly("tag a", "tag b", "lease until 2026-11-22T19:00:00Z", "view on /mnt");
        assertThat(catalogue.why(APP.blobs().get(2).digest(), Map.of(), LATER))
                .extracting(Reason::root)
                .containsExactly("tag a", "tag b", "job pull docker.io/library/app since 2026-11-22T18:00:00Z");
        assertThat(catalogue.why(digest("nothing"), Map.of(), NOW)).isEmpty();
    }

    @Test
    void imagesAreListedByNameThenThoseThatOnlyLeasesKeep() {
        SampleImage arm = SampleImage.on("linux/arm64", "base");
        SampleImage riscv = SampleImage.on("linux/riscv64", "other");
        Index index = Index.of(List.of(DEBIAN.descriptor(), arm.descriptor(), riscv.descriptor()));
        Descriptor all = SampleImage.index(index);
        store(DEBIAN);
        store(arm, "arm");
        store(APP);
        write(t -> {
            t.index(all, index, NOW);
            t.present(Node.blob(all.digest()), 500, null, NOW);
            t.tag("all", all.digest(), LATER);
            t.lease(0, List.of(APP.node(), DEBIAN.node()), LATER);
            t.used(arm.node(), LATER);
        });
        assertThat(catalogue.images(NOW))
                .containsExactly(
                        new StoredImage(
                                "all",
                                Descriptor.of(all.mediaType(), all.digest(), 500),
                                List.of("linux/amd64", "linux/arm64"),
                                500 + 2 * 1_000 + 2 * 1_000 + 1_000,
                                10_000,
                                LATER,
                                NOW),
                        new StoredImage("arm", arm.descriptor(), List.of("linux/arm64"), 3_000, 10_000, NOW, LATER),
                        new StoredImage(null, APP.descriptor(), List.of("linux/amd64"), 4_000, 20_000, NOW, NOW));
        assertThat(catalogue.images(LATER)).extracting(StoredImage::name).containsExactly("all", "arm");

        write(t -> t.absent(Node.layer(diffId("base"))));
        assertThat(catalogue.images(LATER)).extracting(StoredImage::tarBytes).containsExactly(0L, 0L);
    }

    @Test
    void tagsWithPrefixAreThoseThatBeginSoWhateverTheirLetters() {
        List<String> names = List.of(
                "a",
                "a%",
                "a%b",
                "a_",
                "ab",
                "a\\",
                "A",
                "a\uD7FFx",
                "a\uE000",
                "b",
                "\uD7FF",
                "\uE000",
                "é",
                "\uFFFF",
                "\uFFFFz",
                "\uDBFF\uDFFF",
                "\uDBFF\uDFFFz",
                "'",
                "\"; --",
                "a\u0000b");
        store(DEBIAN, names.toArray(String[]::new));
        for (String prefix :
                List.of("", "a", "a%", "a_", "A", "a\uD7FF", "\uD7FF", "\uFFFF", "\uDBFF\uDFFF", "a\\", "z")) {
            List<String> wanted = names.stream()
                    .filter(name -> name.startsWith(prefix))
                    .sorted((x, y) -> Arrays.compareUnsigned(x.getBytes(UTF_8), y.getBytes(UTF_8)))
                    .toList();
            assertThat(catalogue.tags(prefix, "", 100))
                    .as("prefix %s", prefix)
                    .extracting(Tag::name)
                    .isEqualTo(wanted);
            List<String> paged = new ArrayList<>();
            String after = "";
            for (List<Tag> page = catalogue.tags(prefix, after, 2);
                    !page.isEmpty();
                    page = catalogue.tags(prefix, after, 2)) {
                page.forEach(tag -> paged.add(tag.name()));
                after = paged.getLast();
            }
            assertThat(paged).isEqualTo(wanted);
        }
        assertThat(catalogue.tags("", "", 0)).isEmpty();
    }

    @Test
    void blobsOfLayerAreThoseThatAreThere() {
        store(APP);
        Digest blob = APP.blobs().get(3).digest();
        assertThat(catalogue.blobsOf(diffId("app"))).containsExactly(blob);
        write(t -> t.absent(Node.blob(blob)));
        assertThat(catalogue.blobsOf(diffId("app"))).isEmpty();
    }

    @Test
    void sourcesOfBlobAreToldLatestFirst() {
        Digest blob = digest("blob");
        write(t -> {
            t.source(blob, "docker.io/library/a", NOW);
            t.source(blob, "quay.io/b", NOW.plusMillis(1));
            t.source(blob, "docker.io/library/a", LATER);
        });
        assertThat(catalogue.sources(blob)).containsExactly("docker.io/library/a", "quay.io/b");
        assertThat(catalogue.sources(digest("other"))).isEmpty();
        write(t -> t.forget(List.of(Node.blob(blob)), NOW));
        assertThat(catalogue.sources(blob)).isEmpty();
    }

    @Test
    void imageWithForgottenPartIsTaggedOnlyOnceItIsRecordedAgain() {
        store(APP);
        Node blob = APP.blobs().get(3);
        write(t -> t.forget(List.of(blob), NOW));
        assertThatThrownBy(() -> write(t -> t.tag("app", APP.digest(), NOW))).hasMessageStartingWith("NotFound: ");
        store(APP, "app");
        assertThat(garbage(NOW)).isEmpty();
    }

    @Test
    void numbersAreNotUsedAgain() {
        long first = writer.<Long>write(t -> t.lease(0, List.of(), NOW));
        write(t -> t.release(first));
        assertThat(writer.<Long>write(t -> t.lease(0, List.of(), NOW))).isGreaterThan(first);
        long job = writer.<Long>write(t -> t.begin("pull", "a", NOW));
        write(Transaction::endAll);
        assertThat(writer.<Long>write(t -> t.begin("pull", "a", NOW))).isGreaterThan(job);
    }

    @Test
    void timesThatNoClockShowsAreKeptAsFarAsTheyGo() {
        Node blob = Node.blob(digest("blob"));
        write(t -> t.lease(0, List.of(blob), Instant.MAX));
        assertThat(garbage(LATER)).isEmpty();
        assertThat(catalogue.why(blob.digest(), Map.of(), NOW)).hasSize(1);
        write(t -> t.used(blob, Instant.MIN));
        assertThat(catalogue.find(blob).orElseThrow().used()).isEqualTo(Instant.EPOCH);
    }

    @Test
    void writerFindsWhatTheLastOneWrote() {
        store(APP, "app");
        writer.close();
        assertThat(directory).isDirectoryNotContaining("glob:**-wal");
        open();
        assertThat(catalogue.tag("app")).isPresent();
    }
}
