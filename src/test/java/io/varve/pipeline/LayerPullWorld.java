package io.varve.pipeline;

import static io.varve.pipeline.FakeImage.tar;
import static io.varve.pipeline.FakeSource.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.content.ContentStore;
import io.varve.decode.DecodeLimits;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.guard.Deadline;
import io.varve.image.Plans;
import io.varve.layerfs.Layer;
import io.varve.layerfs.LayerFs;
import io.varve.layerfs.LayerLimits;
import io.varve.manifest.ImagePlan;
import io.varve.manifest.LayerPlan;
import io.varve.os.Staging;
import io.varve.tar.TarLimits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Layers that are pulled from a source in memory to a store without a catalogue. */
abstract class LayerPullWorld {
    static final int PATIENCE_S = 60;

    @TempDir
    Path store;

    final FakeSource blobs = new FakeSource();
    final Heard heard = new Heard();
    final KnownLayers known = new KnownLayers(none -> false);
    ContentStore content;
    LayerFs layers;
    LayerPull flows;

    @BeforeEach
    void openStore() {
        Staging staging = new Staging(store.resolve("ingest"));
        content = new ContentStore(store, staging);
        layers = new LayerFs(store, staging, TarLimits.DEFAULTS, LayerLimits.DEFAULTS);
        flows = new LayerPull(content, layers, known, DecodeLimits.DEFAULTS, 3, TestStages::get);
    }

    LayerPlan gzipLayer(byte[] tar) {
        return FakeImage.gzipLayer(blobs, tar);
    }

    LayerPlan plainLayer(byte[] tar) {
        return FakeImage.plainLayer(blobs, tar);
    }

    List<Layer> pull(LayerPlan... plans) {
        return flows.pull(Plans.of(plans), blobs, heard);
    }

    /** It fails for what the blob is, so that nothing of it is worth keeping. */
    void assertPullFails(Category category, LayerPlan plan, String... parts) {
        assertThatThrownBy(() -> pull(plan)).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.category()).isEqualTo(category);
            assertThat(failure)
                    .hasMessageContaining("blob " + plan.blob().digest())
                    .hasMessageContainingAll(parts);
        });
        assertThat(layers.find(plan.diffId())).isEmpty();
        assertNothingHalfDone();
    }

    Path blob(LayerPlan plan) {
        return content.find(plan.blob().digest()).orElseThrow().file();
    }

    void assertNothingHalfDone() {
        if (Files.exists(store.resolve("ingest"))) {
            assertThat(store.resolve("ingest")).isEmptyDirectory();
        }
        // Nobody waits for a feed that was told to end.
        Deadline.until(blobs::allClosed);
    }

    /** Lets some of the blob through, says so, and then waits as a socket does. */
    void waitForInterruptionAfter(LayerPlan layer, CountDownLatch began) throws IOException {
        if (blobs.read(layer.blob()) > 0) {
            began.countDown();
            await(new CountDownLatch(1));
        }
    }

    static void damage(Path file, long at) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, at);
            one.put(0, (byte) ~one.get(0));
            channel.write(one.flip(), at);
        }
    }

    static final class Heard implements PullListener {
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
