package io.varve.pipeline;

import static io.varve.pipeline.FakeSource.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.catalogue.Entry;
import io.varve.catalogue.Node;
import io.varve.catalogue.StoredImage;
import io.varve.catalogue.Transaction;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Whole images on their way into a store, and what it knows of them at any time. */
class PullIT extends PullWorld {
    private static final int PATIENCE_S = 60;

    private void write(Consumer<Transaction> work) {
        store.write(
                "test",
                session -> session.write(transaction -> {
                    work.accept(transaction);
                    return true;
                }));
    }

    @Test
    void namedImageIsThereWithAllThatItNeeds() {
        FakeImage fake = FakeImage.gzip(source, "f", 1_000, 300_000);

        Image image = pull(fake.manifest(), NAME);

        assertThat(catalogue().tag(NAME).orElseThrow().image()).isEqualTo(fake.manifest());
        assertThat(fake.blobs()).allMatch(this::has);
        assertThat(image.layers())
                .hasSize(2)
                .allSatisfy(layer -> assertThat(layer.tar()).exists());
        assertThat(store.indexes().find(fake.chainId())).contains(image.index());
        assertThat(image.tree().entries()).isEqualTo(2);
        assertThat(catalogue().nodes()).hasSize(4 + 2 + 1).allMatch(Entry::present);
        assertThat(catalogue().find(Node.blob(fake.manifest().digest())).orElseThrow())
                .returns(fake.manifest().size(), Entry::size)
                .returns(MediaType.Known.OCI_MANIFEST, Entry::mediaType);
        assertThat(catalogue().sources(fake.layers().getFirst().blob().digest()))
                .containsExactly("docker://fake/source");
        assertThat(new Images(store, flows, pull)
                        .open(Reference.normalized("app"), null, PullListener.NONE)
                        .chainId())
                .isEqualTo(fake.chainId());
    }

    @Test
    void nameIsAllThatKeepsANamedImage() {
        FakeImage fake = FakeImage.gzip(source, "f", 10);
        pull(fake.manifest(), NAME);
        assertThat(fake.blobs())
                .allSatisfy(blob -> assertThat(kept(blob.digest())).containsExactly("tag " + NAME));

        write(transaction -> transaction.untag(NAME));

        assertThat(catalogue().garbage(List.of(), Instant.now())).hasSize(5);
    }

    @Test
    void imageWithoutANameIsLeased() {
        FakeImage fake = FakeImage.gzip(source, "f", 10);

        pull(fake.manifest(), null);

        assertThat(catalogue().images()).hasSize(1).first().returns(null, StoredImage::name);
        assertThat(fake.blobs())
                .allSatisfy(blob -> assertThat(kept(blob.digest())).allMatch(root -> root.startsWith("lease until ")));
        assertThat(catalogue().garbage(List.of(), Instant.now())).isEmpty();
        assertThat(catalogue().garbage(List.of(), afterTheLease())).hasSize(5);
    }

    @Test
    void nameIsSeenOnlyWhenEverythingIsThere() {
        FakeImage fake = FakeImage.gzip(source, "f", 300_000, 300_000);
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        fake.layers()
                .forEach(layer -> source.before(layer.blob(), () -> {
                    catalogue().tags("", "", 10).forEach(tag -> seen.add(tag.name()));
                    seen.addAll(namesInIndex());
                }));
        pull(fake.manifest(), NAME);

        assertThat(seen).isEmpty();
        assertThat(namesInIndex()).containsExactly(NAME);
    }

    @Test
    void secondPullAsksTheSourceForNothing() {
        FakeImage fake = FakeImage.gzip(source, "f", 10, 20);
        pull(fake.manifest(), NAME);
        fake.blobs().forEach(source::remove);

        pull(fake.manifest(), "docker.io/library/other:1");

        assertThat(catalogue().names(fake.manifest().digest())).containsExactly(NAME, "docker.io/library/other:1");
        assertThat(source.documents(fake.manifest())).isEqualTo(1);
        assertThat(source.documents(fake.config())).isEqualTo(1);
    }

    @Test
    void whatIsMissingOfAKnownImageIsBroughtAgain() throws IOException {
        FakeImage fake = FakeImage.gzip(source, "f", 10, 20);
        Path index = pull(fake.manifest(), NAME).index();
        Descriptor blob = fake.layers().getFirst().blob();
        store.staging()
                .remove(List.of(
                        store.content().home(blob.digest()),
                        store.content().home(fake.config().digest()),
                        store.layers().home(fake.layers().getLast().diffId()),
                        store.indexes().home(fake.chainId())));

        Image again = pull(fake.manifest(), NAME);

        assertThat(again.index()).isEqualTo(index).exists();
        assertThat(fake.blobs()).allMatch(this::has);
        assertThat(source.opened(blob)).isEqualTo(2);
        assertThat(source.opened(fake.layers().getLast().blob())).isEqualTo(1);
    }

