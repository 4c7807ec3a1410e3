package io.varve.catalogue;

import static io.varve.catalogue.SampleImage.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MigrationIT {
    private static final SampleImage IMAGE = SampleImage.of("base");

    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void place() {
        file = directory.resolve("catalogue.db");
    }

    private void sql(String statements) {
        try (Session session = Connections.writing(file)) {
            session.execute(statements);
        }
    }

    private static Category refused(Path file, Function<Path, AutoCloseable> open) {
        try (AutoCloseable opened = open.apply(file)) {
            throw new AssertionError(opened + " was opened");
        } catch (Failure e) {
            assertThat(e).hasMessageContaining("catalogue " + file);
            return e.category();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** What form 1 is, never to be changed: files like this exist. */
    private void writeFormOne() {
        sql("PRAGMA journal_mode = DELETE;" + Schema.MIGRATIONS.getFirst()
                + """
                PRAGMA user_version = 1;
                INSERT INTO node (id, kind, digest, size, media_type, present, used)
                VALUES (1, 'blob', '%s', 1000, 'application/vnd.oci.image.manifest.v1+json', 1, %d);
                INSERT INTO image VALUES (1, 'linux/amd64', 0, 'linux/amd64', 1000, 0);
                INSERT INTO tag VALUES ('old', 1, %2$d);
                """.formatted(IMAGE.digest(), NOW.toEpochMilli()));
    }

    @Test
    void formOneStaysReadable() {
        writeFormOne();
        try (Catalogue catalogue = Catalogue.open(file)) {
            assertThat(catalogue.tag("old")).hasValueSatisfying(tag -> {
                assertThat(tag.image().digest()).isEqualTo(IMAGE.digest());
                assertThat(tag.updated()).isEqualTo(NOW);
            });
        }
        try (CatalogueWriter writer = CatalogueWriter.open(file)) {
            assertThat(writer.<Boolean>write(transaction -> transaction.untag("old")))
                    .isTrue();
        }
        try (Session session = Connections.reading(file)) {
            assertThat(Schema.version(session)).isEqualTo(Schema.VERSION);
        }
    }

    @Test
    void refusesNewerFormAndLeavesItAlone() throws IOException {
        writeFormOne();
        sql("PRAGMA user_version = 99");
        byte[] before = Files.readAllBytes(file);
        assertThat(refused(file, Catalogue::open)).isEqualTo(Category.UNAVAILABLE);
        assertThat(refused(file, CatalogueWriter::open)).isEqualTo(Category.UNAVAILABLE);
        assertThatThrownBy(() -> CatalogueWriter.open(file))
                .hasMessageContaining("got 99, wanted at most " + Schema.VERSION);
        assertThat(file).hasBinaryContent(before);
        assertThat(directory).isDirectoryNotContaining("glob:**.db-*");
    }

    @Test
    void refusesFileWithoutTablesOrOfSomethingElse() throws IOException {
        Files.createFile(file);
        assertThat(refused(file, Catalogue::open)).isEqualTo(Category.INVALID);
        assertThat(refused(file, CatalogueWriter::open)).isEqualTo(Category.INVALID);
        Files.writeString(file, "name,image\n".repeat(1000));
        assertThat(refused(file, Catalogue::open)).isEqualTo(Category.INVALID);
        assertThat(refused(file, CatalogueWriter::open)).isEqualTo(Category.INVALID);
        Files.delete(file);
        Files.createDirectory(file);
        assertThat(refused(file, Catalogue::open)).isEqualTo(Category.INVALID);
        assertThat(refused(file, CatalogueWriter::open)).isEqualTo(Category.INVALID);
    }

    @Test
    void missingFileIsNotFoundUntilWriterMakesIt() {
        assertThat(refused(file, Catalogue::open)).isEqualTo(Category.NOT_FOUND);
        assertThat(directory).isEmptyDirectory();
        CatalogueWriter.open(file).close();
        try (Catalogue catalogue = Catalogue.open(file)) {
            assertThat(catalogue.nodes()).isEmpty();
        }
        assertThat(directory).isDirectoryContaining("glob:**catalogue.db");
        assertThat(directory.toFile().list()).hasSize(1);
    }

    @Test
    void logOfFileThatIsGoneIsNotTakenIn() throws IOException {
        try (OtherProcess other = OtherProcess.start("write", file, "gone")) {
            assertThat(other.says()).isEqualTo("written");
        }
        Files.delete(file);
        try (CatalogueWriter writer = CatalogueWriter.open(file)) {
            assertThat(writer.catalogue().nodes()).isEmpty();
        }
    }

    @Test
    void anyNameOfFileWillDo() {
        file = directory.resolve("a?immutable=1&b#c%41;mode=memory ü.db");
        CatalogueWriter.open(file).close();
        assertThat(file).isRegularFile();
        try (Catalogue catalogue = Catalogue.open(file)) {
            assertThat(catalogue.nodes()).isEmpty();
        }
    }
}
