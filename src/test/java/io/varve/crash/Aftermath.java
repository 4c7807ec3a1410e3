package io.varve.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.catalogue.Catalogue;
import io.varve.catalogue.Edge;
import io.varve.catalogue.Entry;
import io.varve.catalogue.Node;
import io.varve.catalogue.Tag;
import io.varve.erofs.ErofsLimits;
import io.varve.erofs.Indexes;
import io.varve.layerfs.Changes;
import io.varve.layerfs.Layer;
import io.varve.layout.NamedImage;
import io.varve.layout.OciLayout;
import io.varve.manifest.ImagePlan;
import io.varve.manifest.ImagePlanner;
import io.varve.manifest.LayerPlan;
import io.varve.manifest.MetadataCache;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import io.varve.os.Durability;
import io.varve.os.Staging;
import io.varve.pipeline.PullListener;
import io.varve.store.Store;
import io.varve.verify.Finding;
import io.varve.verify.VerifyListener;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The examination of a store whose writer died: what a new process finds, what it makes of it, and that nothing is left
 * that nobody could ever remove. The store is empty afterwards.
 */
final class Aftermath {
    private static final int PIECE = 64 << 10;
    private static final Duration MUCH_LATER = Duration.ofDays(365);

    private final Path directory;
    private final OciLayout layout;
    private final Path scratch;
    private final Parts parts;
    private final Store store;
    private final Durability durability;

    /**
     * @param layout that the images were pulled from
     * @param scratch an empty directory, for indexes to compare with
     */
    Aftermath(Path directory, Path layout, Path scratch, Durability durability) {
        this.directory = directory;
        this.layout = OciLayout.open(layout, Json.DEFAULT_LIMIT);
        this.scratch = scratch;
        this.durability = durability;
        parts = Parts.of(directory, Duration.ofDays(1), durability);
        store = parts.store();
    }

    /**
     * @param meanings what each name may mean, as {@link Facts} has it; other names there are none
     * @param pullFirst whether everything is pulled into what is left, or into what the collection leaves of that
     */
    void examine(Map<String, Set<String>> meanings, boolean pullFirst) throws IOException {
        try {
            look(meanings, pullFirst);
        } finally {
            store.close();
        }
    }

    private void look(Map<String, Set<String>> meanings, boolean pullFirst) throws IOException {
        if (durability == Durability.FULL) {
            everyFileIsWhole();
        }
        // As a reader, who takes no lock and repairs nothing; but finds out what is not whole, where that may be.
        store.catalogue().ifPresent(catalogue -> namesMeanWhatWasSaid(catalogue, meanings));
        store.close();
        if (durability == Durability.RELAXED) {
            everyFileIsWhole();
        }

        store.write("examination", session -> {
            namesMeanWhatWasSaid(session.catalogue(), meanings);
            return true;
        });
        indexOfTheLayoutSaysWhatTheCatalogueSays();
        onlyWhatCanBeResumedIsOnItsWay();
        verificationFindsNothingWrong();

        if (pullFirst) {
            pullEverything();
        } else {
            catalogueCanBeMadeAgain(meanings);
        }
        collectEverything();
        if (!pullFirst) {
            pullEverything();
            collectEverything();
        }
        nothingIsOnItsWayForEver();
    }

    private void everyFileIsWhole() throws IOException {
        for (Path blob : files("blobs")) {
            assertThat(digestOf(blob)).as("bytes of %s", blob).isEqualTo(digestAt(blob));
        }
        for (Path file : files("layers")) {
            assertThat(file.getFileName().toString()).as("%s", file).isIn("tar", "changes");
        }
        for (Path home : homes("layers")) {
            assertThat(digestOf(home.resolve("tar"))).as("tar of %s", home).isEqualTo(digestAt(home));
            Changes changes = Changes.open(home.resolve("changes"));
            assertThat(changes.tarBytes()).isEqualTo(Files.size(home.resolve("tar")));
            int[] count = {0};
            changes.forEach(change -> count[0]++);
            assertThat(count[0]).as("changes of %s", home).isEqualTo(changes.count());
        }
        for (Path home : homes("images")) {
            assertThat(files(home)).as("files of %s", home).containsExactly(home.resolve("index"));
        }
    }

