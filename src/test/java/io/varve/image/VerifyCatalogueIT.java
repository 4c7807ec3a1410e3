package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.catalogue.Edge;
import io.varve.catalogue.Node;
import io.varve.decode.DecodeLimits;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Index;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.TestStages;
import io.varve.verify.Finding.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A catalogue that is wrong is made to say what the content says. */
class VerifyCatalogueIT extends VerifyWorld {
    private String id(Node node) {
        return "(SELECT id FROM node WHERE digest = '" + node.digest() + "' AND kind = '"
                + node.kind().name().toLowerCase(Locale.ROOT) + "')";
    }

    static Stream<Arguments> needs() {
        return Stream.of("config", "blob", "layer", "index")
                .flatMap(role -> Stream.of(
                                "DELETE FROM edge WHERE parent = %1$s AND role = '%2$s'",
                                "UPDATE edge SET child = %1$s WHERE parent = %1$s AND role = '%2$s' AND position = 0",
                                "INSERT INTO edge (parent, role, position, child) VALUES (%1$s, '%2$s', 77, %1$s)")
                        .map(statement -> Arguments.of(role, statement)));
    }

    @ParameterizedTest
    @MethodSource
    void needs(String role, String statement) throws IOException, SQLException {
        Node manifest = store.manifest();
        store.sql(String.format(statement, id(manifest), role));

        assertFinds(subject(Kind.MISRECORDED, manifest));
        assertRepairs();
    }

