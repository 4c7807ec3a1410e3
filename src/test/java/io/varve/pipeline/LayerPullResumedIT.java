package io.varve.pipeline;

import static io.varve.pipeline.FakeImage.gzipped;
import static io.varve.pipeline.FakeImage.tar;
import static io.varve.pipeline.FakeSource.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.bus.Slabs;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.guard.Deadline;
import io.varve.layerfs.Layer;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an attempt that was interrupted took is where the next one goes on, unless it is wrong. */
class LayerPullResumedIT extends LayerPullWorld {
    private Path interrupted(LayerPlan plan) {
        Digest digest = plan.blob().digest();
        return store.resolve("ingest/blob-" + digest.algorithm() + "-" + digest.hex());
    }

    @Test
    void attemptGoesOnWhereTheOneBeforeWasInterrupted() throws IOException {
        for (LayerPlan layer : List.of(gzipLayer(tar("packed", 900_000)), plainLayer(tar("plain", 900_000)))) {
            breakAfter(layer, 2 * Slabs.SIZE);
            assertThat(interrupted(layer).toFile().list()).containsExactlyInAnyOrder("data", "state");
            assertThat(content.find(layer.blob().digest())).isEmpty();

            Layer made = pull(layer).getFirst();

            assertThat(blobs.offsets(layer.blob())).containsExactly(0L, 2L * Slabs.SIZE);
            assertThat(Digest.sha256(Files.readAllBytes(made.tar()))).isEqualTo(layer.diffId());
            assertThat(Digest.sha256(Files.readAllBytes(blob(layer))))
                    .isEqualTo(layer.blob().digest());
            assertNothingHalfDone();
        }
    }

    @Test
    void blobOfALayerThatIsThereGoesOnWhereItWasInterruptedToo() throws IOException {
        byte[] tar = tar("f", 900_000);
        LayerPlan layer = gzipLayer(tar);
        pull(plainLayer(tar));
        breakAfter(layer, 2 * Slabs.SIZE);

        pull(layer);

        assertThat(blobs.offsets(layer.blob())).containsExactly(0L, 2L * Slabs.SIZE);
        assertThat(blob(layer)).hasBinaryContent(gzipped(tar));
    }

    /** What an attempt left was not of this blob, or is not any more: told by the decoder, or by the digest at the end. */
    @ParameterizedTest
    @CsvSource({"gzip, true", "gzip, false", "plain, true", "plain, false"})
    void poisonedBeginningLeadsToOneFreshStart(String packing, boolean onTheDisk) throws IOException {
        byte[] tar = tar("f", 900_000);
        byte[] right = packing.equals("gzip") ? gzipped(tar) : tar;
        byte[] wrong = right.clone();
        wrong[100_000] ^= 1;
        LayerPlan layer = new LayerPlan(
                blobs.add(MediaType.Known.OCI_LAYER, Digest.sha256(right), right.length, onTheDisk ? right : wrong),
                Digest.sha256(tar));
        breakAfter(layer, 2 * Slabs.SIZE);
        if (onTheDisk) {
            damage(interrupted(layer).resolve("data"), 100_000);
        }
        blobs.add(MediaType.Known.OCI_LAYER, right);

        assertThat(pull(layer).getFirst().tar()).hasBinaryContent(tar);

        assertThat(blob(layer)).hasBinaryContent(right);
        assertThat(blobs.offsets(layer.blob())).startsWith(0L).endsWith(0L).hasSizeBetween(2, 3);
        assertNothingHalfDone();
    }

    @Test
    void poisonedBeginningAndAWrongSourceAreAFailureThatLeavesNothing() throws IOException {
        byte[] tar = tar("f", 900_000);
        byte[] wrong = tar.clone();
        wrong[100_000] ^= 1;
        LayerPlan layer = new LayerPlan(
                blobs.add(MediaType.Known.OCI_LAYER, Digest.sha256(tar), tar.length, wrong), Digest.sha256(tar));
        breakAfter(layer, 2 * Slabs.SIZE);

        assertPullFails(Category.MISMATCH, layer, "digest of ");

        assertThat(blobs.offsets(layer.blob())).containsExactly(0L, 2L * Slabs.SIZE, 0L);
    }

