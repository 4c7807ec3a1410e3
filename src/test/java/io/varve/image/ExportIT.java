package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What GNU tar lists and extracts of an exported image is what the image shows. That this is what umoci unpacks is compared
 * in {@link UmociIT} and {@link RandomStacksIT}.
 */
class ExportIT {
    private static final byte[] CAPABILITY = {1, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    private static final String LONG = "component-of-a-long-path/".repeat(20);

    @TempDir
    Path directory;

    private Stack stack;

    @BeforeEach
    void needsGnuTar() throws IOException, InterruptedException {
        Peers.need("tar", "getfattr");
        Peers.need(new Program(directory, "tar", "--version").succeed().contains("GNU tar"), "GNU tar as tar");
        Peers.needRoot();
        stack = new Stack(directory);
    }

    /** What GNU tar, told to keep everything, makes of a tar in a directory. It must have nothing to remark. */
    static Listing extracted(Path directory, String tar) throws IOException, InterruptedException {
        Path into = Files.createDirectory(directory.resolve(tar + "-extracted"));
        Program.Ran ran = new Program(
                        directory,
                        "tar",
                        "-xpPf",
                        tar,
                        "-C",
                        into.toString(),
                        "--numeric-owner",
                        "--xattrs",
                        "--xattrs-include=*",
                        // Of times before 1970.
                        "--warning=no-timestamp")
                .with("LC_ALL", "C.UTF-8")
                .run();
        assertThat(ran.err()).isEmpty();
        assertThat(ran.code()).isZero();
        return Listing.of(into);
    }

    private String exported() throws IOException {
        Files.write(directory.resolve("rootfs.tar"), stack.exported());
        return "rootfs.tar";
    }

    @Test
    void everythingThatAnImageCanSay() throws IOException, InterruptedException {
        byte[] run = new byte[100_000];
        run[0] = 'r';
        stack.of(
                new Tarball()
                        .time("100.000000001")
                        .mode(0751)
                        .owner(1, 2)
                        .dir(".")
                        .time("7.5")
                        .mode(0555)
                        .xattr("user.dir", (byte) 0, (byte) 1)
                        .dir("d")
                        .time("1600000000.123456789")
                        .owner(3_000_000, 4_294_967_294L)
                        .mode(06755)
                        .xattr("security.capability", CAPABILITY)
                        .file("d/program", "program")
                        .time("-1.25")
                        .file("d/before-1970", "old")
                        .mode(02000)
                        .file(new byte[] {'d', '/', 'n', (byte) 0xff, (byte) 0xfe}, run)
                        .file("d/new\nline", "")
                        .file("-dash", "")
                        .sparse("sparse", 1 << 20, new long[] {512 << 10, 100_000}, run)
                        .file("moved", "moved")
                        .time("5.000000005")
                        .symlink("out", "../../etc")
                        .xattr("trusted.link", (byte) 'l')
                        .symlink("far", "far/".repeat(500))
                        .mode(0666)
                        .character("null", 1, 3)
                        .block("disk", 4095, 1_048_575)
                        .fifo("pipe")
                        .file(LONG + "leaf", "leaf"),
                new Tarball()
                        .link("again", "moved")
                        .whiteout("moved")
                        .link("d/alias", "d/program")
                        .link("same-null", "null")
                        .link("same-far", "far")
                        .link("link-to-leaf", LONG + "leaf")
                        .link("z".repeat(200), LONG + "leaf"));

        assertThat(extracted(directory, exported()).lines()).hasSize(40).isEqualTo(Stack.onLinux(stack.listing()));
    }

    @Test
    void rootOfAnImageWithoutLayers() throws IOException, InterruptedException {
        stack.of();

        assertThat(extracted(directory, exported()).lines()).hasSize(1).isEqualTo(Stack.onLinux(stack.listing()));
    }

    @Test
    void listsWithTypesOwnersSizesAndTargets() throws IOException, InterruptedException {
        stack.of(new Tarball()
                .dir("d")
                .owner(3, 4_000_000_000L)
                .mode(04711)
                .file("d/program", "#!")
                .link("d/same", "d/program")
                .symlink("d/symlink", "program")
                .character("null", 1, 3));

        String listing = new Program(directory, "tar", "-tvf", exported(), "--numeric-owner", "--full-time")
                .with("TZ", "UTC")
                .succeed();

        assertThat(listing.lines().map(line -> line.replaceAll(" +", " ").replace("1970-01-01 ", "")))
                .containsExactly(
                        "drwxr-xr-x 0/0 0 00:00:00 ./",
                        "crw-r--r-- 0/0 1,3 00:00:01 null",
                        "drwxr-xr-x 0/0 0 00:00:01 d/",
                        "-rws--x--x 3/4000000000 2 00:00:01 d/program",
                        "hrws--x--x 3/4000000000 0 00:00:01 d/same link to d/program",
                        "lrwxrwxrwx 0/0 0 00:00:01 d/symlink -> program");
    }
}
