package io.varve.store;

import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class StoreLockIT {
    @Test
    void lockIsTakenThoughTheDiskHasNoRoomForWords() {
        assertThatCode(() -> StoreLock.take(Path.of("/dev/full"), "test", Duration.ZERO)
                        .close())
                .doesNotThrowAnyException();
    }
}
