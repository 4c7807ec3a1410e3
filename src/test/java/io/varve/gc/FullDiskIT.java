package io.varve.gc;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.decode.DecodeLimits;
import io.varve.os.SmallDisk;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.TestStages;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.varve.view.Views;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store on a disk of its own that has no byte left. */
class FullDiskIT {
    private static final int DISK = 48 << 20;
    private static final int LAYER = 4 << 20;

    @TempDir
    Path temporary;

    private final FakeSource source = new FakeSource();
    private SmallDisk disk;
    private Store store;
    private Collector collector;

    @BeforeEach
    void mount() throws IOException {
        disk = SmallDisk.ext("ext4", temporary.resolve("disk"), DISK);
        store = open();
        collector = new Collector(store, new Views(store.directory().resolve("views")));
    }

    @AfterEach
    void unmount() {
        if (disk != null) {
            store.close();
            disk.close();
        }
    }

    private Store open() {
        return new Store(disk.path().resolve("store"), StoreOptions.DEFAULTS);
    }

    private void pull() {
        FakeImage image = FakeImage.gzip(source, "f", LAYER);
        LayerPull flows = new LayerPull(store, DecodeLimits.DEFAULTS, 2, TestStages::get);
        new Pull(store, flows).pull(source, image.manifest(), null, null, PullListener.NONE);
    }

    /** Until nobody can write another byte. */
    private void fill() throws IOException {
        try (OutputStream out = Files.newOutputStream(disk.path().resolve("other"))) {
            for (int piece = 1 << 20; piece > 0; piece = piece == 1 ? 0 : piece / 2) {
                try {
                    while (true) {
                        out.write(new byte[piece]);
                    }
                } catch (IOException e) {
                    // Full for pieces of this size.
                }
            }
        }
        assertThat(free()).isZero();
    }

    private long free() {
        return disk.path().toFile().getUsableSpace();
    }

    private Instant afterTheLeases() {
        return Instant.now().plus(store.options().lease()).plusSeconds(60);
    }

    @Test
    void isCollectedByTheNextProcess() throws IOException {
        pull();
        fill();

        assertThat(collector.collect(afterTheLeases()).bytes()).isGreaterThan(LAYER);
        assertThat(free()).isGreaterThan(LAYER / 2);
    }

    @Test
    void isCollectedByTheProcessThatHasFilledIt() throws IOException {
        store.write("service", session -> {
            pull();
            try {
                fill();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return collector.collect(afterTheLeases());
        });

        assertThat(free()).isGreaterThan(LAYER / 2);
    }

    @Test
    void isCollectedTimeAndAgain() throws IOException {
        for (int round = 0; round < 3; round++) {
            pull();
            fill();
            collector.collect(afterTheLeases());
            Files.delete(disk.path().resolve("other"));
        }
    }
}