    @Test
    void indexThatIsWrittenWhenSomebodyWantsItGoesWithItsImage() throws IOException {
        FakeImage fake = FakeImage.gzip(source, "f", 10);
        pull(fake.manifest(), NAME);
        store.staging().remove(List.of(store.indexes().home(fake.chainId())));
        write(transaction -> transaction.absent(Node.index(fake.chainId())));

        Images images = new Images(store, flows, pull);
        assertThat(images.open(Reference.normalized("app"), null, PullListener.NONE)
                        .index())
                .exists();

        assertThat(catalogue().garbage(List.of(), afterTheLease())).isEmpty();
        write(transaction -> transaction.untag(NAME));
        assertThat(catalogue().garbage(List.of(), Instant.now())).hasSize(5);
    }

    @Test
    void failedPullLeavesALeaseAndNeitherNameNorJob() {
        FakeImage fake = FakeImage.gzip(source, "f", 10, 300_000);
        Descriptor missing = fake.layers().getLast().blob();
        source.remove(missing);

        assertThatThrownBy(() -> pull(fake.manifest(), NAME))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("NotFound: blob " + missing.digest());

        assertThat(catalogue().tag(NAME)).isEmpty();
        assertThat(catalogue().images()).isEmpty();
        assertThat(namesInIndex()).isEmpty();
        assertThat(has(fake.manifest())).isTrue();
        assertThat(kept(missing.digest())).hasSize(1).first().asString().startsWith("lease until ");
        assertThat(catalogue().garbage(List.of(), Instant.now())).isEmpty();
        assertThat(catalogue().garbage(List.of(), afterTheLease())).hasSize(4 + 2 + 1);
    }

    @Test
    void failedPullLeavesTheNameToWhatHadIt() {
        FakeImage old = FakeImage.gzip(source, "old", 10);
        FakeImage fresh = FakeImage.gzip(source, "fresh", 10);
        pull(old.manifest(), NAME);
        source.remove(fresh.layers().getFirst().blob());

        assertThatThrownBy(() -> pull(fresh.manifest(), NAME)).isInstanceOf(Failure.class);

        assertThat(catalogue().tag(NAME).orElseThrow().image()).isEqualTo(old.manifest());
    }

