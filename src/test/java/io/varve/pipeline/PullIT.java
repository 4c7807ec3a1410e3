package io.varve.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
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
import io.varve.tar.TarEntry;
import io.varve.tar.TarLimits;
import io.varve.tar.TarType;
import io.varve.tar.TarWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PullIT {
    private static final int PATIENCE_S = 60;
    private static final int WORKERS = 3;

    @TempDir
    Path store;

    private final FakeBlobs blobs = new FakeBlobs();
    private final Heard heard = new Heard();
    private LayerFs layers;

    @BeforeEach
    void openStore() {
        layers = new LayerFs(store, TarLimits.DEFAULTS, LayerLimits.DEFAULTS);
    }

    /** A tar of one file of noise. */
    private static byte[] tar(String name, int bytes) throws IOException {
        byte[] content = new byte[bytes];
        new Random(name.hashCode()).nextBytes(content);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TarWriter tar = new TarWriter(out);
        tar.write(TarEntry.of(TarType.REGULAR, name, "", 0644).withSize(bytes), new ByteArrayInputStream(content));
        tar.finish();
        return out.toByteArray();
    }

    private static byte[] gzipped(byte[] tar) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(tar);
        }
        return packed.toByteArray();
    }

    private LayerPlan gzipLayer(byte[] tar) throws IOException {
        return new LayerPlan(blobs.add(MediaType.Known.OCI_LAYER_GZIP, gzipped(tar)), Digest.sha256(tar));
    }

    private LayerPlan plainLayer(byte[] tar) {
        return new LayerPlan(blobs.add(MediaType.Known.OCI_LAYER, tar), Digest.sha256(tar));
    }

    private List<Layer> pull(LayerPlan... plans) {
        return new Pull(layers, DecodeLimits.DEFAULTS, WORKERS).pull(Plans.of(plans), blobs, heard);
    }

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
    void layerThatAnImageHasTwiceIsReadOnce() throws IOException {
        byte[] tar = tar("twice", 10);
        LayerPlan packed = gzipLayer(tar);
        LayerPlan other = gzipLayer(tar("other", 10));
        LayerPlan plain = plainLayer(tar);

        List<Layer> stack = pull(packed, other, plain, packed);

        assertThat(stack)
                .extracting(Layer::diffId)
                .containsExactly(packed.diffId(), other.diffId(), packed.diffId(), packed.diffId());
        assertThat(blobs.opened(packed.blob()) + blobs.opened(plain.blob())).isEqualTo(1);
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
        Digest other = Digest.sha256("other".getBytes(UTF_8));
        Descriptor blob = blobs.add(MediaType.Known.OCI_LAYER_GZIP, other, packed.length, packed);

        assertPullFails(
                Category.MISMATCH,
                new LayerPlan(blob, Digest.sha256(tar)),
                "digest of " + packed.length + " bytes: got " + Digest.sha256(packed) + ", wanted " + other);
    }

    @Test
    void layerWithAnotherDiffIdIsRefused() throws IOException {
        byte[] tar = tar("f", 10);
        Digest other = Digest.sha256("other".getBytes(UTF_8));
        Descriptor blob = blobs.add(MediaType.Known.OCI_LAYER_GZIP, gzipped(tar));

        assertPullFails(
                Category.MISMATCH,
                new LayerPlan(blob, other),
                "layer " + other,
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
    void interruptionCancelsAndLeavesNothing() throws Exception {
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
        public void advanced(LayerPlan layer, long read, long assembled) {
            lines.add("advanced " + read + " " + assembled);
        }

        @Override
        public void committed(LayerPlan layer) {
            lines.add("committed " + layer.diffId());
            committed.run();
        }
    }
}
