package io.varve.catalogue;

import static io.varve.catalogue.SampleImage.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading where nothing can be written: through a read-only mount for root, in a directory without permission for others. */
class ReadOnlyIT {
    @TempDir
    Path directory;

    private Path store;
    private Path seen;
    private boolean mounted;

    @BeforeEach
    void place() throws IOException {
        store = Files.createDirectory(directory.resolve("store"));
        seen = store;
    }

    @AfterEach
    void give() throws Exception {
        if (mounted) {
            assertThat(run("umount", seen.toString())).isZero();
        }
        Files.setPosixFilePermissions(store, PosixFilePermissions.fromString("rwx------"));
    }

    private static int run(String... words) throws IOException, InterruptedException {
        return new ProcessBuilder(words)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    /** From now on. */
    private Path readOnly() throws IOException, InterruptedException {
        if (!System.getProperty("user.name").equals("root")) {
            Files.setPosixFilePermissions(store, PosixFilePermissions.fromString("r-x------"));
        } else {
            seen = Files.createDirectory(directory.resolve("seen"));
            mounted = run("mount", "--bind", store.toString(), seen.toString()) == 0;
            assumeTrue(mounted, "may not mount");
            assertThat(run("mount", "-o", "remount,bind,ro", seen.toString())).isZero();
        }
        assertThatThrownBy(() -> Files.createFile(seen.resolve("probe"))).isInstanceOf(IOException.class);
        return seen.resolve("catalogue.db");
    }

    private static void tag(CatalogueWriter writer, String name) {
        SampleImage image = SampleImage.of("base");
        writer.write(transaction -> {
            image.store(transaction, NOW);
            transaction.tag(name, image.digest(), NOW);
            return true;
        });
    }

    private Path file() {
        return store.resolve("catalogue.db");
    }

    @Test
    void readsWhatWriterLeftThatEnded() throws Exception {
        try (CatalogueWriter writer = CatalogueWriter.open(file())) {
            tag(writer, "a");
        }
        try (Catalogue catalogue = Catalogue.open(readOnly())) {
            assertThat(catalogue.tag("a")).isPresent();
        }
        assertThat(store.toFile().list()).containsExactly("catalogue.db");
    }

    @Test
    void readsWhatWriterLeftThatDied() throws Exception {
        try (OtherProcess other = OtherProcess.start("write", file(), "a")) {
            assertThat(other.says()).isEqualTo("written");
        }
        assertThat(store).isDirectoryContaining("glob:**-wal");
        try (Catalogue catalogue = Catalogue.open(readOnly())) {
            assertThat(catalogue.tag("a")).isPresent();
        }
    }

    @Test
    void readsWhileOtherProcessWrites() throws Exception {
        try (OtherProcess other = OtherProcess.start("hold", file(), "a")) {
            assertThat(other.says()).isEqualTo("written");
            try (Catalogue catalogue = Catalogue.open(readOnly())) {
                assertThat(catalogue.tag("a")).isPresent();
                assertThat(catalogue.images()).hasSize(1);
            }
        }
    }

    @Test
    void readsWhatReaderLeftThatCameTooLate() throws Exception {
        try (CatalogueWriter writer = CatalogueWriter.open(file())) {
            tag(writer, "a");
        }
        Files.createFile(store.resolve("catalogue.db-wal"));
        try (Catalogue catalogue = Catalogue.open(readOnly())) {
            assertThat(catalogue.tag("a")).isPresent();
        }
    }

    @Test
    void saysWhatIsMissingWhenLogCannotBeTakenIn() throws Exception {
        try (OtherProcess other = OtherProcess.start("write", file(), "a")) {
            assertThat(other.says()).isEqualTo("written");
        }
        Files.delete(store.resolve("catalogue.db-shm"));
        Path file = readOnly();
        assertThatThrownBy(() -> Catalogue.open(file))
                .hasMessageStartingWith("Unavailable: catalogue " + file)
                .hasMessageContaining("catalogue.db-wal");
    }

    @Test
    void followsWriterThatComesLater() throws Exception {
        try (CatalogueWriter writer = CatalogueWriter.open(file())) {
            tag(writer, "a");
        }
        assumeTrue(System.getProperty("user.name").equals("root"), "needs a place that others may write to");
        try (Catalogue catalogue = Catalogue.open(readOnly())) {
            assertThat(catalogue.tag("b")).isEmpty();
            try (CatalogueWriter writer = CatalogueWriter.open(file())) {
                tag(writer, "b");
                assertThat(catalogue.tag("b")).isPresent();
            }
            assertThat(catalogue.tag("b")).isPresent();
            assertThat(catalogue.names(SampleImage.of("base").digest())).containsExactly("a", "b");
        }
    }
}
