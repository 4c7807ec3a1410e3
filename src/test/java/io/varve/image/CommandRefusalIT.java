package io.varve.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Images that are wrong, and commands that are stopped or meet each other: nothing half done is ever left. */
class CommandRefusalIT {
    private static final Tarball GOOD = new Tarball().file("good", "good".repeat(5000));
    private static final byte[] TAR = new Tarball().file("f", "f".repeat(5000)).bytes();
    private static final Digest OTHER = Digest.sha256(new byte[] {1});
    private static final MediaType GZIP = MediaType.Known.OCI_LAYER_GZIP;

    @TempDir
    Path directory;

    private Varve varve;

    @BeforeEach
    void emptyStore() {
        Peers.command();
        varve = new Varve(directory);
    }

    interface Writing {
        String write(WrittenImage image) throws IOException;
    }

    /** One way of being wrong, and how it is told. */
    record Flaw(String name, String category, String wrong, Writing writing) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Flaw> flaws() {
        return Stream.of(
                new Flaw("blob of another digest", "Mismatch", "digest", image -> {
                    String reference =
                            image.layer(GZIP, zipped(), Digest.sha256(TAR)).tag();
                    byte[] bytes = Files.readAllBytes(image.blob());
                    // The time in the gzip header, which no checksum of gzip covers.
                    bytes[4] ^= 1;
                    Files.write(image.blob(), bytes);
                    return reference;
                }),
                new Flaw("blob cut off", "Mismatch", "size", image -> {
                    String reference =
                            image.layer(GZIP, zipped(), Digest.sha256(TAR)).tag();
                    Files.write(image.blob(), Arrays.copyOf(zipped(), zipped().length - 1));
                    return reference;
                }),
                new Flaw("blob too long", "Mismatch", "size", image -> {
                    String reference =
                            image.layer(GZIP, zipped(), Digest.sha256(TAR)).tag();
                    Files.write(image.blob(), Arrays.copyOf(zipped(), zipped().length + 1));
                    return reference;
                }),
                new Flaw("blob missing", "NotFound", "blob", image -> {
                    String reference =
                            image.layer(GZIP, zipped(), Digest.sha256(TAR)).tag();
                    Files.delete(image.blob());
                    return reference;
                }),
                new Flaw(
                        "tar of another diff id",
                        "Mismatch",
                        "diffId",
                        image -> image.layer(GZIP, zipped(), OTHER).tag()),
                new Flaw(
                        "stream cut off",
                        "Invalid",
                        "compressed byte",
                        image -> image.layer(GZIP, Arrays.copyOf(zipped(), zipped().length - 1), Digest.sha256(TAR))
                                .tag()),
                new Flaw(
                        "garbage behind the stream",
                        "Invalid",
                        "compressed byte",
                        image -> image.layer(GZIP, joined(zipped(), "garbage".getBytes(UTF_8)), Digest.sha256(TAR))
                                .tag()),
                new Flaw("tar cut off", "Invalid", "offset", image -> {
                    byte[] cut = Arrays.copyOf(TAR, 1500);
                    return image.layer(GZIP, WrittenImage.gzipped(cut), Digest.sha256(cut))
                            .tag();
                }),
                new Flaw("tar damaged", "Invalid", "checksum", image -> {
                    byte[] damaged = TAR.clone();
                    damaged[0] ^= 1;
                    return image.layer(MediaType.Known.OCI_LAYER, damaged, Digest.sha256(damaged))
                            .tag();
                }),
                new Flaw("no tar at all", "Invalid", "offset", image -> {
                    byte[] text = "x".repeat(2000).getBytes(UTF_8);
                    return image.layer(GZIP, WrittenImage.gzipped(text), Digest.sha256(text))
                            .tag();
                }),
                new Flaw(
                        "more diff ids than layers",
                        "Mismatch",
                        "layers: got 1, wanted 2",
                        image -> image.diffId(OTHER).tag()),
                new Flaw(
                        "manifests beside layers",
                        "Invalid",
                        "manifests",
                        image -> image.gzip(GOOD).tag(config -> {}, manifest -> manifest.putArray("manifests"))),
                new Flaw(
                        "config without diff ids",
                        "Invalid",
                        "diff_ids",
                        image -> image.gzip(GOOD)
                                .tag(config -> ((ObjectNode) config.get("rootfs")).remove("diff_ids"), m -> {})),
                new Flaw(
                        "name that a terminal acts on",
                        "Invalid",
                        "\\u001b[2J",
                        image -> image.gzip(new Tarball().link("\033[2J\nvarve: done", "nowhere"))
                                .tag()));
    }