    @Test
    void imageThatIsNotForThePlatformIsRefusedBeforeAnythingIsWritten() {
        FakeImage fake = FakeImage.gzip(source, "f", 10);

        assertThatThrownBy(() ->
                        pull.pull(source, fake.manifest(), NAME, Platform.parse("windows/s390x"), PullListener.NONE))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.category()).isEqualTo(Category.NOT_FOUND));

        assertThat(store.directory()).doesNotExist();
        assertThat(store.catalogue()).isEmpty();
    }

    @Test
    void ofAnImageIndexOnlyTheChosenImageIsPulled() {
        FakeImage chosen = FakeImage.gzip(source, "chosen", 10);
        FakeImage other = FakeImage.gzip(source, "other", 10);
        Descriptor index = FakeImage.index(
                source,
                List.of(other.manifest(), chosen.manifest()),
                List.of(Platform.parse("linux/s390x"), Platform.ofThisMachine()));

        Image image = pull(index, NAME);

        assertThat(image.plan().descriptor().digest())
                .isEqualTo(chosen.manifest().digest());
        assertThat(catalogue().tag(NAME).orElseThrow().image()).isEqualTo(index);
        assertThat(has(index)).isTrue();
        assertThat(chosen.blobs()).allMatch(this::has);
        assertThat(other.blobs()).noneMatch(this::has).allSatisfy(blob -> {
            assertThat(source.documents(blob)).isZero();
            assertThat(source.opened(blob)).isZero();
        });
        assertThat(catalogue().find(Node.blob(other.manifest().digest())))
                .as("it may be anybody's")
                .isEmpty();
        assertThat(catalogue().images())
                .hasSize(1)
                .first()
                .satisfies(stored -> assertThat(stored.platforms())
                        .containsExactly(Platform.ofThisMachine().toString()));
    }

    @Test
    void otherImageOfAnImageIndexIsAddedWhenItIsAskedFor() {
        FakeImage ours = FakeImage.gzip(source, "ours", 10);
        FakeImage other = FakeImage.gzip(source, "other", 10);
        Platform platform = Platform.parse("linux/s390x");
        Descriptor index = FakeImage.index(
                source, List.of(other.manifest(), ours.manifest()), List.of(platform, Platform.ofThisMachine()));
        pull(index, NAME);

        pull.pull(source, index, NAME, platform, PullListener.NONE);

        assertThat(ours.blobs()).allMatch(this::has);
        assertThat(other.blobs()).allMatch(this::has);
        assertThat(catalogue().garbage(List.of(), afterTheLease())).isEmpty();
    }

    @Test
    void dockersFormatIsKeptAsItIs() {
        FakeImage oci = FakeImage.gzip(source, "f", 10);
        var json = Manifest.of(oci.config(), List.of(oci.layers().getFirst().blob()))
                .toJson()
                .put("mediaType", MediaType.Known.DOCKER_MANIFEST.toString());
        Descriptor docker = source.add(MediaType.Known.DOCKER_MANIFEST, Json.write(json));
        assertThat(Document.parse(Json.write(json), Json.DEFAULT_LIMIT).mediaType())
                .isEqualTo(MediaType.Known.DOCKER_MANIFEST);

        pull(docker, NAME);

        assertThat(catalogue().tag(NAME).orElseThrow().image()).isEqualTo(docker);
        assertThat(store.content().find(docker.digest()).orElseThrow().file()).hasBinaryContent(Json.write(json));
    }

    @Test
    void imageWithoutLayersIsAnImage() {
        FakeImage fake = FakeImage.of(source);

        Image image = pull(fake.manifest(), NAME);

        assertThat(image.tree().entries()).isZero();
        assertThat(image.index()).exists();
        assertThat(catalogue().garbage(List.of(), afterTheLease())).isEmpty();
    }

    @Test
    void documentThatIsNotWhatWasAnnouncedIsRefusedAndNotKept() {
        FakeImage fake = FakeImage.gzip(source, "f", 10);
        Digest other = Digest.sha256("other".getBytes(UTF_8));
        Descriptor lying = source.add(
                MediaType.Known.OCI_MANIFEST,
                other,
                fake.manifest().size(),
                source.read(fake.manifest(), Json.DEFAULT_LIMIT));

        assertThatThrownBy(() -> pull(lying, NAME))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.category()).isEqualTo(Category.MISMATCH));

        assertThat(has(lying)).isFalse();
        assertThat(catalogue().tag(NAME)).isEmpty();
    }

    @Test
    void interruptedPullEndsItsJobAndKeepsItsLease() throws Exception {
        FakeImage fake = FakeImage.gzip(source, "f", 10, 300_000);
        CountDownLatch began = new CountDownLatch(1);
        source.before(fake.layers().getLast().blob(), () -> {
            began.countDown();
            await(new CountDownLatch(1));
        });
        try (ExecutorService puller = Executors.newSingleThreadExecutor()) {
            Future<Boolean> interrupted = puller.submit(() -> {
                assertThatThrownBy(() -> pull(fake.manifest(), NAME))
                        .isInstanceOfSatisfying(
                                Failure.class,
                                failure -> assertThat(failure.category()).isEqualTo(Category.CANCELLED));
                return Thread.interrupted();
            });
            await(began);
            puller.shutdownNow();
            assertThat(interrupted.get(PATIENCE_S, TimeUnit.SECONDS))
                    .as("the thread stays interrupted")
                    .isTrue();
        }

        assertThat(kept(fake.manifest().digest())).hasSize(1).first().asString().startsWith("lease until ");
        source.before(fake.layers().getLast().blob(), () -> {});
        assertThat(pull(fake.manifest(), NAME).layers()).hasSize(2);
    }

    @Test
    void manyPullsAtOnceShareASessionAndAllHaveTheirNames() throws Exception {
        List<FakeImage> images = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            images.add(FakeImage.of(
                    source,
                    FakeImage.gzipLayer(source, FakeImage.tar("shared" + i % 3, 100_000)),
                    FakeImage.plainLayer(source, FakeImage.tar("own" + i, 1_000))));
        }
        try (ExecutorService pullers = Executors.newFixedThreadPool(12)) {
            List<Future<Image>> running = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                String name = "registry.example/app:" + i;
                Descriptor image = images.get(i).manifest();
                running.add(pullers.submit(() -> pull(image, name)));
            }
            for (Future<Image> each : running) {
                assertThat(each.get(PATIENCE_S, TimeUnit.SECONDS).layers()).hasSize(2);
            }
        }

        assertThat(namesInIndex()).hasSize(12);
        assertThat(images.subList(0, 3))
                .allSatisfy(image -> assertThat(
                                source.opened(image.layers().getFirst().blob()))
                        .isEqualTo(1));
        assertThat(catalogue().nodes()).allMatch(Entry::present);
        assertThat(store.directory().resolve("ingest")).isEmptyDirectory();
    }

    @Test
    void layerThatItsDescriptorCarriesIsNotAskedFor() {
        byte[] tar = FakeImage.tar("f", 1_000);
        byte[] packed = FakeImage.gzipped(tar);
        Descriptor blob = FakeArtifact.with(
                Descriptor.of(MediaType.Known.OCI_LAYER_GZIP, Digest.sha256(packed), packed.length),
                "data",
                Base64.getEncoder().encodeToString(packed));
        FakeImage fake = FakeImage.of(source, new LayerPlan(blob, Digest.sha256(tar)));

        Image image = pull(fake.manifest(), NAME);

        assertThat(image.tree().entries()).isEqualTo(1);
        assertThat(source.opened(blob)).isZero();
    }
}
