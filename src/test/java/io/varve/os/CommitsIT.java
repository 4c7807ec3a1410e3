package io.varve.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** A disk that takes a name and not the directory of it, which is not where it was for as long. */
@Isolated("every step that is taken in this process comes by")
class CommitsIT {
    @TempDir
    Path directory;

    private Staging staging;
    private Path shelf;
    private Path aside;

    @BeforeEach
    void places() {
        staging = new Staging(directory.resolve("ingest"));
        shelf = directory.resolve("things");
        aside = directory.resolve("aside");
    }

    @AfterEach
    void stopListening() {
        Failpoint.listen(null);
    }

    private void takeAway(String step) {
        if (step.equals("commit.named")) {
            try {
                Files.move(shelf, aside);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void publish() throws IOException {
        try (Staged staged = staging.begin("thing")) {
            staged.create("a").close();
            staged.publish(shelf.resolve("name"));
        }
    }

    @Test
    void nameWhoseDirectoryWasNotSyncedIsSyncedBeforeAnybodyCountsOnIt() throws IOException {
        Failpoint.listen(this::takeAway);
        assertThatThrownBy(this::publish).isInstanceOf(OsException.class);
        Failpoint.listen(null);

        assertThatThrownBy(staging::settle).isInstanceOf(OsException.class);

        Files.move(aside, shelf);
        assertThat(shelf.resolve("name")).exists();
        staging.settle();
        Files.move(shelf, aside);
        staging.settle();
    }

    @Test
    void nameThatAnErrorHasCutShortIsSyncedToo() throws IOException {
        Failpoint.listen(step -> {
            takeAway(step);
            if (step.equals("commit.named")) {
                throw new OutOfMemoryError("for a test");
            }
        });
        assertThatThrownBy(this::publish).isInstanceOf(OutOfMemoryError.class);
        Failpoint.listen(null);

        assertThatThrownBy(staging::settle).isInstanceOf(OsException.class);

        Files.move(aside, shelf);
        staging.settle();
    }
}