    @Test
    void needsOfAnImageIndex() throws IOException, SQLException {
        Node index = store.image(VerifiedStore.TWO);
        store.sql("DELETE FROM edge WHERE parent = " + id(index));

        assertFinds(subject(Kind.MISRECORDED, index));
        assertRepairs();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DELETE FROM edge WHERE parent = %1$s",
                "UPDATE edge SET position = 5 WHERE parent = %1$s AND position = 0",
                "UPDATE edge SET child = (SELECT child FROM edge WHERE parent = %1$s AND position = 0) WHERE parent = %1$s"
            })
    void layersOfAnIndex(String statement) throws IOException, SQLException {
        Node index = store.part(Edge.Role.INDEX, 0);
        store.sql(String.format(statement, id(index)));

        assertFinds(subject(Kind.MISRECORDED, index));
        assertRepairs();
    }

    @ParameterizedTest
    @CsvSource({"BLOB", "CONFIG", "LAYER", "INDEX"})
    void size(Edge.Role role) throws IOException, SQLException {
        Node node = store.part(role, 0);
        store.sql("UPDATE node SET size = size + 1 WHERE id = " + id(node));

        assertFinds(subject(Kind.MISRECORDED, node));
        assertRepairs();
    }

    /** Whoever pushed it may have said so; to repair that would be to believe him. */
    @Test
    void blobIsNoImageForBeingCalledOne() {
        byte[] bytes = Index.of(List.of(
                        store.catalogue().tag(VerifiedStore.ONE).orElseThrow().image()))
                .bytes();
        Digest digest = Digest.sha256(bytes);
        store.store().write("test", session -> {
            store.store().content().put(digest, bytes);
            return session.write(transaction -> {
                transaction.present(Node.blob(digest), bytes.length, MediaType.Known.OCI_INDEX, Instant.now());
                return true;
            });
        });

        assertThat(store.verify()).isEmpty();
        store.repair();
        assertThat(store.catalogue().isRecorded(digest)).isFalse();
        assertThat(store.catalogue().needs(Node.blob(digest))).isEmpty();
    }

    @Test
    void imageIndexLeadsToNoMoreForHavingBeenRepaired() throws IOException, SQLException {
        FakeSource source = new FakeSource();
        Descriptor two = FakeImage.index(
                source,
                List.of(
                        FakeImage.gzip(source, "ours", 10).manifest(),
                        FakeImage.gzip(source, "other", 10).manifest()),
                List.of(Platform.ofThisMachine(), Platform.parse("linux/s390x")));
        LayerPull layers = new LayerPull(store.store(), DecodeLimits.DEFAULTS, 1, TestStages::get);
        new Pull(store.store(), layers).pull(source, two, "docker.io/library/many:1", null, PullListener.NONE);
        Node index = Node.blob(two.digest());
        List<Edge> needs = store.catalogue().needs(index);
        assertThat(needs).as("what was pulled").hasSize(1);
        assertThat(store.verify()).isEmpty();
        store.sql("UPDATE node SET size = size + 1 WHERE id = " + id(index));

        assertRepairs();
        assertThat(store.catalogue().needs(index)).isEqualTo(needs);
    }

    @Test
    void mediaType() throws IOException, SQLException {
        Node manifest = store.manifest();
        store.sql("UPDATE node SET media_type = 'application/vnd.oci.image.config.v1+json' WHERE id = " + id(manifest));

        // Which of them is wrong about the image, the image says.
        assertFinds(subject(Kind.MISRECORDED, manifest), "stale index.json");
        assertRepairs();
    }

    @ParameterizedTest
    @CsvSource({"BLOB", "CONFIG", "LAYER"})
    void presence(Edge.Role role) throws IOException, SQLException {
        Node node = store.part(role, 1 % (role == Edge.Role.CONFIG ? 1 : 2));
        store.sql("UPDATE node SET present = 0 WHERE id = " + id(node));

        assertFinds(subject(Kind.UNKNOWN, node));
        assertRepairs();
    }

    @Test
    void nameOfAnImageThatIsGone() throws IOException, SQLException {
        store.sql("PRAGMA foreign_keys = OFF", "UPDATE tag SET image = 4711 WHERE name = '" + VerifiedStore.ONE + "'");

        assertThat(store.verify())
                .singleElement()
                .satisfies(finding -> assertThat(finding.toString())
                        .startsWith("damaged catalogue.db: tag: got 1 rows whose image is not there"));
        assertRepairs();
        // index.json still knew.
        assertThat(store.catalogue().tag(VerifiedStore.ONE)).isPresent();
    }

    @Test
    void layerThatItForgot() throws IOException, SQLException {
        Node layer = VerifiedStore.layer(VerifiedStore.TOP);
        Node index = store.part(Edge.Role.INDEX, 0);
        Node manifest = store.manifest();
        store.sql("PRAGMA foreign_keys = ON", "DELETE FROM node WHERE id = " + id(layer));

        assertFinds(
                subject(Kind.UNKNOWN, layer), subject(Kind.MISRECORDED, index), subject(Kind.MISRECORDED, manifest));
        assertRepairs();
    }

    @Test
    void rowThatMakesNoSense() throws IOException, SQLException {
        store.sql("UPDATE node SET digest = 'nonsense' WHERE id = " + id(VerifiedStore.layer(VerifiedStore.TOP)));

        assertThat(store.verify())
                .singleElement()
                .satisfies(finding -> assertThat(finding.toString())
                        .startsWith("damaged catalogue.db: ")
                        .contains("nonsense"));
        assertRepairs();
    }

    @Test
    void fileThatIsNoCatalogueHidesNothingOfTheContent() throws IOException {
        store.close();
        Files.writeString(store.directory.resolve("catalogue.db"), "garbage".repeat(1_000));
        Node layer = VerifiedStore.layer(VerifiedStore.TOP);
        Damage.FLIPPED.happenTo(store.home(layer).resolve("tar"));

        assertFinds("damaged catalogue.db", subject(Kind.DAMAGED, layer));
        assertRepairs();
        assertThat(store.catalogue().tags("", "", 9)).hasSize(2);
    }

    @Test
    void noCatalogueAtAll() throws IOException {
        store.close();
        Files.delete(store.directory.resolve("catalogue.db"));

        assertFinds("missing catalogue.db");
        assertRepairs();
        assertThat(store.catalogue().tags("", "", 9)).hasSize(2);
    }
}
