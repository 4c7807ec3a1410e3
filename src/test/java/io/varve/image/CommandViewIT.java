package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.varve.view.View;
import io.varve.view.Views;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Views and unpacked directories that the built command makes, each process knowing what others made. */
class CommandViewIT {
    private static final List<String> AS_NOBODY =
            List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");

    @TempDir
    Path directory;

    private Varve varve;
    private String image;

    @BeforeEach
    void writeImage() throws IOException {
        Peers.command();
        varve = new Varve(directory);
        image = new WrittenImage(directory.resolve("layout"))
                .gzip(new Tarball()
                        .dir("d")
                        .mode(0600)
                        .owner(5, 6)
                        .xattr("user.x", (byte) 'x')
                        .file("d/f", "f")
                        .link("d/g", "d/f")
                        .mode(0660)
                        .character("null", 1, 3)
                        .fifo("pipe")
                        .mode(0500)
                        .dir("closed")
                        .file("closed/in", "in"))
                .tag();
    }

    @AfterEach
    void unmountEverything() {
        Views views = new Views(varve.store().resolve("views"));
        for (View view : views.mounted()) {
            views.unmount(view.directory());
        }
    }

    @Test
    void viewsOutliveTheProcessAndAreKnownToTheNext() throws IOException, InterruptedException {
        Peers.needKernelMounts();
        Path at = directory.resolve("at");
        Path writable = Files.createDirectory(directory.resolve("writable"));
        assertThat(varve.quiet("mount", image, "at")).isEqualTo(at + "\n");
        assertThat(varve.quiet("mount", "--rw", image, "writable")).isEqualTo(writable + "\n");

        assertThat(varve.quiet("mounts").lines())
                .containsExactlyInAnyOrder("ro  " + at + "  " + image, "rw  " + writable + "  " + image);
        JsonNode json = new ObjectMapper().readTree(varve.quiet("mounts", "--json"));
        assertThat(json.findValuesAsText("directory")).containsExactlyInAnyOrder(at.toString(), writable.toString());

        Files.writeString(writable.resolve("d/f"), "written");
        Files.delete(writable.resolve("closed/in"));
        assertThat(at.resolve("d/f")).hasContent("f");
        assertThat(varve.quiet("cat", image, "/d/f")).isEqualTo("f");

        Varve.assertFailed(varve.run("-q", "mount", image, "at"), 1, "Conflict", "mount at:", "mounted");
        assertThat(varve.quiet("umount", "at")).isEmpty();
        assertThat(at).doesNotExist();
        assertThat(writable.resolve("d/f")).hasContent("written");
        varve.quiet("umount", writable.toString());
        assertThat(writable).isEmptyDirectory();
        assertThat(varve.quiet("mounts", "--json").strip()).isEqualTo("[]");
        Varve.assertFailed(varve.run("umount", "writable"), 1, "NotFound", "writable");

        varve.quiet("mount", "--rw", image, "writable");
        assertThat(writable.resolve("d/f")).hasContent("f");
    }

