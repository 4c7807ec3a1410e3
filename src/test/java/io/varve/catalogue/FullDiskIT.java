package io.varve.catalogue;

import static io.varve.catalogue.SampleImage.NOW;
import static io.varve.catalogue.SampleImage.digest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.os.SmallDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FullDiskIT {
    private static final int SPACE = 2 << 20;

    @TempDir
    Path directory;

    private SmallDisk disk;

    @BeforeEach
    void mount() throws IOException {
        disk = SmallDisk.tmpfs(directory, "size=" + SPACE);
    }

    @AfterEach
    void unmount() {
        if (disk != null) {
            disk.close();
        }
    }

    @Test
    void losesWhatDidNotFitAndGoesOnWhenThereIsSpace() throws IOException {
        Path filler = Files.write(directory.resolve("filler"), new byte[SPACE - (600 << 10)]);
        try (CatalogueWriter writer = CatalogueWriter.open(directory.resolve("catalogue.db"))) {
            writer.write(transaction -> {
                transaction.present(Node.blob(digest("first")), 1, null, NOW);
                return true;
            });
            Failure full = catchThrowableOfType(
                    Failure.class,
                    () -> writer.write(transaction -> {
                        for (int i = 0; i < 20_000; i++) {
                            transaction.present(Node.blob(digest("blob " + i)), i, null, NOW);
                        }
                        return true;
                    }));
            assertThat(full.category()).isEqualTo(Category.UNAVAILABLE);
            assertThat(full).hasMessageContaining("no space left on its disk");
            assertThat(writer.catalogue().nodes()).hasSize(1);

            Files.delete(filler);
            writer.write(transaction -> {
                transaction.present(Node.blob(digest("second")), 1, null, NOW);
                return true;
            });
            assertThat(writer.catalogue().nodes()).hasSize(2);
        }
    }
}
