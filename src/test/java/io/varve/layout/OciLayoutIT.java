package io.varve.layout;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Index;
import io.varve.oci.Json;
import io.varve.oci.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OciLayoutIT {
    private static final MediaType TEXT = MediaType.parse("text/plain");

    @TempDir
    Path scratch;

    private Path directory;
    private LayoutWriter writer;

    @BeforeEach
    void createLayout() {
        directory = scratch.resolve("layout");
        writer = LayoutWriter.create(directory);
    }

    private OciLayout layout() {
        return OciLayout.open(directory, Json.DEFAULT_LIMIT);
    }

    private Descriptor image(String content) {
        return writer.write(MediaType.Known.OCI_MANIFEST, content.getBytes(UTF_8));
    }

    private Descriptor resolve(String suffix) {
        return layout().resolve(LayoutReference.parse("oci:" + directory + suffix));
    }

    private static void assertFails(ThrowingCallable call, Category category, String... parts) {
        assertThatThrownBy(call).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.category()).isEqualTo(category);
            assertThat(failure.getMessage()).contains(parts);
        });
    }

    @Test
    void isALayoutFromTheStart() throws IOException {
        assertThat(Files.readString(directory.resolve("oci-layout"))).isEqualTo("{\"imageLayoutVersion\":\"1.0.0\"}");
        assertThat(layout().index().manifests()).isEmpty();
        assertFails(() -> resolve(""), Category.NOT_FOUND, "no name given", "there is none");
    }

    @Test
    void isCreatedOnlyWhereNothingIs() {
        assertFails(() -> LayoutWriter.create(directory), Category.CONFLICT, directory.toString());
    }

    @Test
    void readsWhatWasWritten() throws IOException {
        byte[] bytes = "hello".getBytes(UTF_8);
        Descriptor blob = writer.write(TEXT, bytes);
        assertThat(layout().read(blob, 5)).isEqualTo(bytes);
        assertThat(from(layout(), blob, 0)).isEqualTo(bytes);
        assertThat(writer.write(TEXT, bytes)).isEqualTo(blob);
    }

    /** What a blob's channel gives from an offset on. */
    static byte[] from(OciLayout layout, Descriptor blob, long offset) throws IOException {
        try (InputStream in = Channels.newInputStream(layout.open(blob, offset))) {
            return in.readAllBytes();
        }
    }

    @Test
    void beginsABlobAnywhere() throws IOException {
        Descriptor blob = writer.write(TEXT, "hello".getBytes(UTF_8));
        assertThat(from(layout(), blob, 1)).asString(UTF_8).isEqualTo("ello");
        assertThat(from(layout(), blob, 5)).isEmpty();
        assertThatThrownBy(() -> layout().open(blob, 6)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void listsItsImagesInTheOrderOfTheIndex() throws IOException {
        writer.tag("b", image("1"));
        writer.tag("x", writer.write(TEXT, new byte[1]));
        writer.tag("a", image("2"));
        Path index = directory.resolve("index.json");
        // The second loses its name.
        Files.writeString(index, Files.readString(index).replace("image.ref.name\":\"a\"", "image.ref.gone\":\"a\""));

        List<NamedImage> images = layout().images();

        assertThat(images).extracting(NamedImage::name).containsExactly("b", null);
        assertThat(images)
                .extracting(image -> image.descriptor().digest())
                .containsExactly(image("1").digest(), image("2").digest());
    }

    @Test
    void copiesAFileOfAnySize() throws IOException {
        byte[] bytes = new byte[1_000_003];
        new Random(1).nextBytes(bytes);
        Path file = Files.write(scratch.resolve("file"), bytes);
        Descriptor blob = writer.write(MediaType.Known.OCI_LAYER, file);
        assertThat(blob.digest()).isEqualTo(Digest.sha256(bytes));
        assertThat(layout().read(blob, 1 << 20)).isEqualTo(bytes);
        assertThat(writer.write(MediaType.Known.OCI_LAYER, file)).isEqualTo(blob);
        assertFails(() -> writer.write(TEXT, scratch.resolve("missing")), Category.UNAVAILABLE, "blob from", "missing");
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(path -> path.getFileName().toString()))
                    .containsExactlyInAnyOrder("oci-layout", "index.json", "blobs");
        }
    }

    @Test
    void findsAnImageByName() {
        Descriptor one = image("1");
        Descriptor two = image("2");
        writer.tag("1.0", one);
        writer.tag("docker.io/library/debian:bookworm", two);
        assertThat(resolve(":1.0").digest()).isEqualTo(one.digest());
        assertThat(resolve(":bookworm").digest()).isEqualTo(two.digest());
        assertThat(resolve(":debian:bookworm").digest()).isEqualTo(two.digest());
        assertThat(resolve(":docker.io/library/debian:bookworm").digest()).isEqualTo(two.digest());
        assertThat(resolve("@" + two.digest()).digest()).isEqualTo(two.digest());
        assertFails(() -> resolve(":2.0"), Category.NOT_FOUND, "name 2.0", "1.0, docker.io/library/debian:bookworm");
        assertFails(() -> resolve(":ookworm"), Category.NOT_FOUND, "name ookworm");
        assertFails(() -> resolve("@" + Digest.sha256(new byte[9])), Category.NOT_FOUND, "1.0");
        assertFails(() -> resolve(""), Category.INVALID, "no name given: got 2 images", "1.0, docker.io/");
    }

    @Test
    void prefersTheNameVerbatim() {
        writer.tag("quay.io/a/debian:latest", image("1"));
        writer.tag("latest", image("2"));
        assertThat(resolve(":latest").digest()).isEqualTo(image("2").digest());
        writer.tag("quay.io/b/debian:latest", image("3"));
        assertFails(() -> resolve(":debian:latest"), Category.INVALID, "got 2 images");
    }

    @Test
    void addsTheDefaultTagToAReferenceAsDockerDoes() {
        writer.tag("docker.io/library/debian:latest", image("1"));
        writer.tag("docker.io/library/debian:12", image("2"));
        assertThat(resolve(":debian").digest()).isEqualTo(image("1").digest());
    }

    @Test
    void needsNoNameForTheOnlyImage() {
        writer.tag("a", image("1"));
        assertThat(resolve("").digest()).isEqualTo(image("1").digest());
        writer.tag("b", image("1"));
        assertThat(resolve("").digest()).isEqualTo(image("1").digest());
        assertThat(resolve("@" + image("1").digest()).digest())
                .isEqualTo(image("1").digest());
        writer.tag("c", image("2"));
        assertFails(() -> resolve(""), Category.INVALID, "a, b, c");
    }

    @Test
    void countsOnlyImages() {
        writer.tag("a", image("1"));
        writer.tag("b", writer.write(TEXT, new byte[1]));
        assertThat(resolve("").digest()).isEqualTo(image("1").digest());
    }

    @Test
    void movesAName() {
        writer.tag("a", image("1"));
        writer.tag("b", image("2"));
        writer.tag("a", image("3"));
        assertThat(resolve(":a").digest()).isEqualTo(image("3").digest());
        assertThat(writer.layout().index().manifests()).hasSize(2);
    }

    @Test
    void keepsWhatElseTheIndexSays() throws IOException {
        Files.writeString(directory.resolve("index.json"), "{\"x\":1,\"schemaVersion\":2,\"manifests\":null}");
        writer.tag("a", image("1"));
        assertThat(Files.readString(directory.resolve("index.json"))).startsWith("{\"x\":1,\"schemaVersion\":2,");
    }

    @Test
    void namesNothingThatIsNoName() {
        for (String name : List.of("", "a b", "a//b", "-a", "ä", "a".repeat(2000))) {
            assertFails(() -> writer.tag(name, image("1")), Category.INVALID, "name in a layout");
        }
    }

    @Test
    void readsNoMoreThanTheLimit() {
        Descriptor blob = writer.write(TEXT, new byte[100]);
        assertFails(() -> layout().read(blob, 99), Category.EXCEEDED, "got 100, at most 99");
        writer.tag("a", image("1"));
        OciLayout small = OciLayout.open(directory, 50);
        assertFails(small::index, Category.EXCEEDED, "index.json", "at most 50");
    }

    @Test
    void refusesBytesThatAreNotThoseAnnounced() throws IOException {
        Descriptor blob = writer.write(TEXT, "hello".getBytes(UTF_8));
        Path file = directory.resolve("blobs/sha256/" + blob.digest().hex());
        Files.writeString(file, "jello");
        assertFails(() -> layout().read(blob, 100), Category.MISMATCH, "wanted " + blob.digest());
        Files.writeString(file, "hello, world");
        assertFails(() -> layout().read(blob, 100), Category.MISMATCH, "size: got 12, wanted 5");
        assertFails(() -> layout().open(blob, 0), Category.MISMATCH, "size: got 12, wanted 5");
    }

    @Test
    void saysWhichBlobIsMissing() {
        Descriptor gone = Descriptor.of(TEXT, Digest.sha256(new byte[3]), 3);
        assertFails(() -> layout().read(gone, 100), Category.NOT_FOUND, "blob " + gone.digest());
        Descriptor foreign = Descriptor.of(MediaType.Known.DOCKER_FOREIGN_GZIP, gone.digest(), 3);
        assertFails(() -> layout().open(foreign, 0), Category.NOT_FOUND, "it is a nondistributable layer");
    }

    @Test
    void usesEmbeddedContentOnlyWhenItIsTheContent() throws IOException {
        Descriptor embedded = withData("e30=", Digest.sha256("{}".getBytes(UTF_8)));
        assertThat(layout().read(embedded, 100)).asString(UTF_8).isEqualTo("{}");
        Descriptor lying = withData("W10=", Digest.sha256("{}".getBytes(UTF_8)));
        assertFails(() -> layout().read(lying, 100), Category.NOT_FOUND, "blob " + lying.digest());
        assertThat(writer.write(TEXT, "{}".getBytes(UTF_8)).digest()).isEqualTo(lying.digest());
        assertThat(layout().read(lying, 100)).asString(UTF_8).isEqualTo("{}");
    }

    private Descriptor withData(String data, Digest digest) throws IOException {
        assertThat(Base64.getDecoder().decode(data)).hasSize(2);
        String entry =
                "{\"mediaType\":\"text/plain\",\"size\":2,\"digest\":\"" + digest + "\",\"data\":\"" + data + "\"}";
        Files.writeString(directory.resolve("index.json"), "{\"schemaVersion\":2,\"manifests\":[" + entry + "]}");
        Index index = layout().index();
        return index.manifests().getFirst();
    }

    @Test
    void followsNoSymlinkOutOfTheLayout() throws IOException {
        Descriptor blob = writer.write(TEXT, "hello".getBytes(UTF_8));
        Path file = directory.resolve("blobs/sha256/" + blob.digest().hex());
        Path outside = Files.move(file, scratch.resolve("outside"));
        Files.createSymbolicLink(file, outside);
        assertFails(() -> layout().read(blob, 100), Category.INVALID, "symlink to " + outside);
        Files.delete(file);
        Files.createSymbolicLink(file, Files.move(outside, directory.resolve("inside")));
        assertThat(layout().read(blob, 100)).asString(UTF_8).isEqualTo("hello");
    }

    @Test
    void opensNoDirectoryAndNoPipe() throws IOException, InterruptedException {
        Descriptor blob = Descriptor.of(TEXT, Digest.sha256(new byte[3]), 3);
        Path file = directory.resolve("blobs/sha256/" + blob.digest().hex());
        Files.createDirectory(file);
        assertFails(() -> layout().open(blob, 0), Category.INVALID, "wanted a regular file");
        Files.delete(file);
        assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor())
                .isZero();
        assertFails(() -> layout().open(blob, 0), Category.INVALID, "wanted a regular file");
    }

    @Test
    void refusesWhatIsNoLayout() throws IOException {
        assertFails(() -> OciLayout.open(scratch.resolve("none"), 100), Category.NOT_FOUND, "got nothing there");
        assertFails(() -> OciLayout.open(scratch, 100), Category.INVALID, "oci-layout", "wanted an OCI image layout");
        Path marker = directory.resolve("oci-layout");
        assertFails(() -> OciLayout.open(marker, 100), Category.INVALID, "got a file, wanted a directory");
        Files.writeString(marker, "{\"imageLayoutVersion\":\"2.0.0\"}");
        assertFails(this::layout, Category.INVALID, "oci-layout: imageLayoutVersion: got 2.0.0, wanted 1.0.0");
        Files.writeString(marker, "{}");
        assertFails(this::layout, Category.INVALID, "imageLayoutVersion: got nothing");
        Files.writeString(marker, "{\"imageLayoutVersion\": 1.0.0}");
        assertFails(this::layout, Category.INVALID, "oci-layout: JSON at byte ");
    }

    @Test
    void refusesAnIndexThatIsNone() throws IOException {
        Path index = directory.resolve("index.json");
        Files.writeString(index, "{\"schemaVersion\":2}");
        assertFails(() -> layout().index(), Category.INVALID, "index.json: config: got nothing");
        Files.delete(index);
        assertFails(() -> layout().index(), Category.INVALID, "index.json: got no such file");
    }

    @Test
    void makesTheSameBytesOfTheSameCalls() throws IOException {
        LayoutWriter other = LayoutWriter.create(scratch.resolve("other"));
        for (LayoutWriter each : List.of(writer, other)) {
            each.tag("b", each.write(MediaType.Known.OCI_MANIFEST, new byte[] {1}));
            each.tag("a", each.write(MediaType.Known.OCI_INDEX, new byte[] {2}));
        }
        assertThat(scratch.resolve("other/index.json")).hasSameBinaryContentAs(directory.resolve("index.json"));
    }
}
