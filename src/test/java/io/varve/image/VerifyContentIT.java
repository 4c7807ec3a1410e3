package io.varve.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.catalogue.Edge;
import io.varve.catalogue.Node;
import io.varve.oci.Digest;
import io.varve.os.Staging;
import io.varve.verify.Finding;
import io.varve.verify.Finding.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a verification finds of damaged content, and how a repair or a pull makes it good. */
class VerifyContentIT extends VerifyWorld {
    private void assertIsPulledAgain(Damage damage, Node blob, String name) throws IOException {
        damage.happenTo(store.home(blob));

        assertFinds(subject(damage == Damage.DELETED ? Kind.MISSING : Kind.DAMAGED, blob));
        assertPullRepairs(name);
    }

    @ParameterizedTest
    @EnumSource
    void blobOfACompressedLayerIsPulledAgain(Damage damage) throws IOException {
        assertIsPulledAgain(damage, store.part(Edge.Role.BLOB, 1), VerifiedStore.ONE);
    }

    @ParameterizedTest
    @EnumSource
    void configurationIsPulledAgain(Damage damage) throws IOException {
        assertIsPulledAgain(damage, store.part(Edge.Role.CONFIG, 0), VerifiedStore.ONE);
    }

    @ParameterizedTest
    @EnumSource
    void manifestIsPulledAgain(Damage damage) throws IOException {
        assertIsPulledAgain(damage, store.manifest(), VerifiedStore.ONE);
    }

    @ParameterizedTest
    @EnumSource
    void imageIndexIsPulledAgain(Damage damage) throws IOException {
        assertIsPulledAgain(damage, store.image(VerifiedStore.TWO), VerifiedStore.TWO);
    }

    @ParameterizedTest
    @EnumSource
    void manifestThatAnImageIndexListsIsPulledAgain(Damage damage) throws IOException {
        assertIsPulledAgain(
                damage,
                store.catalogue()
                        .needs(store.image(VerifiedStore.TWO))
                        .getFirst()
                        .child(),
                VerifiedStore.TWO);
    }

    @ParameterizedTest
    @EnumSource
    void tarIsMadeAgainFromItsBlob(Damage damage) throws IOException {
        Node layer = VerifiedStore.layer(VerifiedStore.TOP);
        damage.happenTo(store.home(layer).resolve("tar"));

        assertFinds(subject(Kind.DAMAGED, layer));
        assertRepairs();
        assertThat(store.home(layer).resolve("tar")).hasBinaryContent(VerifiedStore.TOP);
    }

    @ParameterizedTest
    @EnumSource
    void changesAreMadeAgainFromTheirTar(Damage damage) throws IOException {
        Node layer = VerifiedStore.layer(VerifiedStore.TOP);
        // Without its blob, so that the tar has to do.
        Files.delete(store.home(store.part(Edge.Role.BLOB, 1)));
        damage.happenTo(store.home(layer).resolve("changes"));

        assertFinds(subject(Kind.DAMAGED, layer), subject(Kind.MISSING, store.part(Edge.Role.BLOB, 1)));
        assertPullRepairs(VerifiedStore.ONE);
        assertThat(store.home(layer).resolve("tar")).hasBinaryContent(VerifiedStore.TOP);
    }

    /** Its first byte meant nothing then. */
    @Test
    void indexThatIsTooOldToSayWhatItHasIsSound() throws IOException {
        Path index = store.home(store.part(Edge.Role.INDEX, 0)).resolve("index");
        byte[] older = Files.readAllBytes(index);
        older[0] = 0;
        Files.write(index, older);

        assertFinds();

        older[1024] ^= 1;
        Files.write(index, older);
        assertFinds(subject(Kind.DAMAGED, store.part(Edge.Role.INDEX, 0)));
    }

    @ParameterizedTest
    @EnumSource
    void indexIsMadeAgainFromItsLayers(Damage damage) throws IOException {
        Node index = store.part(Edge.Role.INDEX, 0);
        byte[] was = Files.readAllBytes(store.home(index).resolve("index"));
        damage.happenTo(store.home(index).resolve("index"));

        assertFinds(subject(Kind.DAMAGED, index));
        assertRepairs();
        assertThat(store.home(index).resolve("index")).hasBinaryContent(was);
    }

