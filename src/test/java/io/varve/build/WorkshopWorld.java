package io.varve.build;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Each test has a store of its own, and a directory with its inputs. */
abstract class WorkshopWorld {
    @TempDir
    Path directory;

    Workshop shop;

    @BeforeAll
    static void warmUp(@TempDir Path directory) {
        Workshop.warmUp(directory);
    }

    @BeforeEach
    void open() {
        shop = new Workshop(directory.resolve("store"), directory);
    }

    @AfterEach
    void close() {
        shop.close();
    }
}
