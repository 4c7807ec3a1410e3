package io.varve.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layerfs.FileType;
import io.varve.layerfs.Inode;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.layerfs.Xattr;
import io.varve.os.FilesAt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trees written to a real filesystem, and looked at with {@code find} and {@code getfattr}. */
final class MaterialiseIT {
    @TempDir
    Path temporary;

    private final Trees trees = new Trees();
    private Path out;

    @BeforeEach
    void needsRoot() {
        assumeTrue(FilesAt.user() == 0, "owners and devices need root");
        out = temporary.resolve("out");
    }

    @Test
    void writesEveryTypeWithItsOwnersModesAndTimes() throws Exception {
        trees.builder.describe(Tree.ROOT, Inode.directory(01751, 9, 8, 7, 6, List.of()), 0);
        int usr = trees.directory(Tree.ROOT, "usr", 0555);
        trees.directory(usr, "empty", 02000);
        trees.file(usr, Trees.bytes("sudo"), 06755, "setuid", List.of());
        trees.file(usr, Trees.bytes("nothing"), 0, "", List.of());
        trees.symlink(usr, "out", Trees.bytes("/"));
        trees.special(Tree.ROOT, "null", FileType.CHARACTER, 0666, 1, 3);
        trees.special(Tree.ROOT, "disk", FileType.BLOCK, 0660, 259, 65537);
        trees.special(Tree.ROOT, "zero", FileType.CHARACTER, 0600, 0, 0);
        trees.special(Tree.ROOT, "fifo", FileType.FIFO, 04622, 0, 0);

        Unpacked unpacked = unpack(UnpackOptions.DEFAULTS);

        assertThat(listing())
                .containsExactlyInAnyOrder(
                        " d 1751 9:8 7.0000000060 0 ",
                        "usr d 555 1:2 -3.0000000040 0 ",
                        "usr/empty d 2000 1:2 -3.0000000040 0 ",
                        "usr/sudo f 6755 1000:2000 1600000000.1234567890 6 ",
                        "usr/nothing f 0 1000:2000 1600000000.1234567890 0 ",
                        "usr/out l 777 7:8 -9.9999999990 1 /",
                        "null c 666 3:4 5.0000000060 0 ",
                        "disk b 660 3:4 5.0000000060 0 ",
                        "zero c 600 3:4 5.0000000060 0 ",
                        "fifo p 4622 3:4 5.0000000060 0 ");
        assertThat(lines("stat", "-c", "%t:%T", out.resolve("disk").toString())).containsExactly("103:10001");
        assertThat(unpacked).isEqualTo(new Unpacked(2, 2, 1, 4, 0, 6, 0, 0));
    }

    @Test
    void writesOwnersUpToTheLastAndRefusesTheOneThatMeansNone() throws Exception {
        trees.put(Tree.ROOT, Trees.bytes("d"), Inode.directory(0700, -2, -2, 0, 0, List.of()));
        unpack(UnpackOptions.DEFAULTS);
        assertThat(lines("stat", "-c", "%u:%g", out.resolve("d").toString())).containsExactly("4294967294:4294967294");

        Trees bad = new Trees();
        bad.put(Tree.ROOT, Trees.bytes("d"), Inode.directory(0700, -1, 0, 0, 0, List.of()));
        Path other = temporary.resolve("other");
        assertRefused(
                () -> Materialise.unpack(bad.build(), List.of(), other, UnpackOptions.DEFAULTS),
                Category.INVALID,
                "unpack /d: owner 4294967295");
        assertThat(other).doesNotExist();
    }

    @Test
    void takesNamesForNamesHoweverTheyLook() throws Exception {
        List<byte[]> names = List.of(
                Trees.bytes("..."),
                Trees.bytes("..a"),
                Trees.bytes(" "),
                Trees.bytes("-rf"),
                Trees.bytes("new\nline"),
                Trees.bytes("\\x"),
                new byte[] {(byte) 0xff, (byte) 0xfe, 1},
                Trees.bytes("é"),
                Trees.bytes("n".repeat(255)));
        for (byte[] name : names) {
            trees.file(Tree.ROOT, name, 0644, "content of " + HexFormat.of().formatHex(name), List.of());
        }
        unpack(UnpackOptions.DEFAULTS);
        byte[] found = output("find", out.toString(), "-type", "f", "-printf", "%f\\0");
        List<String> got = List.of(new String(found, StandardCharsets.ISO_8859_1).split("\0"));
        assertThat(got)
                .containsExactlyInAnyOrderElementsOf(names.stream()
                        .map(name -> new String(name, StandardCharsets.ISO_8859_1))
                        .toList());
    }

