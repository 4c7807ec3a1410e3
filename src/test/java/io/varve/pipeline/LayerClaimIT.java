package io.varve.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.bus.Slabs;
import io.varve.decode.DecodeLimits;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayerClaimIT {
    @Test
    void nothingMoreIsDecodedOfWhatIsNotWanted(@TempDir Path directory) {
        // A file of a few bytes, so that all of it is read before the first slab comes.
        byte[] packed = FakeImage.gzipped(new byte[100 * Slabs.SIZE]);
        Digest blob = Digest.sha256(packed);
        AtomicInteger looks = new AtomicInteger();
        try (Store store = new Store(directory, StoreOptions.DEFAULTS)) {
            store.write("test", session -> {
                store.content().put(blob, packed);
                return true;
            });

            Failure failure = catchThrowableOfType(
                    Failure.class,
                    () -> LayerClaim.check(
                            store.content(), DecodeLimits.DEFAULTS, blob, blob, () -> looks.incrementAndGet() == 3));

            assertThat(failure.category()).isEqualTo(Category.CANCELLED);
            assertThat(looks).hasValue(3);
        }
    }
}
