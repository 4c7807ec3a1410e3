package io.varve.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code varve export}: an image as one tar, on stdout or in a file that is whole or not there. */
class CommandExportIT {
    private static final byte[] LARGE = new byte[(3 << 20) + 17];

    @TempDir
    static Path directory;

    private static Varve varve;
    private static String image;

    /** What the image is as a tar. */
    private static byte[] rootfs;

    @BeforeAll
    static void writeImage() throws IOException, InterruptedException {
        Peers.command();
        new Random(1).nextBytes(LARGE);
        Tarball base = new Tarball().dir("d").file("d/gone", "gone").file("large".getBytes(UTF_8), LARGE);
        Tarball top = new Tarball()
                .whiteout("d/gone")
                .time("1600000000.25")
                .mode(04755)
                .file("d/program", "#!")
                .link("same", "d/program")
                .symlink("link", "d/program");
        varve = new Varve(directory);
        image = new WrittenImage(directory.resolve("layout"))
                .gzip(base)
                .gzip(top)
                .tag();
        rootfs = new Stack(directory.resolve("stack")).of(base, top).exported();
    }

    private static Program.Ran export(String... words) throws IOException, InterruptedException {
        String[] all = {"-q", "export", image, "--format", "rootfs"};
        String[] command = Arrays.copyOf(all, all.length + words.length);
        System.arraycopy(words, 0, command, all.length, words.length);
        return varve.run(command);
    }

    private static String[] unfinished() {
        return directory.toFile().list((folder, name) -> name.startsWith(".varve"));
    }

    /** A shell runs the command, with what is to stand behind it. */
    private static Program.Ran shell(String behind) throws IOException, InterruptedException {
        String command = String.join(
                " ",
                Peers.command().toString(),
                "-q --store",
                varve.store().toString(),
                "export --format rootfs",
                image,
                behind);
        return new Program(directory, "bash", "-c", command).run();
    }

    @Test
    void goesToStdoutWhateverThatIs() throws IOException, InterruptedException {
        Program.Ran toFile = export();
        assertThat(toFile.err()).isEmpty();
        assertThat(toFile.bytes()).isEqualTo(rootfs);

        assertThat(shell("| cat").bytes()).isEqualTo(rootfs);

        Path appended = Files.writeString(directory.resolve("appended"), "before");
        assertThat(shell(">> appended").err()).isEmpty();
        byte[] all = Files.readAllBytes(appended);
        assertThat(Arrays.copyOfRange(all, 6, all.length)).isEqualTo(rootfs);

        assertThat(shell("> /dev/null").code()).isZero();
    }

    @Test
    void goesToAFileThatIsReplacedWhole() throws IOException, InterruptedException {
        Path file = directory.resolve("rootfs.tar");
        Program.Ran ran = varve.run("export", image, "--format", "rootfs", "-o", "rootfs.tar");

        assertThat(ran.code()).isZero();
        assertThat(ran.bytes()).isEmpty();
        assertThat(ran.err()).containsPattern("(?m)^exported 5 names, 3\\.\\d+ MiB in .*s$");
        assertThat(file).hasBinaryContent(rootfs);

        Files.writeString(file, "old");
        Files.createSymbolicLink(directory.resolve("link.tar"), Path.of("rootfs.tar"));
        assertThat(export("-o", "link.tar").code()).isZero();
        assertThat(file).isRegularFile().hasBinaryContent(rootfs);
        assertThat(directory.resolve("link.tar")).isSymbolicLink();
        assertThat(unfinished()).isEmpty();
    }

    @Test
    void goesIntoADirectoryThatMayBeWrittenToAndNotRead() throws Exception {
        Path drop = Files.createDirectory(directory.resolve("drop"));
        Files.setPosixFilePermissions(drop, PosixFilePermissions.fromString("-wx------"));

        // Root may read all.
        String command =
                "exec setpriv --bounding-set -dac_override,-dac_read_search --inh-caps -dac_override,-dac_read_search "
                        + Peers.command() + " -q --store " + varve.store() + " export --format rootfs " + image
                        + " -o drop/rootfs.tar";
        Program.Ran ran = new Program(directory, "bash", "-c", command).run();

        assertThat(ran.err()).isEmpty();
        assertThat(drop.resolve("rootfs.tar")).hasBinaryContent(rootfs);
    }