    @Test
    void neverFollowsASymlinkOfTheImage() throws Exception {
        Path outside = Files.createDirectory(temporary.resolve("outside"));
        trees.symlink(Tree.ROOT, "a", Trees.bytes(outside.toString()));
        trees.symlink(Tree.ROOT, "b", Trees.bytes("../outside"), Xattr.of("trusted.x", Trees.bytes("v")));
        trees.link(Tree.ROOT, "c", trees.symlink(Tree.ROOT, "dangling", new byte[] {(byte) 0xff, '/'}));
        unpack(UnpackOptions.DEFAULTS);
        assertThat(outside).isEmptyDirectory();
        assertThat(listing())
                .contains("a l 777 7:8 -9.9999999990 " + outside.toString().length() + " " + outside)
                .contains("b l 777 7:8 -9.9999999990 10 ../outside");
        assertThat(Files.getAttribute(out.resolve("c"), "unix:ino", LinkOption.NOFOLLOW_LINKS))
                .isEqualTo(Files.getAttribute(out.resolve("dangling"), "unix:ino", LinkOption.NOFOLLOW_LINKS));
        assertThat(xattrs("b")).containsExactly("trusted.x=0x76");
    }

    @Test
    void goesDeeperThanAnyPathMayBeLong() throws Exception {
        int in = Tree.ROOT;
        for (int i = 0; i < 2_000; i++) {
            in = trees.directory(in, "level" + i % 10, i % 7 == 0 ? 0 : 0755);
            trees.file(in, "f", "x");
        }
        Tree tree = trees.build();
        Unpacked unpacked =
                Materialise.unpack(tree, trees.layers(temporary.resolve("tar")), out, UnpackOptions.DEFAULTS);
        assertThat(unpacked.directories()).isEqualTo(2_000);
        assertThat(lines("find", out.toString(), "-type", "f", "-printf", "%d %m\n"))
                .hasSize(2_000);
        run("rm", "-rf", out.toString());
    }

    @Test
    void comesBackOutOfAnyDepthWhenItFails() throws Exception {
        Trees broken = new Trees();
        int in = Tree.ROOT;
        for (int i = 0; i < 2_000; i++) {
            in = broken.directory(in, "d", 0);
        }
        broken.sparse(in, "f", 512, 0, 512, 0);
        assertRefused(
                () -> Materialise.unpack(
                        broken.build(), broken.layers(temporary.resolve("tar")), out, UnpackOptions.DEFAULTS),
                Category.MISMATCH,
                "its end before byte 0");
        assertThat(out).doesNotExist();
    }

    @Test
    void keepsHoles() throws Exception {
        long tera = 1L << 40;
        byte[] data = Trees.bytes("y".repeat(4096));
        long first = trees.data(data);
        long second = trees.data(data);
        trees.sparse(Tree.ROOT, "hole", tera);
        trees.sparse(Tree.ROOT, "spread", tera, 8192, 4096, first, tera / 2, 4096, second);
        trees.sparse(Tree.ROOT, "end", tera, tera - 4096, 4096, first);
        unpack(UnpackOptions.DEFAULTS);
        assertThat(lines("find", out.toString(), "-type", "f", "-printf", "%f %s %b\n"))
                .containsExactlyInAnyOrder("hole " + tera + " 0", "spread " + tera + " 16", "end " + tera + " 8");
        try (var file = FileChannel.open(out.resolve("spread"))) {
            ByteBuffer read = ByteBuffer.allocate(4096);
            file.read(read, tera / 2);
            assertThat(read.array()).isEqualTo(data);
        }
    }

