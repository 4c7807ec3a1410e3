package io.varve.catalogue;

import static io.varve.catalogue.SampleImage.NOW;
import static io.varve.catalogue.SampleImage.digest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.varve.failure.Category;
import io.varve.failure.Failure;
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

    private boolean mounted;

    @BeforeEach
    void mount() throws Exception {
        mounted = run("mount", "-t", "tmpfs", "-o", "size=" + SPACE, "none", directory.toString()) == 0;
        assumeTrue(mounted, "may not mount");
    }

    @AfterEach
    void unmount() throws Exception {
        if (mounted) {
            assertThat(run("umount", directory.toString())).isZero();
        }
    }

    private static int run(String... words) throws IOException, InterruptedException {
        return new ProcessBuilder(words)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
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
