package io.varve.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.catalogue.Edge;
import io.varve.catalogue.Node;
import io.varve.catalogue.StoredImage;
import io.varve.decode.DecodeLimits;
import io.varve.failure.Category;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Reference;
import io.varve.pipeline.FakeArtifact;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Pull;
import io.varve.pipeline.TestStages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A store whose form is another one, or whose catalogue is lost: refused as it is, or made again from what is there. */
class StoreRebuiltIT extends StoreWorld {
    @Test
    void storeOfANewerFormIsRefusedAndUntouched() throws IOException {
        pull("f", NAME);
        Files.writeString(directory.resolve("varve.json"), "{\"form\": 2, \"new\": true}");
        Files.createDirectories(directory.resolve("ingest/staged-of-theirs"));
        Map<String, String> before = files(directory);
        Store old = open(DEFAULTS);

        for (ThrowingCallable call : List.<ThrowingCallable>of(() -> old.catalogue(), () -> touch(old))) {
            assertThat(refused(Category.UNAVAILABLE, call))
                    .hasMessageContaining("form: got 2, wanted at most 1; a newer Varve wrote this store");
        }

        assertThat(files(directory)).isEqualTo(before);
        assertThat(directory.resolve("ingest/staged-of-theirs")).isDirectory();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "[]", "{\"form\": 0}", "{\"form\": \"one\"}", "{\"form\": -1}", "no json"})
    void storeThatDoesNotSayItsFormIsRefusedAndUntouched(String form) throws IOException {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve("varve.json"), form);

        assertThat(refused(Category.INVALID, () -> touch(store))).hasMessageContaining("varve.json");
        refused(Category.INVALID, () -> store.catalogue());

        assertThat(files(directory)).containsOnlyKeys("varve.json");
    }

    /** Every file below a directory, with its bytes. */
    private static Map<String, String> files(Path below) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(below)) {
            for (Path each : all.filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))
                    .toList()) {
                files.put(
                        below.relativize(each).toString(),
                        Digest.sha256(Files.readAllBytes(each)).hex());
            }
        }
        return files;
    }

    @Test
    void storeFromBeforeThereWereFormsBecomesOneOfToday() throws IOException {
        FakeImage image = pull("f", NAME);
        for (String each : List.of("varve.json", "catalogue.db", "index.json", "oci-layout")) {
            Files.delete(directory.resolve(each));
        }
        Store old = open(DEFAULTS);

        touch(old);

        assertThat(directory.resolve("varve.json")).exists();
        assertThat(namesInIndex()).isEmpty();
        assertThat(catalogue(old).find(Node.layer(image.layers().getFirst().diffId())))
                .isPresent();
    }

    @Test
    void missingCatalogueIsMadeAgainWithTheNamesOfTheIndex() throws IOException {
        FakeImage app = pull("app", NAME);
        FakeImage nameless = pull("nameless", null);
        var nodes = catalogue(store).nodes();
        store.close();
        Files.delete(directory.resolve("catalogue.db"));
        Store next = open(DEFAULTS);

        touch(next);

        assertThat(names(next)).containsExactly(NAME);
        assertThat(namesInIndex()).containsExactly(NAME);
        assertThat(catalogue(next).nodes())
                .allMatch(entry -> entry.present())
                .extracting(entry -> entry.node())
                .containsExactlyInAnyOrderElementsOf(
                        nodes.stream().map(entry -> entry.node()).toList());
        Instant later = Instant.now().plus(DEFAULTS.lease()).plusSeconds(60);
        assertThat(catalogue(next).garbage(List.of(), Instant.now())).isEmpty();
        assertThat(catalogue(next).garbage(List.of(), later))
                .extracting(entry -> entry.node())
                .contains(Node.blob(nameless.manifest().digest()), Node.index(nameless.chainId()))
                .doesNotContain(Node.blob(app.manifest().digest()), Node.index(app.chainId()));
        assertThat(directory.resolve("quarantine")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"beginning", "all", "schema"})
    void damagedCatalogueIsMadeAgainAndKeptAside(String what) throws IOException {
        pull("app", NAME);
        store.close();
        Path file = directory.resolve("catalogue.db");
        byte[] bytes = Files.readAllBytes(file);
        switch (what) {
            case "beginning" -> bytes[0] ^= 1;
            case "all" -> bytes = "no database at all".repeat(300).getBytes(UTF_8);
            default -> Arrays.fill(bytes, 100, 1000, (byte) 0xff);
        }
        Files.write(file, bytes);
        Store next = open(DEFAULTS);

        touch(next);

        assertThat(names(next)).containsExactly(NAME);
        Path quarantined = only(only(directory.resolve("quarantine")));
        assertThat(quarantined).hasBinaryContent(bytes);
        assertThat(directory.resolve("ingest")).isEmptyDirectory();
    }

    private static Path only(Path below) throws IOException {
        try (Stream<Path> children = Files.list(below)) {
            List<Path> all = children.toList();
            assertThat(all).hasSize(1);
            return all.getFirst();
        }
    }

    @Test
    void namesThatCannotBeReadNowAreNotTakenForLost() throws IOException {
        pull("app", NAME);
        store.close();
        Files.delete(directory.resolve("catalogue.db"));
        Path index = directory.resolve("index.json");
        Path aside = Files.move(index, temporary.resolve("aside"));
        Files.createSymbolicLink(index, index);
        Store next = open(DEFAULTS);

        assertThat(refused(Category.UNAVAILABLE, () -> touch(next))).hasMessageContaining("index.json");

        Files.delete(index);
        Files.move(aside, index);
        touch(next);
        assertThat(names(next)).containsExactly(NAME);
    }

    @Test
    void imageThatIsNotWholeLosesItsNameAndNoOtherDoes() throws IOException {
        FakeImage broken = pull("a", "docker.io/library/a:1");
        pull("b", "docker.io/library/b:1");
        store.close();
        Files.delete(directory.resolve("catalogue.db"));
        Files.delete(store.content().home(broken.config().digest()));
        Store next = open(DEFAULTS);

        touch(next);

        assertThat(names(next)).containsExactly("docker.io/library/b:1");
        assertThat(next.content().find(broken.manifest().digest()))
                .as("what was not understood is not removed")
                .isPresent();
    }

    @Test
    void artifactIsFoundAgainWithItsNameWhenTheCatalogueIsLost() throws IOException {
        FakeArtifact artifact = FakeArtifact.of(source, new byte[] {'{', '}'}, new byte[2_000], new byte[] {1, 2, 3});
        LayerPull flows = new LayerPull(store, DecodeLimits.DEFAULTS, 2, TestStages::get);
        artifact.pull(new Pull(store, flows), source, NAME);
        List<Edge> needs = catalogue(store).needs(Node.blob(artifact.manifest().digest()));
        assertThat(needs).hasSize(3);
        store.close();
        Files.delete(directory.resolve("catalogue.db"));
        Store next = open(DEFAULTS);

        touch(next);

        assertThat(catalogue(next).tag(NAME).orElseThrow().image()).isEqualTo(artifact.manifest());
        assertThat(catalogue(next).needs(Node.blob(artifact.manifest().digest())))
                .isEqualTo(needs);
        assertThat(catalogue(next).images()).singleElement().matches(StoredImage::isArtifact);
    }

    /** A signature of an image in a repository, a signature of that, and one of an image that nobody named. */
    @Test
    void whatSaysSomethingOfAnImageIsKeptWithItWhenTheCatalogueIsLost() throws IOException {
        FakeImage app = pull("app", NAME);
        FakeImage nameless = pull("nameless", null);
        FakeArtifact signature = saying(app.manifest(), 1);
        FakeArtifact witness = saying(signature.manifest(), 2);
        FakeArtifact lost = saying(nameless.manifest(), 3);
        store.close();
        Files.delete(directory.resolve("catalogue.db"));
        Store next = open(DEFAULTS);

        touch(next);

        String repository = Reference.parse(NAME).name();
        assertThat(catalogue(next).referrers(app.manifest().digest(), repository, null, "", 9))
                .containsExactly(signature.manifest().digest());
        assertThat(catalogue(next).referrers(signature.manifest().digest(), repository, null, "", 9))
                .containsExactly(witness.manifest().digest());
        Instant later = Instant.now().plus(DEFAULTS.lease()).plusSeconds(60);
        assertThat(catalogue(next).garbage(List.of(), later))
                .extracting(entry -> entry.node())
                .contains(Node.blob(lost.manifest().digest()))
                .doesNotContain(
                        Node.blob(signature.manifest().digest()),
                        Node.blob(witness.manifest().digest()),
                        Node.blob(witness.config().digest()));
    }

    private FakeArtifact saying(Descriptor subject, int what) {
        Descriptor empty = source.add(MediaType.parse("application/vnd.oci.empty.v1+json"), new byte[] {'{', '}'});
        Descriptor content = source.add(MediaType.parse("application/x-signature"), new byte[] {(byte) what});
        var json = Manifest.of(empty, List.of(content)).toJson();
        json.put("artifactType", "application/x-signature").set("subject", subject.toJson());
        Descriptor manifest = source.add(MediaType.Known.OCI_MANIFEST, Json.write(json));
        FakeArtifact artifact = new FakeArtifact(manifest, empty, List.of(content));
        artifact.pull(new Pull(store, new LayerPull(store, DecodeLimits.DEFAULTS, 2, TestStages::get)), source, null);
        return artifact;
    }
}