    @Test
    void writesLargeFilesAndManySmallOnesThatStandAnywhereInTheTar() throws Exception {
        Random random = new Random(1);
        List<String> contents = new ArrayList<>();
        long[] at = new long[400];
        for (int i = 0; i < at.length; i++) {
            byte[] content = new byte[i % 97 == 0 ? 700_001 : random.nextInt(9_000) + 1];
            random.nextBytes(content);
            at[i] = trees.data(content);
            contents.add(new String(content, StandardCharsets.ISO_8859_1));
        }
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < at.length; i++) {
            order.add(i);
        }
        Collections.shuffle(order, random);
        int directory = Tree.ROOT;
        for (int i : order) {
            directory = i % 5 == 0 ? trees.directory(Tree.ROOT, "d" + i, 0755) : directory;
            trees.sparse(
                    directory,
                    "f" + i,
                    contents.get(i).length(),
                    0,
                    contents.get(i).length(),
                    at[i]);
        }
        AtomicLong entries = new AtomicLong();
        AtomicLong bytes = new AtomicLong();
        Unpacked unpacked = unpack(new UnpackOptions(false, 3, (e, b) -> {
            entries.addAndGet(e);
            bytes.addAndGet(b);
        }));
        try (var files = Files.walk(out)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                int i = Integer.parseInt(file.getFileName().toString().substring(1));
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).isEqualTo(contents.get(i));
            }
        }
        assertThat(unpacked.files()).isEqualTo(400);
        assertThat(bytes).hasValue(unpacked.bytes());
        assertThat(entries).hasValue(unpacked.files() + unpacked.directories());
    }

    @Test
    void linksFurtherNamesToTheFirst() throws Exception {
        int z = trees.directory(Tree.ROOT, "z", 0555);
        int a = trees.directory(Tree.ROOT, "a", 0);
        int file = trees.file(z, Trees.bytes("file"), 04711, "x", List.of());
        trees.link(a, "again", file);
        trees.link(z, "and", file);
        Unpacked unpacked = unpack(UnpackOptions.DEFAULTS);
        assertThat(unpacked.links()).isEqualTo(2);
        assertThat(lines("find", out.toString(), "-type", "f", "-printf", "%n %m %s\n"))
                .containsOnly("3 4711 1")
                .hasSize(3);
        assertThat(listing()).contains("a d 0 1:2 -3.0000000040 0 ", "z d 555 1:2 -3.0000000040 0 ");
    }

    @Test
    void setsXattrsCapabilitiesAndAclsAsTheyAre() throws Exception {
        byte[] capability = HexFormat.of().parseHex("0100000200040000000000000000000000000000");
        byte[] acl = HexFormat.of()
                .parseHex("0200000001000600ffffffff02000400e803000004000400ffffffff10000400ffffffff20000000ffffffff");
        byte[] binary = {0, (byte) 0xff, 0};
        trees.file(
                Tree.ROOT,
                Trees.bytes("f"),
                0640,
                "x",
                List.of(
                        Xattr.of("security.capability", capability),
                        Xattr.of("system.posix_acl_access", acl),
                        Xattr.of("trusted.t", binary),
                        Xattr.of("user.empty", new byte[0])));
        trees.directory(
                Tree.ROOT, "d", 0750, Xattr.of("system.posix_acl_default", acl), Xattr.of("com.apple.x", binary));
        Unpacked unpacked = unpack(UnpackOptions.DEFAULTS);
        assertThat(xattrs("f"))
                .containsExactlyInAnyOrder(
                        "security.capability=0x" + HexFormat.of().formatHex(capability),
                        "system.posix_acl_access=0x" + HexFormat.of().formatHex(acl),
                        "trusted.t=0x00ff00",
                        "user.empty=0x");
        assertThat(xattrs("d"))
                .containsExactly("system.posix_acl_default=0x" + HexFormat.of().formatHex(acl));
        assertThat(listing()).contains("f f 640 1000:2000 1600000000.1234567890 1 ");
        assertThat(unpacked.xattrsLeftOut()).isOne();
    }

    @Test
    void leavesOutXattrsThatLinuxHasNoPlaceFor() throws Exception {
        byte[] value = {1};
        Xattr user = Xattr.of("user.x", value);
        Xattr trusted = Xattr.of("trusted.x", value);
        trees.symlink(Tree.ROOT, "link", Trees.bytes("t"), trusted, user);
        trees.special(Tree.ROOT, "fifo", FileType.FIFO, 0644, 0, 0, trusted, user);
        trees.special(Tree.ROOT, "null", FileType.CHARACTER, 0666, 1, 3, trusted, user);
        trees.special(Tree.ROOT, "disk", FileType.BLOCK, 0660, 7, 0, trusted, user);
        trees.directory(
                Tree.ROOT,
                "d",
                01777,
                Xattr.of("security.", value),
                Xattr.of("system.", value),
                Xattr.of("trusted.", value),
                Xattr.of("user", value),
                Xattr.of("user.", value),
                user);
        Tree tree = trees.build();

        Unpacked unpacked = Materialise.unpack(tree, List.of(), out, UnpackOptions.DEFAULTS);

        for (String name : List.of("link", "fifo", "null", "disk")) {
            assertThat(xattrs(name)).as(name).containsExactly("trusted.x=0x01");
        }
        assertThat(xattrs("d")).containsExactly("user.x=0x01");
        assertThat(unpacked.xattrsLeftOut()).isEqualTo(4 + 5);

        out = temporary.resolve("rootless");
        assertThat(Materialise.unpack(tree, List.of(), out, UnpackOptions.DEFAULTS.withRootless(true))
                        .xattrsLeftOut())
                .isEqualTo(4 + 5);
        assertThat(xattrs("null")).as("an empty file for a device").containsExactly("trusted.x=0x01");
    }

    @Test
    void namesTheXattrThatTheKernelRefuses() throws Exception {
        byte[] malformed = {1, 2, 3};
        for (String name : List.of("security.capability", "system.posix_acl_access")) {
            Trees bad = new Trees();
            bad.file(Tree.ROOT, Trees.bytes("f"), 0755, "", List.of(Xattr.of(name, malformed)));
            assertRefused(
                    () -> Materialise.unpack(bad.build(), List.of(), out, UnpackOptions.DEFAULTS),
                    Category.INVALID,
                    "unpack /f: xattr " + name + ": setxattr: EINVAL");
            assertThat(out).doesNotExist();
        }
        trees.file(Tree.ROOT, Trees.bytes("f"), 0755, "", List.of(Xattr.of("user.huge", new byte[64 << 10])));
        assertRefused(
                () -> Materialise.unpack(trees.build(), List.of(), out, UnpackOptions.DEFAULTS),
                Category.UNAVAILABLE,
                "unpack /f: xattr user.huge: setxattr: ENOSPC");
    }

    @Test
    void givesEverythingToTheCallerWhenRootless() throws Exception {
        trees.file(Tree.ROOT, Trees.bytes("f"), 04755, "x", List.of());
        trees.special(Tree.ROOT, "null", FileType.CHARACTER, 0666, 1, 3);
        trees.special(Tree.ROOT, "fifo", FileType.FIFO, 0600, 0, 0);
        Unpacked unpacked = unpack(UnpackOptions.DEFAULTS.withRootless(true));
        assertThat(listing())
                .contains(
                        "f f 4755 0:0 1600000000.1234567890 1 ",
                        "null f 666 0:0 5.0000000060 0 ",
                        "fifo p 600 0:0 5.0000000060 0 ");
        assertThat(unpacked.standIns()).isOne();
    }

    @Test
    void refusesADirectoryThatIsNotEmptyAndTouchesNothingInIt() throws Exception {
        Files.createDirectories(out);
        Files.writeString(out.resolve("mine"), "x");
        trees.file(Tree.ROOT, "mine", "y");
        assertRefused(() -> unpack(UnpackOptions.DEFAULTS), Category.CONFLICT, "not empty");
        assertThat(out.resolve("mine")).hasContent("x");
        assertRefused(
                () -> Materialise.unpack(new Trees().build(), List.of(), out.resolve("mine"), UnpackOptions.DEFAULTS),
                Category.CONFLICT,
                "ENOTDIR");
        assertRefused(
                () -> Materialise.unpack(
                        new Trees().build(), List.of(), temporary.resolve("no/such"), UnpackOptions.DEFAULTS),
                Category.NOT_FOUND,
                "does not exist");
    }

    @Test
    void leavesAnExistingDirectoryAsItWasWhenItFails() throws Exception {
        Files.createDirectory(out);
        run("chmod", "2755", out.toString());
        run("chown", "5:6", out.toString());
        int in = trees.directory(Tree.ROOT, "d", 0755);
        for (int i = 0; i < 500; i++) {
            trees.file(in, "f" + i, "content");
        }
        trees.link(Tree.ROOT, "z", trees.sparse(in, "bad", 4096, 0, 4096, 1 << 30));
        assertRefused(() -> unpack(UnpackOptions.DEFAULTS), Category.MISMATCH, "unpack /z: tar of layer sha256:");
        assertThat(out).isEmptyDirectory();
        assertThat(lines("stat", "-c", "%a %u:%g", out.toString())).containsExactly("2755 5:6");
    }

    /** Who owns a directory may exchange what is in it, between the making of a device or a setuid program and its mode. */
    @Test
    void takesADirectoryFromItsOwnerBeforeItWritesThere() throws Exception {
        Files.createDirectory(out);
        run("chmod", "777", out.toString());
        run("chown", "5:6", out.toString());
        trees.builder.describe(Tree.ROOT, Inode.directory(0751, 0, 0, 7, 6, List.of()), 0);
        trees.special(Tree.ROOT, "disk", FileType.BLOCK, 0660, 259, 65537);
        trees.directory(Tree.ROOT, "d", 0755);
        List<String> seen = Collections.synchronizedList(new ArrayList<>());

        unpack(UnpackOptions.DEFAULTS.withProgress((entries, bytes) -> seen.add(ownerAndMode(out))));

        assertThat(seen).isNotEmpty().containsOnly("0:0 40700");
        assertThat(ownerAndMode(out)).isEqualTo("0:0 40751");
    }

    private static String ownerAndMode(Path path) {
        try {
            Map<String, Object> found = Files.readAttributes(path, "unix:uid,gid,mode");
            return String.format("%s:%s %o", found.get("uid"), found.get("gid"), (Integer) found.get("mode"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void leavesNothingOnAFullDisk() throws Exception {
        Path disk = temporary.resolve("disk");
        Path at = Files.createDirectory(temporary.resolve("at"));
        run("truncate", "-s", "4M", disk.toString());
        run("mkfs.ext4", "-q", disk.toString());
        run("mount", "-o", "loop", disk.toString(), at.toString());
        try {
            run("rmdir", at.resolve("lost+found").toString());
            for (int i = 0; i < 100; i++) {
                trees.file(trees.directory(Tree.ROOT, "d" + i, 0755), "f", "x".repeat(100_000));
            }
            List<Layer> layers = trees.layers(temporary.resolve("tar"));
            assertRefused(
                    () -> Materialise.unpack(trees.build(), layers, at, UnpackOptions.DEFAULTS),
                    Category.UNAVAILABLE,
                    "ENOSPC");
            assertThat(at).isEmptyDirectory();
        } finally {
            run("umount", at.toString());
        }
    }

    @Test
    void stopsAndCleansUpWhenInterrupted() throws Exception {
        for (int i = 0; i < 2_000; i++) {
            trees.file(i % 10 == 0 ? trees.directory(Tree.ROOT, "d" + i, 0755) : Tree.ROOT, "f" + i, "x");
        }
        Thread caller = Thread.currentThread();
        assertRefused(
                () -> unpack(UnpackOptions.DEFAULTS.withProgress((entries, bytes) -> caller.interrupt())),
                Category.CANCELLED,
                "interrupted");
        assertThat(Thread.interrupted()).isTrue();
        assertThat(out).doesNotExist();
    }

    private Unpacked unpack(UnpackOptions options) throws IOException {
        return Materialise.unpack(trees.build(), trees.layers(temporary.resolve("tar")), out, options);
    }

    /** Path, type, mode, owner, time, size (not of directories), target. */
    private List<String> listing() throws Exception {
        List<String> found = new ArrayList<>();
        for (String line : lines("find", out.toString(), "-printf", "%P %y %m %U:%G %T@ %s %l\n")) {
            String[] fields = line.split(" ", -1);
            if (fields[1].equals("d")) {
                fields[5] = "0";
            }
            found.add(String.join(" ", fields));
        }
        return found;
    }

    private List<String> xattrs(String name) throws Exception {
        return lines(
                        "getfattr",
                        "-h",
                        "-d",
                        "-m",
                        "-",
                        "-e",
                        "hex",
                        "--absolute-names",
                        out.resolve(name).toString())
                .stream()
                .filter(line -> !line.startsWith("#") && !line.isEmpty())
                .toList();
    }

    private static void run(String... command) throws Exception {
        output(command);
    }

    private static List<String> lines(String... command) throws Exception {
        return new String(output(command), StandardCharsets.ISO_8859_1).lines().toList();
    }

    private static byte[] output(String... command) throws Exception {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        byte[] output = process.getInputStream().readAllBytes();
        assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
        return output;
    }

    private static void assertRefused(ThrowingCallable call, Category category, String saying) {
        assertThatThrownBy(call).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.getMessage()).contains(saying);
            assertThat(failure.category()).isEqualTo(category);
        });
    }
}