    private void namesMeanWhatWasSaid(Catalogue catalogue, Map<String, Set<String>> meanings) {
        Map<String, Tag> found = new TreeMap<>();
        catalogue.tags("", "", Integer.MAX_VALUE).forEach(tag -> found.put(tag.name(), tag));
        assertThat(meanings.keySet()).as("names that somebody gave").containsAll(found.keySet());
        meanings.forEach((name, possible) -> {
            Tag tag = found.get(name);
            assertThat(tag == null ? Facts.NONE : tag.image().digest().toString())
                    .as("meaning of %s", name)
                    .isIn(possible);
        });
        found.values().forEach(tag -> {
            try {
                isComplete(catalogue, tag);
            } catch (IOException | RuntimeException e) {
                throw new AssertionError("image of " + tag, e);
            }
        });
    }

    /** Files were looked at already; here it is about whether they are there, and known. */
    private void isComplete(Catalogue catalogue, Tag tag) throws IOException {
        List<Descriptor> documents = new ArrayList<>();
        ImagePlan plan = new ImagePlanner(
                        (descriptor, limit) -> {
                            documents.add(descriptor);
                            return store.content().read(descriptor, limit);
                        },
                        MetadataCache.off(),
                        store.options().plan())
                .plan(tag.image(), SampleImages.PLATFORM);
        documents.forEach(document -> isThere(catalogue, Node.blob(document.digest()), document.size()));
        List<Layer> stack = new ArrayList<>();
        for (LayerPlan planned : plan.layers()) {
            Descriptor blob = planned.blob();
            isThere(catalogue, Node.blob(blob.digest()), blob.size());
            assertThat(store.content().find(blob.digest())).as("blob %s", blob).isPresent();
            Layer layer = store.layers().find(planned.diffId()).orElseThrow(() -> new AssertionError(planned));
            isThere(catalogue, Node.layer(layer.diffId()), layer.size());
            stack.add(layer);
        }
        Digest chainId = plan.chainId().digest();
        Path index = store.indexes().find(chainId).orElseThrow(() -> new AssertionError("index " + chainId));
        isThere(catalogue, Node.index(chainId), Files.size(index));
        assertThat(store.indexes().tree(chainId, stack))
                .as("tree of index %s", index)
                .isPresent();
        Indexes fresh = new Indexes(scratch, new Staging(scratch.resolve("ingest")), ErofsLimits.DEFAULTS);
        assertThat(index)
                .hasSameBinaryContentAs(
                        fresh.index(chainId, stack, () -> store.layers().merge(stack)));
        assertThat(catalogue.needs(Node.blob(plan.descriptor().digest())))
                .as("what the catalogue knows %s to need", plan.descriptor())
                .hasSize(2 + 2 * stack.size())
                .contains(new Edge(Node.blob(plan.descriptor().digest()), Edge.Role.INDEX, 0, Node.index(chainId)));
    }

    private static void isThere(Catalogue catalogue, Node node, long size) {
        Entry entry = catalogue.find(node).orElseThrow(() -> new AssertionError("unknown: " + node));
        assertThat(entry.present()).as("%s is there", node).isTrue();
        assertThat(entry.size()).as("size of %s", node).isEqualTo(size);
    }

    private void indexOfTheLayoutSaysWhatTheCatalogueSays() {
        Map<String, Digest> listed = new TreeMap<>();
        for (NamedImage image : OciLayout.open(directory, Json.DEFAULT_LIMIT).images()) {
            listed.put(String.valueOf(image.name()), image.descriptor().digest());
        }
        assertThat(listed).as("index.json").isEqualTo(names());
    }

    private void verificationFindsNothingWrong() {
        List<Finding> findings = Collections.synchronizedList(new ArrayList<>());
        parts.verifier().verify(new VerifyListener() {
            @Override
            public void found(Finding finding) {
                findings.add(finding);
            }
        });
        // What came a moment before the death, and what was about to be taken, the catalogue may not count as there.
        findings.removeIf(finding -> finding.kind() == Finding.Kind.MISRECORDED);
        assertThat(findings).as("findings").isEmpty();
    }

