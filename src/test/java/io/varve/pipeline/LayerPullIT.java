package io.varve.pipeline;

import static io.varve.pipeline.FakeImage.gzipped;
import static io.varve.pipeline.FakeImage.tar;
import static io.varve.pipeline.FakeSource.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdOutputStream;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.guard.Deadline;
import io.varve.layerfs.Layer;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import io.varve.os.Staging;
import io.vertx.core.Promise;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Layers on their way into a store: each read once, whoever wants it, and there as a whole or not at all. */
class LayerPullIT extends LayerPullWorld {
    private static final io.vertx.core.Future<Void> STILL_WANTED =
            Promise.<Void>promise().future();

    @Test
    void layersAreThereBaseFirstWhateverOrderTheyCameIn() throws IOException {
        byte[] small = tar("small", 10);
        byte[] large = tar("large", 700_000);
        LayerPlan base = gzipLayer(small);
        LayerPlan top = plainLayer(large);

        List<Layer> stack = pull(base, top);

        assertThat(stack).extracting(Layer::diffId).containsExactly(base.diffId(), top.diffId());
        assertThat(stack.get(0).tar()).hasBinaryContent(small);
        assertThat(stack.get(1).tar()).hasBinaryContent(large);
        assertThat(stack)
                .allSatisfy(layer -> assertThat(layers.find(layer.diffId())).contains(layer));
        assertNothingHalfDone();
    }

    @Test
    void listenerHearsHowItGoesOn() throws IOException {
        byte[] tar = tar("f", 700_000);
        LayerPlan layer = gzipLayer(tar);
        String committed = "committed " + layer.diffId();

        pull(layer);

        assertThat(heard.lines.getFirst()).isEqualTo("planned 1");
        assertThat(heard.lines.getLast()).isEqualTo(committed);
        assertThat(heard.lines.get(heard.lines.size() - 2))
                .isEqualTo("advanced " + layer.blob().size() + " " + tar.length);
        assertThat(heard.lines).filteredOn(line -> line.startsWith("advanced")).hasSizeGreaterThan(1);
        assertThat(heard.lines).filteredOn(committed::equals).hasSize(1);
    }

    @Test
    void layerThatIsThereIsNotReadAgain() throws IOException {
        LayerPlan there = gzipLayer(tar("there", 10));
        LayerPlan missing = gzipLayer(tar("missing", 10));
        List<Layer> first = pull(there);
        heard.lines.clear();

        List<Layer> stack = pull(there, missing);

        assertThat(stack.getFirst()).isEqualTo(first.getFirst());
        assertThat(blobs.opened(there.blob())).isEqualTo(1);
        assertThat(blobs.opened(missing.blob())).isEqualTo(1);
        assertThat(heard.lines)
                .contains("cached " + there.diffId(), "committed " + missing.diffId())
                .doesNotContain("committed " + there.diffId());
    }

    @Test
    void layerThatAnImageHasTwiceIsReadOnceAndEachOfItsBlobsIsKept() throws IOException {
        byte[] tar = tar("twice", 10);
        LayerPlan packed = gzipLayer(tar);
        LayerPlan other = gzipLayer(tar("other", 10));
        LayerPlan plain = plainLayer(tar);

        List<Layer> stack = pull(packed, other, plain, packed);

        assertThat(stack)
                .extracting(Layer::diffId)
                .containsExactly(packed.diffId(), other.diffId(), packed.diffId(), packed.diffId());
        assertThat(blobs.opened(packed.blob()) + blobs.opened(plain.blob())).isEqualTo(1);
        assertThat(blob(packed)).hasBinaryContent(gzipped(tar));
        assertThat(Files.isSameFile(blob(plain), stack.getFirst().tar())).isTrue();
    }

    @Test
    void blobIsKeptAndLayerMadeInOnePass() throws IOException {
        byte[] tar = tar("f", 700_000);
        LayerPlan layer = gzipLayer(tar);

        assertThat(pull(layer).getFirst().tar()).hasBinaryContent(tar);

        assertThat(blob(layer)).hasBinaryContent(gzipped(tar));
        assertThat(blobs.offsets(layer.blob())).containsExactly(0L);
        assertThat(blobs.read(layer.blob())).isEqualTo((int) layer.blob().size());
        assertNothingHalfDone();
    }

    @Test
    void uncompressedLayerIsOneFileWithTwoNames() throws IOException {
        byte[] tar = tar("f", 700_000);
        LayerPlan layer = plainLayer(tar);

        Path kept = pull(layer).getFirst().tar();

        assertThat(kept).hasBinaryContent(tar);
        assertThat(Files.isSameFile(kept, blob(layer))).isTrue();
        assertThat(Files.getAttribute(kept, "unix:nlink")).isEqualTo(2);
    }