    /** A stack of which there is an index is all that a mount needs to know: where bytes are, and not what they are. */
    @Test
    void imageThatHasItsIndexIsMountedWithoutReadingATar() throws IOException, InterruptedException {
        Peers.needKernelMounts();
        varve.quiet("pull", "-t", "app", image);
        try (Stream<Path> all = Files.walk(varve.store().resolve("layers"))) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                // Tars and changes alike: whoever read them now would find nothing there.
                Files.write(file, new byte[(int) Files.size(file)]);
            }
        }

        assertThat(varve.quiet("mount", "app", "at")).isNotEmpty();

        assertThat(directory.resolve("at/d/f")).hasSize(1);
        assertThat(Files.readAllBytes(directory.resolve("at/d/f"))).containsExactly(0);
        assertThat(Files.getPosixFilePermissions(directory.resolve("at/closed")))
                .isEqualTo(PosixFilePermissions.fromString("r-x------"));
    }

    @Test
    void mountWantsAnEmptyDirectory() throws IOException, InterruptedException {
        Peers.needKernelMounts();
        Path full = Files.createDirectory(directory.resolve("full"));
        Files.writeString(full.resolve("mine"), "mine");

        Varve.assertFailed(varve.run("-q", "mount", image, "full"), 1, "Conflict", "full", "empty");
        Varve.assertFailed(varve.run("-q", "mount", image, "no/such/at"), 1, "NotFound", "no/such");
        Varve.assertFailed(varve.run("-q", "mount", image, "full/mine"), 1, "Conflict", "full/mine is not a directory");
        assertThat(full.resolve("mine")).hasContent("mine");
        assertThat(varve.quiet("mounts")).isEmpty();
    }

    @Test
    void unpacksAndSaysWhatToStderr() throws IOException, InterruptedException {
        Peers.needRoot();
        Program.Ran ran = varve.run("unpack", image, "out");

        assertThat(ran.code()).isZero();
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).contains("unpacked 2 files, 2 directories, 0 symlinks, 1 further names");
        assertThat(directory.resolve("out/d/g")).hasContent("f");
        assertThat(Files.getAttribute(directory.resolve("out/d/g"), "unix:uid")).isEqualTo(5);
    }

    @Test
    void unpackLeavesADirectoryWithContentUntouched() throws IOException, InterruptedException {
        Path full = Files.createDirectory(directory.resolve("full"));
        Files.writeString(full.resolve("mine"), "mine");
        Files.setPosixFilePermissions(full, PosixFilePermissions.fromString("rwxr-x--x"));

        Varve.assertFailed(varve.run("-q", "unpack", "--rootless", image, "full"), 1, "Conflict", "full", "empty");
        Varve.assertFailed(
                varve.run("-q", "unpack", "--rootless", image, "full/mine"), 1, "Conflict", "full/mine", "directory");
        Varve.assertFailed(varve.run("-q", "unpack", "--rootless", image, "no/such/out"), 1, "NotFound", "no/such");

        assertThat(full.toFile().list()).containsExactly("mine");
        assertThat(full.resolve("mine")).hasContent("mine");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(full)))
                .isEqualTo("rwxr-x--x");
    }

    /** The kernel looks into capabilities, so that an unpack which has to keep everything fails there. */
    @Test
    void failedUnpackLeavesNothing() throws IOException, InterruptedException {
        Peers.needRoot();
        Path mine = Files.createDirectory(directory.resolve("mine"));
        Files.setPosixFilePermissions(mine, PosixFilePermissions.fromString("rwxr-x--x"));
        String refused = new WrittenImage(directory.resolve("refused"))
                .gzip(new Tarball()
                        .file("a/b/first", "first")
                        .xattr("security.capability", (byte) 1)
                        .file("tool", ""))
                .tag();

        for (String to : List.of("out", "mine")) {
            Varve.assertFailed(
                    varve.run("-q", "unpack", refused, to), 1, "Invalid", "unpack /tool: xattr security.capability");
        }

        assertThat(directory.resolve("out")).doesNotExist();
        assertThat(mine).isEmptyDirectory();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(mine)))
                .isEqualTo("rwxr-x--x");
    }

    @Test
    void everybodyMayUnpackForThemselves() throws IOException, InterruptedException {
        Peers.need("setpriv");
        Peers.needRoot();
        // The project may be where only root gets.
        Path command = Files.copy(Peers.command(), directory.resolve("varve"));
        Path home = Files.createDirectory(directory.resolve("home"));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Program.shell(directory, "chown 65534:65534 home; chmod 755 varve").succeed();
        Varve nobody = new Varve(home);

        Program.Ran ran = nobody.program(command, AS_NOBODY, "unpack", "--rootless", image, "out")
                .run();

        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.err()).contains("1 devices as empty files");
        assertThat(new Program(home, "find", "out", "-printf", "%P %y %m %U:%G %n %s\\n")
                        .succeed()
                        .lines())
                .filteredOn(line -> !line.contains(" d "))
                .containsExactlyInAnyOrder(
                        "d/f f 600 65534:65534 2 1",
                        "d/g f 600 65534:65534 2 1",
                        "closed/in f 644 65534:65534 1 2",
                        "null f 660 65534:65534 1 0",
                        "pipe p 644 65534:65534 1 0");
        assertThat(new Program(home, "getfattr", "--only-values", "-n", "user.x", "out/d/f").succeed())
                .isEqualTo("x");

        Varve.assertFailed(
                nobody.program(command, AS_NOBODY, "-q", "unpack", "--rootless", image, "../denied")
                        .run(),
                1,
                "Unauthorized",
                "denied: permission denied");
        Varve.assertFailed(
                nobody.program(command, AS_NOBODY, "-q", "mount", image, "at").run(), 3, "Unavailable", "at");
        assertThat(home.resolve("at")).doesNotExist();
    }
}
