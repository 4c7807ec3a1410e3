package io.varve.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.bus.Slabs;
import io.varve.catalogue.Edge;
import io.varve.catalogue.Entry;
import io.varve.catalogue.Node;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.manifest.ArtifactPlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import io.varve.oci.Reference;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Artifacts on their way into a store: kept as they are, with nothing made of them. */
class PullArtifactIT extends PullWorld {
    @Test
    void isKeptAsItIsUnderItsName() {
        FakeArtifact chart = FakeArtifact.of(source, noise(10), noise(700_000), noise(1_000));
        Special listener = new Special();

        Brought brought =
                bring(chart.manifest(), NAME, Platforms.HERE, listener).getFirst();

        assertThat(source.documents(chart.config())).as("read as a document").isZero();
        assertThat(brought)
                .isInstanceOfSatisfying(
                        Artifact.class,
                        artifact -> assertThat(artifact.plan().type()).isEqualTo(FakeArtifact.TYPE));
        assertThat(listener.artifacts).containsExactly(NAME + " " + FakeArtifact.TYPE);
        assertThat(chart.all()).allSatisfy(blob -> {
            assertThat(store.content().find(blob.digest()).orElseThrow().file())
                    .hasBinaryContent(source.read(blob, Long.MAX_VALUE));
            assertThat(kept(blob.digest())).containsExactly("tag " + NAME);
            assertThat(catalogue().find(Node.blob(blob.digest())).orElseThrow())
                    .returns(true, Entry::present)
                    .returns(blob.size(), Entry::size)
                    .returns(blob.mediaType(), Entry::mediaType);
        });
        assertThat(catalogue().nodes()).hasSize(4);
        assertThat(catalogue().images()).singleElement().satisfies(stored -> {
            assertThat(stored.isArtifact()).isTrue();
            assertThat(stored.blobBytes())
                    .isEqualTo(chart.all().stream().mapToLong(Descriptor::size).sum());
            assertThat(stored.tarBytes()).isZero();
        });
        assertThat(namesInIndex()).containsExactly(NAME);
        assertThat(catalogue().sources(chart.config().digest())).containsExactly("docker://fake/source");
        assertThat(store.directory().resolve("layers")).doesNotExist();
    }

    @Test
    void isRefusedWhereAnImageIsWanted() {
        FakeArtifact chart = FakeArtifact.of(source, noise(10), noise(1_000));
        bring(chart);
        Images images = new Images(store, flows, pull);

        assertThatThrownBy(() -> images.open(Reference.normalized("app"), null, PullListener.NONE))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.category()).isEqualTo(Category.INVALID))
                .hasMessageContaining("not a runnable image: config.mediaType: got " + FakeArtifact.TYPE);
        assertThat(images.plan(Reference.normalized("app"), null)).isInstanceOf(ArtifactPlan.class);
    }

    @Test
    void thatIsThereIsNotAskedForAgain() {
        FakeArtifact chart = FakeArtifact.of(source, noise(10), noise(1_000));
        bring(chart);
        chart.all().forEach(source::remove);

        bring(chart);

        assertThat(source.opened(chart.blobs().getFirst())).isEqualTo(1);
    }

    @Test
    void goesOnWhereItBrokeOff() {
        FakeArtifact model = FakeArtifact.of(source, noise(10), noise(1_500_000));
        Descriptor blob = model.blobs().getFirst();
        source.before(blob, () -> {
            if (source.read(blob) > 2 * Slabs.SIZE) {
                throw new IOException("cable pulled");
            }
        });
        assertThatThrownBy(() -> bring(model))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("blob " + blob.digest())
                .hasMessageContaining("cable pulled");
        assertThat(catalogue().tag(NAME)).isEmpty();
        assertThat(kept(blob.digest())).singleElement().asString().startsWith("lease until ");
        source.before(blob, () -> {});

        bring(model);

        assertThat(source.offsets(blob)).containsExactly(0L, 2L * Slabs.SIZE);
        assertThat(store.content().find(blob.digest()).orElseThrow().file()).hasBinaryContent(noise(1_500_000));
    }

    @Test
    void ofWrongBytesIsNotKept() {
        byte[] right = noise(1_000);
        Descriptor wrong = source.add(FakeArtifact.CONTENT, Digest.sha256(right), 999, noise(999));
        FakeArtifact chart = FakeArtifact.of(source, source.add(FakeArtifact.TYPE, noise(10)), List.of(wrong));

        assertThatThrownBy(() -> bring(chart))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.category()).isEqualTo(Category.MISMATCH))
                .hasMessageContaining("blob " + wrong.digest());

        assertThat(has(wrong)).isFalse();
        assertThat(catalogue().tag(NAME)).isEmpty();
    }

    @Test
    void thatCallsOneBlobTwoSizesIsRefused() {
        Descriptor content = source.add(FakeArtifact.CONTENT, noise(1_000));
        Descriptor shorter = Descriptor.of(FakeArtifact.CONTENT, content.digest(), 999);
        FakeArtifact chart = FakeArtifact.of(source, content, List.of(shorter));

        assertThatThrownBy(() -> bring(chart))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.category()).isEqualTo(Category.MISMATCH))
                .hasMessageContaining("size: got 999, wanted 1000");
    }

    @Test
    void whoseBlobsAreOneAndEmptyOnesIsBroughtOnce() {
        byte[] same = noise(300_000);
        FakeArtifact chart = FakeArtifact.of(source, same, same, new byte[0], same);

        bring(chart);

        assertThat(source.opened(chart.config())).isEqualTo(1);
        assertThat(chart.all()).allMatch(this::has);
        assertThat(catalogue().needs(Node.blob(chart.manifest().digest())))
                .extracting(Edge::role)
                .containsExactly(Edge.Role.BLOB, Edge.Role.BLOB, Edge.Role.BLOB, Edge.Role.CONFIG);
    }

    @Test
    void carriesSmallBlobsItself() {
        byte[] empty = "{}".getBytes(UTF_8);
        Descriptor absent =
                Descriptor.of(MediaType.parse("application/vnd.oci.empty.v1+json"), Digest.sha256(empty), 2);
        Descriptor config =
                FakeArtifact.with(absent, "data", Base64.getEncoder().encodeToString(empty));
        Descriptor lying = FakeArtifact.with(
                source.add(FakeArtifact.CONTENT, noise(1_000)),
                "data",
                Base64.getEncoder().encodeToString(noise(999)));
        FakeArtifact artifact = FakeArtifact.of(source, config, List.of(config, lying));

        bring(artifact);

        assertThat(source.opened(config)).isZero();
        assertThat(source.opened(lying)).isEqualTo(1);
        assertThat(store.content().find(config.digest()).orElseThrow().file()).hasBinaryContent(empty);
        assertThat(has(lying)).isTrue();
    }
}
