package io.varve.image;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.view.Backing;
import io.varve.view.ViewOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever owns a store may put a link there to what only root may read, and wait for root to show it. */
class LinkedTarIT {
    @TempDir
    Path directory;

    @Test
    void linkInThePlaceOfATarIsNotFollowed() throws IOException {
        Stack stack = new Stack(directory.resolve("stack")).of(new Tarball().file("file", "ours"));
        Path tar = tar(directory.resolve("stack/store/layers"));
        Path secret = Files.move(tar, directory.resolve("secret"));
        Files.createSymbolicLink(tar, secret);

        for (ThrowingCallable reading : List.<ThrowingCallable>of(
                () -> stack.bytes("/file"), stack::exported, () -> stack.unpack(directory.resolve("out")))) {
            assertThatThrownBy(reading).hasMessageContaining("symbolic link");
        }
        if (Peers.kernelMounts()) {
            for (Backing backing : Backing.values()) {
                assertThatThrownBy(() -> stack.mount(directory.resolve("at"), ViewOptions.READ_ONLY, backing))
                        .hasMessageContaining("symbolic link");
            }
        }
    }

    private static Path tar(Path below) throws IOException {
        try (Stream<Path> files = Files.walk(below)) {
            return files.filter(file -> file.endsWith("tar")).findFirst().orElseThrow();
        }
    }
}