    @Test
    void onlyAFileIsReplacedAndFirstOfAllThatIsLookedAt() throws IOException, InterruptedException {
        Files.createDirectory(directory.resolve("directory"));
        Program.shell(directory, "mkfifo pipe; ln -s nowhere dangling").succeed();

        Varve.assertFailed(export("-o", "directory"), 1, "Conflict", "directory is a directory");
        Varve.assertFailed(export("-o", "pipe"), 1, "Conflict", "pipe is no file");
        Varve.assertFailed(export("-o", "dangling"), 1, "NotFound", "dangling is a symlink that leads nowhere");
        Varve.assertFailed(export("-o", "no/such.tar"), 1, "NotFound", "no/such.tar: its directory is not there");
        Varve.assertFailed(
                varve.run("export", "--format", "rootfs", "nosuchimage", "-o", "directory"),
                1,
                "Conflict",
                "directory");
        assertThat(unfinished()).isEmpty();
    }

    @Test
    void failedExportLeavesNothingAndTheOldFile() throws IOException, InterruptedException {
        Path old = Files.writeString(directory.resolve("old.tar"), "old");

        Varve.assertFailed(
                varve.run("-q", "export", "--format", "rootfs", "nosuchimage", "-o", "old.tar"),
                1,
                "NotFound",
                "nosuchimage");
        // So that nothing but the tar needs to be written; the library for SQLite is unpacked, and is smaller.
        export();
        // The shell takes the signal that would end the program, so that writing fails.
        Program.Ran limited = new Program(
                        directory,
                        "bash",
                        "-c",
                        "trap '' XFSZ; ulimit -f 2500; exec "
                                + String.join(
                                        " ",
                                        Peers.command().toString(),
                                        "-q --store",
                                        varve.store().toString(),
                                        "export --format rootfs -o old.tar",
                                        image))
                .with("VARVE_START_CACHE", "off")
                .run();
        Varve.assertFailed(limited, 1, "Unavailable", "exporting to old.tar: /large: File too large");
        assertThat(old).hasContent("old");
        assertThat(unfinished()).isEmpty();
    }

    @Test
    void outputThatCannotBeWrittenIsOneLine() throws IOException, InterruptedException {
        Varve.assertFailed(shell("> /dev/full"), 1, "Unavailable", "exporting to stdout: /", "No space left");

        Program.Ran gone = shell("| head -c 1 | wc -c");
        assertThat(gone.out().strip()).isEqualTo("1");
        assertThat(gone.err()).isEqualTo("varve: Unavailable: exporting to stdout: /large: Broken pipe\n");
    }

    @Test
    void terminalIsNoPlaceForATar() throws IOException, InterruptedException {
        Peers.need("script");
        String command = Peers.command() + " --store " + varve.store() + " export --format rootfs " + image;
        Program.Ran ran = new Program(directory, "script", "-qec", command, "/dev/null").run();

        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.out()).isEqualTo("varve: export: stdout is a terminal, wanted -o FILE or a pipe behind it\r\n");
    }

    @Test
    void formatIsOneThatThereIs() throws IOException, InterruptedException {
        Program.Ran other = varve.run("export", image, "--format", "zip");
        assertThat(other.code()).isEqualTo(2);
        assertThat(other.err()).contains("'--format': got zip, wanted oci, docker, rootfs");
    }

    @Test
    void platformIsOneOfTheImage() throws IOException, InterruptedException {
        Varve.assertFailed(export("--platform", "windows/s390x"), 1, "NotFound", "windows/s390x");
    }

    @Test
    void isExtractedToWhatUnpackWrites() throws IOException, InterruptedException {
        Peers.need("tar", "getfattr");
        Peers.needRoot();
        varve.quiet("export", image, "--format", "rootfs", "-o", "to-extract.tar");
        varve.quiet("unpack", image, "unpacked");

        assertThat(ExportIT.extracted(directory, "to-extract.tar").lines())
                .hasSize(6)
                .isEqualTo(Listing.of(directory.resolve("unpacked")).lines());
    }
}
