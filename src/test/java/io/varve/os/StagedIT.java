package io.varve.os;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagedIT {
    @TempDir
    Path directory;

    private Path ingest;
    private Path home;

    @BeforeEach
    void places() {
        ingest = directory.resolve("store/ingest");
        home = directory.resolve("store/things/kind/name");
    }

    private static void write(Staged staged, String name, String text) throws IOException {
        try (FileChannel file = staged.create(name)) {
            file.write(ByteBuffer.wrap(text.getBytes(UTF_8)));
        }
    }

    @Test
    void filesAppearTogetherWhenTheyArePublished() throws IOException {
        try (Staged staged = new Staging(ingest).begin("thing")) {
            write(staged, "a", "first");
            write(staged, "b", "second");
            assertThat(home).doesNotExist();
            assertThat(ingest).isDirectoryContaining(path -> path.equals(staged.directory()));

            staged.publish(home);
        }
        assertThat(home.resolve("a")).hasContent("first");
        assertThat(home.resolve("b")).hasContent("second");
        assertThat(ingest).isEmptyDirectory();
    }

    @Test
    void closingRemovesWhatWasNotPublished() throws IOException {
        try (Staged staged = new Staging(ingest).begin("thing")) {
            write(staged, "a", "first");
        }
        assertThat(ingest).isEmptyDirectory();
        assertThat(home).doesNotExist();
    }

    @Test
    void whatTheDiskWasNotWaitedForIsMarkedUntilItIsThere() throws IOException {
        Staging staging = new Staging(ingest, Durability.RELAXED);
        Path gone = home.resolveSibling("gone");
        for (Path each : List.of(home, gone)) {
            try (Staged staged = staging.begin("thing")) {
                write(staged, "a", "first");
                staged.publish(each);
            }
        }
        assertThat(Unsynced.isMarked(home)).isTrue();
        assertThat(Unsynced.isMarked(home.resolve("a"))).isTrue();
        staging.remove(List.of(gone));

        staging.syncPublished();

        assertThat(Unsynced.isMarked(home)).isFalse();
        assertThat(Unsynced.isMarked(home.resolve("a"))).isFalse();
    }

    @Test
    void closingTwiceIsFine() throws IOException {
        Staged staged = new Staging(ingest).begin("thing");
        staged.close();
        staged.close();
        assertThat(ingest).isEmptyDirectory();
    }

    @Test
    void whoComesSecondSucceedsAndReplacesNothing() throws IOException {
        try (Staged first = new Staging(ingest).begin("thing");
                Staged second = new Staging(ingest).begin("thing")) {
            assertThat(first.directory()).isNotEqualTo(second.directory());
            write(first, "a", "first");
            write(second, "a", "second");
            first.publish(home);
            second.publish(home);
        }
        assertThat(home.resolve("a")).hasContent("first");
        assertThat(ingest).isEmptyDirectory();
    }

    @Test
    void fileInThePlaceOfTheNameIsAnErrorAndStays() throws IOException {
        Files.createDirectories(home.getParent());
        Files.writeString(home, "foreign");
        try (Staged staged = new Staging(ingest).begin("thing")) {
            write(staged, "a", "first");
            assertThatThrownBy(() -> staged.publish(home)).isInstanceOf(FileSystemException.class);
        }
        assertThat(home).hasContent("foreign");
        assertThat(ingest).isEmptyDirectory();
    }

    @Test
    void fileIsMadeOnce() throws IOException {
        try (Staged staged = new Staging(ingest).begin("thing")) {
            write(staged, "a", "first");
            assertThatThrownBy(() -> staged.create("a").close()).isInstanceOf(FileAlreadyExistsException.class);
        }
    }

    @Test
    void directoriesAreTheirOwnersAlone() throws IOException {
        try (Staged staged = new Staging(ingest).begin("thing")) {
            write(staged, "a", "first");
            staged.publish(home);
        }
        for (String each : List.of("", "things", "things/kind", "things/kind/name", "ingest")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(
                            directory.resolve("store").resolve(each))))
                    .as("%s", each)
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void leftoversOfOthersDoNotDisturb() throws IOException {
        Staging.makeDirectories(ingest.resolve("thing-left-by-a-killed-process"));
        try (Staged staged = new Staging(ingest).begin("thing")) {
            write(staged, "a", "first");
            staged.publish(home);
        }
        assertThat(home.resolve("a")).hasContent("first");
    }
}
