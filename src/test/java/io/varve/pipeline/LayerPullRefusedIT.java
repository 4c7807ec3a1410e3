package io.varve.pipeline;

import static io.varve.pipeline.FakeImage.gzipped;
import static io.varve.pipeline.FakeImage.tar;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Blobs and layers that are not what was announced leave nothing. */
class LayerPullRefusedIT extends LayerPullWorld {
    private static final Digest OTHER = Digest.sha256("other".getBytes(UTF_8));

    @Test
    void blobIsNeverReadPastItsAnnouncedSize() throws IOException {
        byte[] tar = tar("f", 300_000);
        byte[] longer = Arrays.copyOf(tar, tar.length + 10_000);
        Descriptor honest = blobs.add(MediaType.Known.OCI_LAYER, Digest.sha256(tar), tar.length, longer);
        pull(new LayerPlan(honest, Digest.sha256(tar)));
        assertThat(blobs.read(honest)).isEqualTo(tar.length);

        Descriptor lying = blobs.add(MediaType.Known.OCI_LAYER, Digest.sha256(longer), tar.length, longer);
        assertPullFails(
                Category.MISMATCH,
                new LayerPlan(lying, Digest.sha256(longer)),
                "digest of " + tar.length + " bytes: got ",
                "wanted " + Digest.sha256(longer));
        assertThat(blobs.read(lying)).isEqualTo(tar.length);
    }

    @Test
    void blobShorterThanAnnouncedIsRefused() throws IOException {
        byte[] tar = tar("f", 300_000);
        Descriptor blob = blobs.add(MediaType.Known.OCI_LAYER, Digest.sha256(tar), tar.length + 1, tar);

        assertPullFails(
                Category.MISMATCH,
                new LayerPlan(blob, Digest.sha256(tar)),
                "size: got " + tar.length + ", wanted " + (tar.length + 1));
    }

    @Test
    void blobWithAnotherDigestIsRefusedThoughItsLayerIsRight() throws IOException {
        byte[] tar = tar("f", 10);
        byte[] packed = gzipped(tar);
        Descriptor blob = blobs.add(MediaType.Known.OCI_LAYER_GZIP, OTHER, packed.length, packed);

        assertPullFails(
                Category.MISMATCH,
                new LayerPlan(blob, Digest.sha256(tar)),
                "digest of " + packed.length + " bytes: got " + Digest.sha256(packed) + ", wanted " + OTHER);
    }

    @Test
    void layerWithAnotherDiffIdIsRefused() throws IOException {
        byte[] tar = tar("f", 10);
        Descriptor blob = blobs.add(MediaType.Known.OCI_LAYER_GZIP, gzipped(tar));

        assertPullFails(
                Category.MISMATCH,
                new LayerPlan(blob, OTHER),
                "layer " + OTHER,
                "diffId of " + tar.length + " bytes: got " + Digest.sha256(tar));
    }

    @Test
    void compressedStreamThatIsCutOffIsRefused() throws IOException {
        byte[] tar = tar("f", 10_000);
        byte[] packed = gzipped(tar);
        Descriptor blob = blobs.add(MediaType.Known.OCI_LAYER_GZIP, Arrays.copyOf(packed, packed.length - 5));

        assertPullFails(Category.INVALID, new LayerPlan(blob, Digest.sha256(tar)), "decode gzip", "truncated");
    }

    @Test
    void emptyBlobIsRefusedAsALayerOfAnotherDiffId() throws IOException {
        Descriptor blob = blobs.add(MediaType.Known.OCI_LAYER, new byte[0]);

        assertPullFails(Category.MISMATCH, new LayerPlan(blob, Digest.sha256(tar("f", 1))), "diffId of 0 bytes");
    }

    @Test
    void missingBlobIsNotFound() {
        Digest digest = Digest.sha256("nothing".getBytes(UTF_8));

        assertPullFails(
                Category.NOT_FOUND,
                new LayerPlan(Descriptor.of(MediaType.Known.OCI_LAYER, digest, 1), digest),
                "there is no such blob");
    }

    @Test
    void blobsForWhichThereIsNoSpaceAreNotBegun() throws IOException {
        LayerPlan small = gzipLayer(tar("small", 10));
        LayerPlan huge = new LayerPlan(
                blobs.add(MediaType.Known.OCI_LAYER, OTHER, 1L << 60, new byte[10]), Digest.sha256(new byte[10]));

        assertThatThrownBy(() -> pull(small, huge)).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.category()).isEqualTo(Category.UNAVAILABLE);
            assertThat(failure).hasMessageContainingAll("space for 1.2 EB", "free");
        });

        assertThat(blobs.opened(small.blob()) + blobs.opened(huge.blob())).isZero();
        assertThat(layers.find(small.diffId())).isEmpty();
        assertNothingHalfDone();
    }

    @Test
    void sourceThatBreaksIsUnavailable() throws IOException {
        LayerPlan layer = plainLayer(tar("f", 10_000));
        blobs.before(layer.blob(), () -> {
            if (blobs.read(layer.blob()) > 5_000) {
                throw new IOException("connection reset");
            }
        });

        assertPullFails(Category.UNAVAILABLE, layer, "connection reset");
    }

    /** Each of them waits for the one before. */
    @Test
    void thousandBlobsOfOneLayerFailAsOne() throws IOException {
        byte[] tar = tar("f", 10);
        LayerPlan[] plans = IntStream.range(0, 1_000)
                .mapToObj(i -> new LayerPlan(
                        Descriptor.of(
                                MediaType.Known.OCI_LAYER_GZIP,
                                Digest.sha256(Integer.toString(i).getBytes(UTF_8)),
                                10),
                        Digest.sha256(tar)))
                .toArray(LayerPlan[]::new);

        assertThatThrownBy(() -> pull(plans))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.category()).isEqualTo(Category.NOT_FOUND));
    }
}
