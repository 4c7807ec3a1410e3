package io.varve.store;

import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class StoreLockIT {
    @Test
    void lockIsTakenThoughTheDiskHasNoRoomForWords() {
        assertThatCode(() -> Objects.requireNonNull(StoreLock.tryTake(Path.of("/dev/full"), "test"))
                        .close())
                .doesNotThrowAnyException();
    }
}
