package io.varve.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.decode.DecodeLimits;
import io.varve.image.Rootfs;
import io.varve.os.SmallDisk;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.pipeline.Image;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.TestStages;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.varve.view.Views;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bundles where there is no room for them. */
class FullDiskIT {
    private static final int SPACE = 1 << 20;
    private static final BundleOptions UNPACKED =
            new BundleOptions(BundleOptions.Root.UNPACKED, List.of("/bin/true"), List.of(), null, false, "image");

    @TempDir
    Path directory;

    /** The root alone has room, with a page too little beside it, or has none. */
    @ParameterizedTest
    @ValueSource(ints = {SPACE, SPACE - 1, SPACE + 1})
    void nothingIsLeftOfWhatDoesNotFit(int bytes) throws Exception {
        try (Store store = new Store(directory.resolve("store"), StoreOptions.DEFAULTS)) {
            LayerPull layers = new LayerPull(store, DecodeLimits.DEFAULTS, 1, TestStages::get);
            FakeSource source = new FakeSource();
            FakeImage fake = FakeImage.gzip(source, "large", bytes);
            Image image = new Pull(store, layers).pull(source, fake.manifest(), null, null, PullListener.NONE);
            Bundles bundles = new Bundles(
                    new Rootfs(new Views(directory.resolve("store/views")), directory.resolve("store/rootfs")), 1);
            try (SmallDisk disk = SmallDisk.tmpfs(directory.resolve("disk"), "size=" + SPACE)) {
                assertThatThrownBy(() -> bundles.create(image, disk.path().resolve("bundle"), UNPACKED))
                        .hasMessageContaining("o space left");
                assertThat(disk.path()).isEmptyDirectory();

                Path empty = Files.createDirectory(disk.path().resolve("empty"));
                assertThatThrownBy(() -> bundles.create(image, empty, UNPACKED)).hasMessageContaining("o space left");
                assertThat(empty).isEmptyDirectory();
            }
        }
    }
}
