package io.varve.content;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** On the disk that temporary files are on. */
class ContentStoreIT extends ContentStoreContract {
    @TempDir
    Path directory;

    @Override
    Path directory() {
        return directory;
    }
}