    /** No decoder would take these bytes. */
    @Test
    void blobIsFetchedButNotDecodedWhereItIsKnownToBeALayerThatIsThere() throws IOException {
        LayerPlan there = gzipLayer(tar("there", 10));
        pull(there);
        byte[] noise = tar("noise", 600_000);
        noise[0] = 0x1f;
        noise[1] = (byte) 0x8b;
        noise[2] = 8;
        LayerPlan layer = new LayerPlan(blobs.add(MediaType.Known.OCI_LAYER_GZIP, noise), there.diffId());

        known.add(layer);
        pull(layer);

        assertThat(blob(layer)).hasBinaryContent(noise);
        assertThat(blobs.read(layer.blob())).isEqualTo(noise.length);
        assertNothingHalfDone();
    }

    private void check(Digest blob, Digest diffId, io.vertx.core.Future<Void> unwanted) throws TimeoutException {
        flows.check(blob, diffId, unwanted).await(PATIENCE_S, TimeUnit.SECONDS);
    }

    /** Or whoever knows its diffId would be given anybody's layer for a blob of his own. */
    @Test
    void nobodyIsGivenALayerThatIsThereForAnotherBlob() throws Exception {
        LayerPlan theirs = gzipLayer(tar("theirs", 600_000));
        LayerPlan mine = gzipLayer(tar("mine", 300_000));
        pull(theirs);
        LayerPlan stolen = new LayerPlan(mine.blob(), theirs.diffId());
        String wrong = "layer " + theirs.diffId() + ": diffId of " + tar("mine", 300_000).length + " bytes: got "
                + mine.diffId();

        assertThatThrownBy(() -> pull(stolen)).hasMessageContaining(wrong);
        assertThat(content.find(mine.blob().digest())).isEmpty();
        pull(mine);
        assertThatThrownBy(() -> pull(stolen))
                .as("blob and layer are there, and have nothing to do with each other")
                .hasMessageContaining(wrong);
        assertThatThrownBy(() -> check(mine.blob().digest(), theirs.diffId(), STILL_WANTED))
                .hasMessageContaining(wrong);
        assertThatThrownBy(() -> check(
                        mine.blob().digest(),
                        mine.diffId(),
                        io.vertx.core.Future.failedFuture(Failure.of(Category.CANCELLED, "he has gone"))))
                .hasMessageContaining("he has gone");
        check(mine.blob().digest(), mine.diffId(), STILL_WANTED);
        assertNothingHalfDone();
    }

    @Test
    void layerThatIsThereIsThatOfItsOtherBlobsToo() throws IOException {
        byte[] tar = tar("f", 600_000);
        Layer first = pull(gzipLayer(tar)).getFirst();
        LayerPlan packed = new LayerPlan(blobs.add(MediaType.Known.OCI_LAYER_ZSTD, Zstd.compress(tar)), first.diffId());

        assertThat(pull(packed)).containsExactly(first);

        assertThat(blob(packed)).hasBinaryContent(Zstd.compress(tar));
        assertThat(blobs.read(packed.blob())).isEqualTo((int) packed.blob().size());
        assertNothingHalfDone();
    }

    @Test
    void layerOfABlobThatIsThereIsMadeWithoutTheSource() throws IOException {
        byte[] packed = tar("packed", 400_000);
        byte[] plain = tar("plain", 400_000);
        LayerPlan[] plans = {gzipLayer(packed), plainLayer(plain)};
        List<Layer> before = pull(plans);
        for (LayerPlan plan : plans) {
            Staging.delete(layers.home(plan.diffId()));
            blobs.remove(plan.blob());
        }

        List<Layer> stack = pull(plans);

        assertThat(stack).isEqualTo(before);
        assertThat(stack.get(0).tar()).hasBinaryContent(packed);
        assertThat(Files.isSameFile(stack.get(1).tar(), blob(plans[1]))).isTrue();
    }

    @Test
    void blobThatWasDamagedInTheStoreMakesNoLayer() throws IOException {
        LayerPlan layer = plainLayer(tar("f", 400_000));
        pull(layer);
        Staging.delete(layers.home(layer.diffId()));
        damage(blob(layer), 200_000);

        assertPullFails(Category.MISMATCH, layer, "in the store", "varve verify --repair");
        assertThat(blob(layer)).as("nothing is removed unasked").exists();
    }

    @ParameterizedTest
    @CsvSource({
        "gzip, application/vnd.oci.image.layer.v1.tar+zstd",
        "gzip, application/vnd.oci.image.layer.v1.tar",
        "zstd, application/vnd.docker.image.rootfs.diff.tar.gzip",
        "plain, application/vnd.oci.image.layer.v1.tar+gzip"
    })
    void bytesDecideHowALayerIsPackedAndNotItsLabel(String packing, String label) throws IOException {
        byte[] tar = tar("f", 300_000);
        byte[] blob =
                switch (packing) {
                    case "gzip" -> gzipped(tar);
                    case "zstd" -> Zstd.compress(tar);
                    default -> tar;
                };
        LayerPlan layer = new LayerPlan(blobs.add(MediaType.parse(label), blob), Digest.sha256(tar));

        assertThat(pull(layer).getFirst().tar()).hasBinaryContent(tar);
    }