    @ParameterizedTest
    @EnumSource
    void blobThatIsATarIsMadeAgainFromThatUnlessTheyAreOneFile(Damage damage) throws IOException {
        Node layer = VerifiedStore.layer(VerifiedStore.PLAIN);
        Node blob = Node.blob(layer.digest());
        damage.happenTo(store.home(blob));

        if (damage.isInPlace()) {
            assertFinds(subject(Kind.DAMAGED, layer), subject(Kind.DAMAGED, blob));
            assertPullRepairs(VerifiedStore.TWO);
        } else {
            assertFinds(subject(damage == Damage.DELETED ? Kind.MISSING : Kind.DAMAGED, blob));
            assertRepairs();
        }
        assertThat(Files.isSameFile(store.home(blob), store.home(layer).resolve("tar")))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TOP", "PLAIN"})
    void wholeLayerIsMadeAgainFromItsBlob(String which) throws IOException {
        Node layer = VerifiedStore.layer(which.equals("TOP") ? VerifiedStore.TOP : VerifiedStore.PLAIN);
        Staging.delete(store.home(layer));

        assertFinds(subject(Kind.MISSING, layer));
        assertRepairs();
    }

    @Test
    void wholeIndexIsMadeAgain() throws IOException {
        Node index = store.part(Edge.Role.INDEX, 0);
        Staging.delete(store.home(index));

        assertFinds(subject(Kind.MISSING, index));
        assertRepairs();
    }

    @ParameterizedTest
    @CsvSource({"LAYER", "INDEX", "BLOB"})
    void placeOfADirectoryHasAFile(Edge.Role role) throws IOException {
        Node node = store.part(role, 0);
        Path home = store.home(node);
        Files.move(home, temporary.resolve("away"));
        if (role == Edge.Role.BLOB) {
            Files.createDirectory(home);
        } else {
            Files.writeString(home, "a file");
        }

        assertFinds(subject(Kind.DAMAGED, node));
        if (role == Edge.Role.BLOB) {
            assertPullRepairs(VerifiedStore.ONE);
        } else {
            assertRepairs();
        }
    }

    @Test
    void everythingAtOnceIsFoundAndPulledAgain() throws IOException {
        for (String each : List.of("blobs", "layers", "images")) {
            for (Path file : VerifiedStore.all(store.directory.resolve(each))) {
                if (Files.isRegularFile(file) && (int) Files.getAttribute(file, "unix:nlink") == 1) {
                    Damage.FLIPPED.happenTo(file);
                }
            }
        }

        assertThat(store.verify()).hasSizeGreaterThan(8);
        assertPullRepairs(VerifiedStore.ONE);
    }

    @Test
    void indexThatIsDamagedTogetherWithItsLayerIsRepairedWithIt() throws IOException {
        Node index = store.part(Edge.Role.INDEX, 0);
        Node layer = VerifiedStore.layer(VerifiedStore.TOP);
        Damage.FLIPPED.happenTo(store.home(layer).resolve("tar"));
        Damage.FLIPPED.happenTo(store.home(index).resolve("index"));

        // There is nothing to compare it with yet.
        assertFinds(subject(Kind.DAMAGED, layer));
        assertThat(subjects(assertRepairs()))
                .containsExactlyInAnyOrder(subject(Kind.DAMAGED, layer), subject(Kind.DAMAGED, index));
    }

    @Test
    void whatNoNameNeedsIsPutAwayAndThatIsAll() throws IOException {
        Node blob = store.part(Edge.Role.BLOB, 1);
        store.remove(VerifiedStore.ONE);
        Damage.FLIPPED.happenTo(store.home(blob));

        assertFinds(subject(Kind.DAMAGED, blob));
        assertThat(assertRepairs().getFirst().outcome()).contains("no name needs it");
    }

    @Test
    void findingSaysWhatWasGotAndWanted() throws IOException {
        Node blob = store.part(Edge.Role.CONFIG, 0);
        Files.writeString(store.home(blob), "Hello, world");

        Finding finding = store.verify().getFirst();

        assertThat(finding)
                .hasToString("damaged blob " + blob.digest() + ": digest of 12 bytes: got "
                        + Digest.sha256("Hello, world".getBytes(UTF_8)) + ", wanted " + blob.digest());
        Finding repaired = store.repair().getFirst();
        assertThat(repaired.toString())
                .startsWith(finding + " -> quarantined in quarantine/")
                .endsWith("; pull " + VerifiedStore.ONE + " again");
    }
}
