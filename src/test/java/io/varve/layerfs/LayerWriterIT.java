package io.varve.layerfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.os.SmallDisk;
import io.varve.os.Staging;
import io.varve.tar.TarLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stays of a layer whose writing was cut short. */
class LayerWriterIT {
    private static final byte[] EMPTY_TAR = new byte[1024];

    @TempDir
    Path directory;

    @Test
    void fullDiskKeepsNothingAndIsNamed() throws IOException {
        try (SmallDisk disk = SmallDisk.tmpfs(directory.resolve("store"), "size=128k")) {
            Path store = disk.path();
            try (LayerWriter writer = layers(store).write(Digest.sha256(new byte[0]))) {
                assertThatThrownBy(() -> accept(writer, new byte[1 << 20]))
                        .hasMessageMatching("Unavailable: layer sha256:[0-9a-f]{64}: space for more than 0 bytes in "
                                + store + "/ingest: the disk is full, 0 bytes free");
            }
            assertThat(store.resolve("ingest")).isEmptyDirectory();
        }
    }

    @Test
    void diskThatHasRoomForOneMoreFileButNotForTwoKeepsNone() throws IOException {
        // The root, ingest, the layer's directory in it, and its tar.
        try (SmallDisk disk = SmallDisk.tmpfs(directory.resolve("store"), "nr_inodes=4")) {
            Path store = disk.path();
            assertFails(Category.UNAVAILABLE, () -> layers(store).write(Digest.sha256(EMPTY_TAR)));
            assertThat(store.resolve("ingest")).isEmptyDirectory();
        }
    }

    @Test
    void interruptedWriterWasCancelledAndKeepsNothing() {
        try (LayerWriter writer = layers(directory).write(Digest.sha256(EMPTY_TAR))) {
            Thread.currentThread().interrupt();
            assertFails(Category.CANCELLED, () -> accept(writer, EMPTY_TAR));
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(directory.resolve("ingest")).isEmptyDirectory();
    }

    @Test
    void interruptedMergeWasCancelled() {
        LayerFs layers = layers(directory);
        try (LayerWriter writer = layers.write(Digest.sha256(EMPTY_TAR))) {
            accept(writer, EMPTY_TAR);
            Layer layer = writer.commit();
            Thread.currentThread().interrupt();
            assertFails(Category.CANCELLED, () -> layers.merge(List.of(layer)));
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    private static LayerFs layers(Path store) {
        return new LayerFs(store, new Staging(store.resolve("ingest")), TarLimits.DEFAULTS, LayerLimits.DEFAULTS);
    }

    private static void accept(LayerWriter writer, byte[] bytes) {
        ByteBuf slab = Unpooled.wrappedBuffer(bytes);
        try {
            writer.accept(slab);
        } finally {
            slab.release();
        }
    }

    private static void assertFails(Category category, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.category()).isEqualTo(category));
    }
}
