package io.varve.store;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.os.Durability;
import io.varve.os.Staged;
import io.varve.os.Staging;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that does not take what was named: there is no directory any more in which it could be asked. */
class SyncingIT {
    @TempDir
    Path directory;

    private StoreFiles files;
    private UnsyncedNote note;
    private Syncing syncing;

    @BeforeEach
    void nameSomething() throws IOException {
        files = new StoreFiles(directory);
        note = new UnsyncedNote(files);
        note.write();
        Staging staging = new Staging(files.ingest(), Durability.RELAXED);
        syncing = new Syncing(staging, note);
        try (Staged staged = staging.begin("thing")) {
            staged.create("a").close();
            staged.publish(directory.resolve("things/name"));
        }
        Staging.delete(files.ingest());
    }

    @Test
    void whatTheDiskDidNotTakeIsReadAgainByTheNextSession() throws IOException {
        assertThat(note.isOfAFailure()).isFalse();

        syncing.sync();

        assertThat(note.isOfAFailure()).isTrue();
        assertThat(note.isOfAnotherLife()).isTrue();
        syncing.end();
    }

    @Test
    void thisNeedsNoRoomForAnotherFile() throws IOException {
        Files.createFile(files.ingest());

        note.distrust();

        assertThat(note.isOfAFailure()).isTrue();
        assertThat(note.isOfAnotherLife()).isTrue();
    }

    @Test
    void sessionDoesNotEndWellBeforeThisIsSaid() throws IOException {
        String life = Files.readString(files.unsynced(), US_ASCII);
        Files.delete(files.unsynced());
        Files.createDirectory(files.unsynced());
        syncing.sync();

        assertThatThrownBy(syncing::end).isInstanceOf(IOException.class);

        Files.delete(files.unsynced());
        Files.writeString(files.unsynced(), life, US_ASCII);
        syncing.end();
        assertThat(note.isOfAFailure()).isTrue();
    }
}