    @Test
    void layerOfTwoImagesAtOnceIsFetchedOnce() throws Exception {
        LayerPlan shared = gzipLayer(tar("shared", 700_000));
        LayerPlan own = gzipLayer(tar("own", 10));
        CountDownLatch firstIsThere = new CountDownLatch(1);
        CountDownLatch secondIsThere = new CountDownLatch(1);
        heard.committed = secondIsThere::countDown;
        blobs.before(shared.blob(), () -> {
            firstIsThere.countDown();
            await(secondIsThere);
        });

        try (ExecutorService pullers = Executors.newFixedThreadPool(2)) {
            Future<List<Layer>> first = pullers.submit(() -> pull(shared));
            await(firstIsThere);
            Future<List<Layer>> second = pullers.submit(() -> pull(shared, own));

            assertThat(first.get(PATIENCE_S, TimeUnit.SECONDS))
                    .containsExactly(second.get(PATIENCE_S, TimeUnit.SECONDS).getFirst());
        }
        assertThat(blobs.offsets(shared.blob())).containsExactly(0L);
    }

    @Test
    void failureOfOnePullIsNotThatOfAnotherWithTheSameLayer() throws Exception {
        LayerPlan shared = gzipLayer(tar("shared", 700_000));
        LayerPlan own = gzipLayer(tar("own", 10));
        CountDownLatch firstIsThere = new CountDownLatch(1);
        CountDownLatch secondIsThere = new CountDownLatch(1);
        heard.committed = secondIsThere::countDown;
        AtomicBoolean broken = new AtomicBoolean();
        blobs.before(shared.blob(), () -> {
            firstIsThere.countDown();
            await(secondIsThere);
            if (!broken.getAndSet(true)) {
                throw new IOException("connection reset");
            }
        });

        try (ExecutorService pullers = Executors.newFixedThreadPool(2)) {
            Future<List<Layer>> first = pullers.submit(() -> pull(shared));
            await(firstIsThere);
            Future<List<Layer>> second = pullers.submit(() -> pull(shared, own));

            assertThat(second.get(PATIENCE_S, TimeUnit.SECONDS)).hasSize(2);
            assertThatThrownBy(first::get).hasMessageContaining("connection reset");
        }
        assertNothingHalfDone();
    }

    @Test
    void failingLayerStopsTheOthersAndLeavesWholeOnes() throws IOException {
        CountDownLatch wholeIsThere = new CountDownLatch(1);
        CountDownLatch endlessBegan = new CountDownLatch(1);
        LayerPlan whole = plainLayer(tar("whole", 1_000));
        LayerPlan endless = plainLayer(tar("endless", 50_000));
        byte[] tar = tar("failing", 10_000);
        LayerPlan failing =
                new LayerPlan(blobs.add(MediaType.Known.OCI_LAYER, tar), Digest.sha256("another".getBytes(UTF_8)));
        heard.committed = wholeIsThere::countDown;
        blobs.before(failing.blob(), () -> {
            await(wholeIsThere);
            await(endlessBegan);
        });
        blobs.before(endless.blob(), () -> waitForInterruptionAfter(endless, endlessBegan));

        assertThatThrownBy(() -> pull(failing, endless, whole))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("Mismatch: blob " + failing.blob().digest());

        assertThat(layers.find(whole.diffId())).isPresent();
        assertThat(layers.find(endless.diffId())).isEmpty();
        assertThat(layers.find(failing.diffId())).isEmpty();
        assertNothingHalfDone();
    }

    /** It may wait for hours, and a host lets so many come at once and no more. */
    @Test
    void layerThatWaitsForALargeWindowKeepsNothingOpenMeanwhile() throws IOException {
        LayerPlan first = largeWindow("first");
        LayerPlan second = largeWindow("second");
        int farEnough = 3_000_000;
        blobs.before(second.blob(), () -> Deadline.until(() -> blobs.read(first.blob()) >= farEnough));
        blobs.before(first.blob(), () -> {
            if (blobs.read(first.blob()) >= farEnough) {
                Deadline.until(() -> blobs.opened(second.blob()) > 0 && !blobs.isOpen(second.blob()));
                blobs.before(first.blob(), () -> {});
            }
        });

        assertThat(pull(first, second)).extracting(Layer::diffId).containsExactly(first.diffId(), second.diffId());

        assertThat(blobs.offsets(second.blob())).hasSize(2).startsWith(0L).doesNotHaveDuplicates();
        assertNothingHalfDone();
    }

    /** What its frame asks for is far more than most layers do, and none of it can be compressed. */
    private LayerPlan largeWindow(String name) throws IOException {
        byte[] tar = tar(name, 5_000_000);
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (ZstdOutputStream zstd = new ZstdOutputStream(packed)) {
            zstd.setLong(26).write(tar);
        }
        return new LayerPlan(blobs.add(MediaType.Known.OCI_LAYER_ZSTD, packed.toByteArray()), Digest.sha256(tar));
    }
}
