package io.varve.pipeline;

import static io.varve.pipeline.FakeImage.gzipped;
import static io.varve.pipeline.FakeImage.tar;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import io.varve.bus.Slabs;
import io.varve.content.ContentStore;
import io.varve.decode.DecodeLimits;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.image.Plans;
import io.varve.layerfs.Layer;
import io.varve.layerfs.LayerFs;
import io.varve.layerfs.LayerLimits;
import io.varve.manifest.ImagePlan;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import io.varve.os.Staging;
import io.varve.tar.TarLimits;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayerPullIT {
    private static final io.vertx.core.Future<Void> STILL_WANTED =
            Promise.<Void>promise().future();

    private static final int PATIENCE_S = 60;
    private static final int WORKERS = 3;
    private static final Digest OTHER = Digest.sha256("other".getBytes(UTF_8));

    @TempDir
    Path store;

    private final FakeSource blobs = new FakeSource();
    private final Heard heard = new Heard();
    private final KnownLayers known = new KnownLayers(none -> false);
    private ContentStore content;
    private LayerFs layers;
    private LayerPull flows;

    @BeforeEach
    void openStore() {
        Staging staging = new Staging(store.resolve("ingest"));
        content = new ContentStore(store, staging);
        layers = new LayerFs(store, staging, TarLimits.DEFAULTS, LayerLimits.DEFAULTS);
        flows = new LayerPull(content, layers, known, DecodeLimits.DEFAULTS, WORKERS, TestStages::get);
    }

    private LayerPlan gzipLayer(byte[] tar) {
        return FakeImage.gzipLayer(blobs, tar);
    }

    private LayerPlan plainLayer(byte[] tar) {
        return FakeImage.plainLayer(blobs, tar);
    }

    private List<Layer> pull(LayerPlan... plans) {
        return flows.pull(Plans.of(plans), blobs, heard);
    }

    /** It fails for what the blob is, so that nothing of it is worth keeping. */
    private void assertPullFails(Category category, LayerPlan plan, String... parts) {
        assertThatThrownBy(() -> pull(plan)).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.category()).isEqualTo(category);
            assertThat(failure)
                    .hasMessageContaining("blob " + plan.blob().digest())
                    .hasMessageContainingAll(parts);
        });
        assertThat(layers.find(plan.diffId())).isEmpty();
        assertNothingHalfDone();
    }

    private Path blob(LayerPlan plan) {
        return content.find(plan.blob().digest()).orElseThrow().file();
    }

    private Path interrupted(LayerPlan plan) {
        Digest digest = plan.blob().digest();
        return store.resolve("ingest/blob-" + digest.algorithm() + "-" + digest.hex());
    }

    private static void damage(Path file, long at) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, at);
            one.put(0, (byte) ~one.get(0));
            channel.write(one.flip(), at);
        }
    }

    private void assertNothingHalfDone() {
        if (Files.exists(store.resolve("ingest"))) {
            assertThat(store.resolve("ingest")).isEmptyDirectory();
        }
        assertThat(blobs.allClosed()).isTrue();
    }

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
    void sourceThatBreaksIsUnavailable() throws IOException {
        LayerPlan layer = plainLayer(tar("f", 10_000));
        blobs.before(layer.blob(), () -> {
            if (blobs.read(layer.blob()) > 5_000) {
                throw new IOException("connection reset");
            }
        });

        assertPullFails(Category.UNAVAILABLE, layer, "connection reset");
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

    /** Lets some of the blob through, says so, and then waits as a socket does. */
    private void waitForInterruptionAfter(LayerPlan layer, CountDownLatch began) throws IOException {
        if (blobs.read(layer.blob()) > 0) {
            began.countDown();
            await(new CountDownLatch(1));
        }
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            assertThat(latch.await(PATIENCE_S, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClosedByInterruptException();
        }
    }

    private static final class Heard implements PullListener {
        final List<String> lines = Collections.synchronizedList(new ArrayList<>());
        volatile Runnable committed = () -> {};

        @Override
        public void planned(ImagePlan plan) {
            lines.add("planned " + plan.layers().size());
        }

        @Override
        public void cached(LayerPlan layer) {
            lines.add("cached " + layer.diffId());
        }

        @Override
        public void advanced(LayerPlan layer, LayerProgress progress) {
            lines.add("advanced " + (progress.network() + progress.cached()) + " " + progress.assembled());
        }

        @Override
        public void committed(LayerPlan layer) {
            lines.add("committed " + layer.diffId());
            committed.run();
        }
    }
}