    private void catalogueCanBeMadeAgain(Map<String, Set<String>> meanings) throws IOException {
        Map<String, Digest> before = names();
        store.close();
        for (String end : List.of("", "-wal", "-shm")) {
            Files.deleteIfExists(directory.resolve("catalogue.db" + end));
        }
        store.write("examination", session -> {
            namesMeanWhatWasSaid(session.catalogue(), meanings);
            return true;
        });
        assertThat(names()).as("names").isEqualTo(before);
    }

    private Map<String, Digest> names() {
        Map<String, Digest> names = new TreeMap<>();
        store.catalogue()
                .orElseThrow()
                .tags("", "", Integer.MAX_VALUE)
                .forEach(tag -> names.put(tag.name(), tag.image().digest()));
        return names;
    }

    private void onlyWhatCanBeResumedIsOnItsWay() throws IOException {
        for (Path each : children("ingest")) {
            assertThat(each.getFileName().toString()).startsWith("blob-sha256-");
            assertThat(files(each)).contains(each.resolve("data"), each.resolve("state"));
        }
    }

    private void pullEverything() throws IOException {
        List<NamedImage> images = layout.images();
        for (NamedImage image : images) {
            parts.pull()
                    .pull(
                            new UnreliableSource(layout, 1),
                            image.descriptor(),
                            "again/" + image.name(),
                            SampleImages.PLATFORM,
                            PullListener.NONE);
        }
        everyFileIsWhole();
        Catalogue catalogue = store.catalogue().orElseThrow();
        List<Tag> tags = catalogue.tags("again/", "", Integer.MAX_VALUE);
        assertThat(tags).hasSameSizeAs(images);
        for (Tag tag : tags) {
            isComplete(catalogue, tag);
        }
    }

    private void collectEverything() throws IOException {
        store.write("rm", session -> {
            List<Tag> tags = session.catalogue().tags("", "", Integer.MAX_VALUE);
            return session.write(transaction -> {
                tags.forEach(tag -> transaction.untag(tag.name()));
                return true;
            });
        });
        parts.collector().collect(Instant.now().plus(MUCH_LATER));
        for (String shelf : List.of("blobs", "layers", "images")) {
            assertThat(homes(shelf)).as("what nothing needs in %s", shelf).isEmpty();
        }
        assertThat(store.catalogue().orElseThrow().nodes()).isEmpty();
    }

    private void nothingIsOnItsWayForEver() throws IOException {
        Store impatient = Parts.of(directory, Duration.ZERO).store();
        impatient.write("sweep", session -> true);
        impatient.close();
        store.close();
        assertThat(children("ingest")).as("what is on its way").isEmpty();
        assertThat(directory.resolve("quarantine")).doesNotExist();
    }

    private List<Path> children(String name) throws IOException {
        Path place = directory.resolve(name);
        if (!Files.isDirectory(place)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(place)) {
            return children.toList();
        }
    }

    /** What has a digest for its name. */
    private List<Path> homes(String shelf) throws IOException {
        List<Path> homes = new ArrayList<>();
        for (Path algorithm : children(shelf)) {
            try (Stream<Path> places = Files.list(algorithm)) {
                homes.addAll(places.toList());
            }
        }
        return homes;
    }

    private List<Path> files(String shelf) throws IOException {
        return files(directory.resolve(shelf));
    }

    private static List<Path> files(Path place) throws IOException {
        if (!Files.isDirectory(place)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(place)) {
            return all.filter(each -> !Files.isDirectory(each)).toList();
        }
    }

    private static Digest digestAt(Path place) {
        return Digest.parse(Objects.requireNonNull(place.getParent()).getFileName() + ":" + place.getFileName());
    }

    private static Digest digestOf(Path file) throws IOException {
        MessageDigest hash = Digest.Algorithm.SHA256.hash();
        // Not mapped: a map holds its filesystem until it is collected.
        try (InputStream in = Files.newInputStream(file)) {
            byte[] piece = new byte[PIECE];
            for (int got = in.read(piece); got > 0; got = in.read(piece)) {
                hash.update(piece, 0, got);
            }
        }
        return Digest.of(Digest.Algorithm.SHA256, hash);
    }
}