    private static byte[] zipped() throws IOException {
        return WrittenImage.gzipped(TAR);
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    @ParameterizedTest
    @MethodSource("flaws")
    void imageThatIsWrongIsRefusedAndLeavesNothing(Flaw flaw) throws IOException, InterruptedException {
        String reference = flaw.writing.write(new WrittenImage(directory.resolve("layout")).gzip(GOOD));

        Program.Ran ran = varve.run("-q", "unpack", "--rootless", reference, "out");

        Varve.assertFailed(ran, 1, flaw.category, flaw.wrong);
        assertThat(ran.err()).doesNotContain("\033");
        assertThat(directory.resolve("out")).doesNotExist();
        varve.assertStoreIsClean();
    }

    @Test
    void interruptedUnpackLeavesNothing() throws IOException, InterruptedException {
        Tarball many = new Tarball();
        for (int i = 0; i < 40_000; i++) {
            many.file("d" + i % 100 + "/f" + i, "");
        }
        String image =
                new WrittenImage(directory.resolve("layout")).zstd(many.bytes()).tag();
        varve.quiet("ls", image);
        Path out = Files.createDirectory(directory.resolve("out"));

        Program.Ran ran = interrupt(() -> out.toFile().list().length > 0, "-q", "unpack", "--rootless", image, "out");

        Varve.assertFailed(ran, 130, "Cancelled", "unpacking to out");
        assertThat(out).isEmptyDirectory();
    }

    /** A file of which there is no end to see is being written when it is stopped. */
    @Test
    void interruptedExportLeavesNothing() throws IOException, InterruptedException {
        String image = new WrittenImage(directory.resolve("layout"))
                .gzip(new Tarball().sparse("endless", 1L << 50, new long[] {0, 1}, new byte[] {1}))
                .tag();
        Path out = Files.createDirectory(directory.resolve("out"));

        Program.Ran ran = interrupt(
                () -> Arrays.stream(out.toFile().listFiles()).anyMatch(file -> file.length() > 0),
                "-q",
                "export",
                image,
                "--format",
                "rootfs",
                "-o",
                "out/rootfs.tar");

        Varve.assertFailed(ran, 130, "Cancelled", "exporting to out/rootfs.tar: /endless");
        assertThat(out).isEmptyDirectory();
    }

    /** The blob's bytes are there by then, and wait for the next attempt. */
    @Test
    void interruptedPullLeavesOnlyWhatTheNextOneGoesOnWith() throws IOException, InterruptedException {
        byte[] large =
                new Tarball().file("large".getBytes(UTF_8), new byte[100 << 20]).bytes();
        String image = new WrittenImage(directory.resolve("layout")).zstd(large).tag();
        Path ingest = Files.createDirectories(varve.store().resolve("ingest"));

        Program.Ran ran = interrupt(() -> isAssembling(ingest), "-q", "ls", image);

        Varve.assertFailed(ran, 130, "Cancelled", "interrupted");
        assertThat(ingest.toFile().list()).hasSize(1).allMatch(name -> name.startsWith("blob-sha256-"));
        assertThat(varve.store().resolve("layers")).doesNotExist();
        assertThat(varve.quiet("ls", image)).isEqualTo("large\n");
        varve.assertStoreIsClean();
    }

    @Test
    void interruptedDemoLeavesNothing() throws IOException, InterruptedException {
        Path temporary = Files.createDirectory(directory.resolve("tmp"));
        Program demo =
                interruptible("demo").with(Varve.JAVA_OPTIONS, Varve.FAST_COMPILER + " -Djava.io.tmpdir=" + temporary);

        Program.Ran ran = interrupt(
                () -> temporary
                                .toFile()
                                .list((folder, name) -> new File(folder, name + "/store/catalogue.db").exists())
                                .length
                        > 0,
                demo);

        assertThat(ran.code()).isEqualTo(130);
        assertThat(ran.err()).startsWith("varve: Cancelled: ").hasLineCount(1);
        assertThat(temporary).isEmptyDirectory();
    }

    /** Whether a command has come as far as it is to come. */
    @FunctionalInterface
    private interface Begun {
        boolean look() throws IOException;
    }

    /** Starts the command, and stops it as soon as it has begun. */
    private Program.Ran interrupt(Begun begun, String... words) throws IOException, InterruptedException {
        return interrupt(begun, interruptible(words));
    }

    /** Whoever runs the tests in the background ignores the signal, and what they start would too. */
    private Program interruptible(String... words) {
        return varve.program(Peers.command(), List.of("env", "--default-signal=INT"), words);
    }

    private Program.Ran interrupt(Begun begun, Program command) throws IOException, InterruptedException {
        Program.Running running = command.start();
        while (!begun.look() && !running.process().waitFor(1, TimeUnit.MILLISECONDS)) {
            // Not yet.
        }
        new Program(directory, "kill", "-INT", Long.toString(running.process().pid())).succeed();
        return running.end();
    }

    private static boolean isAssembling(Path ingest) throws IOException {
        try (var layers = Files.newDirectoryStream(ingest, "staged-layer-*")) {
            for (Path layer : layers) {
                if (layer.resolve("tar").toFile().length() > 0) {
                    return true;
                }
            }
            return false;
        }
    }

    @Test
    void processesThatPullTheSameAtOnceAllSucceed() throws IOException, InterruptedException {
        String image = new WrittenImage(directory.resolve("layout"))
                .gzip(GOOD)
                .zstd(new Tarball()
                        .file("large".getBytes(UTF_8), new byte[20 << 20])
                        .bytes())
                .tag();
        Program ls = varve.program("-q", "ls", image);
        Program.Running first = ls.start();
        Program.Running second = ls.start();
        Program.Running third = ls.start();

        for (Program.Running running : List.of(first, second, third)) {
            Program.Ran ran = running.end();
            assertThat(ran.err()).isEmpty();
            assertThat(ran.out()).isEqualTo("good\nlarge\n");
        }
        varve.assertStoreIsClean();
        assertThat(varve.store().resolve("layers/sha256").toFile().list()).hasSize(2);
    }
}
