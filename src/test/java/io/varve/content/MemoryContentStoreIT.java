package io.varve.content;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.varve.os.Staging;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** In a filesystem of memory. */
class MemoryContentStoreIT extends ContentStoreContract {
    private static final Path MEMORY = Path.of("/dev/shm");

    private @Nullable Path directory;

    @Override
    Path directory() {
        try {
            assumeTrue(
                    Files.isWritable(MEMORY)
                            && Files.getFileStore(MEMORY).type().equals("tmpfs"),
                    "tmpfs at /dev/shm");
            directory = Files.createTempDirectory(MEMORY, "varve-");
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    boolean reserves() {
        return false;
    }

    @AfterEach
    void remove() throws IOException {
        if (directory != null) {
            Staging.delete(directory);
        }
    }
}