    /** Its answer says nothing of the bytes that are there: nobody is to take them for wrong, nor to ask again and again. */
    @Test
    void sourceThatRefusesTheRestIsAskedForItOnce() throws IOException {
        LayerPlan layer = gzipLayer(tar("f", 900_000));
        breakAfter(layer, 2 * Slabs.SIZE);
        blobs.before(layer.blob(), () -> {
            if (blobs.opened(layer.blob()) > 9) {
                throw new IOException("asked again and again");
            }
            throw Failure.mismatch("Content-Range", "bytes 0-1/2", "the rest");
        });

        assertThatThrownBy(() -> pull(layer)).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.category()).isEqualTo(Category.MISMATCH);
            assertThat(failure).hasMessageContaining("Content-Range");
        });

        assertThat(blobs.offsets(layer.blob())).containsExactly(0L, 2L * Slabs.SIZE);
        assertThat(interrupted(layer).toFile().list()).containsExactlyInAnyOrder("data", "state");
    }

    @Test
    void interruptionCancelsAndLeavesNothingOfWhatItDidNotTake() throws Exception {
        LayerPlan endless = plainLayer(tar("endless", 50_000));
        CountDownLatch began = new CountDownLatch(1);
        blobs.before(endless.blob(), () -> waitForInterruptionAfter(endless, began));
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        AtomicReference<Boolean> interrupted = new AtomicReference<>(false);
        Thread puller = Thread.ofPlatform().start(() -> {
            try {
                pull(endless);
            } catch (Failure e) {
                thrown.set(e);
                interrupted.set(Thread.currentThread().isInterrupted());
            }
        });
        await(began);

        puller.interrupt();
        puller.join(PATIENCE_S * 1_000L);

        assertThat(thrown.get())
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.category()).isEqualTo(Category.CANCELLED));
        assertThat(interrupted.get()).as("the thread stays interrupted").isTrue();
        assertThat(layers.find(endless.diffId())).isEmpty();
        assertNothingHalfDone();
    }

    @Test
    void interruptionLeavesTheBytesItTookToTheNextAttempt() throws Exception {
        LayerPlan layer = plainLayer(tar("f", 900_000));
        CountDownLatch began = new CountDownLatch(1);
        blobs.before(layer.blob(), () -> {
            if (blobs.read(layer.blob()) >= Slabs.SIZE) {
                Deadline.until(() -> interrupted(layer).resolve("data").toFile().length() == Slabs.SIZE);
                began.countDown();
                await(new CountDownLatch(1));
            }
        });
        Thread puller = Thread.ofPlatform()
                .start(() -> assertThatThrownBy(() -> pull(layer)).isInstanceOf(Failure.class));
        await(began);
        puller.interrupt();
        puller.join(PATIENCE_S * 1_000L);
        assertThat(store.resolve("ingest").toFile().listFiles())
                .containsExactly(interrupted(layer).toFile());
        assertThat(store.resolve("layers")).doesNotExist();
        blobs.before(layer.blob(), () -> {});

        pull(layer);

        assertThat(blobs.offsets(layer.blob())).containsExactly(0L, (long) Slabs.SIZE);
        assertNothingHalfDone();
    }

    /** One attempt, which the source ends after so many bytes. */
    private void breakAfter(LayerPlan layer, int bytes) {
        int from = blobs.read(layer.blob());
        blobs.before(layer.blob(), () -> {
            if (blobs.read(layer.blob()) - from >= bytes) {
                throw new IOException("connection reset");
            }
        });
        assertThatThrownBy(() -> pull(layer)).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.category()).isEqualTo(Category.UNAVAILABLE);
            assertThat(failure).hasMessageContaining("connection reset");
        });
        blobs.before(layer.blob(), () -> {});
    }
}
