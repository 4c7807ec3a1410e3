package io.varve.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.varve.oci.Digest;
import io.varve.os.FilesAt;
import io.varve.os.MountTable;
import io.varve.os.Mounts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Real mounts, of images that mkfs.erofs of erofs-utils makes. */
abstract class ViewsWorld {
    @TempDir
    Path temporary;

    Path store;
    Index image;

    @BeforeEach
    void makeImage() throws Exception {
        assumeTrue(FilesAt.user() == 0, "mounting needs root");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/mkfs.erofs")), "mkfs.erofs makes the images");
        assumeTrue(Files.readString(Path.of("/proc/filesystems")).contains("erofs"), "the kernel has EROFS");
        String type = Files.getFileStore(temporary).type();
        assumeTrue(!type.equals("tmpfs") && !type.startsWith("overlay"), "a filesystem that can back a mount");
        store = temporary.resolve("store/views");
        Files.createDirectories(store.getParent());
        image = image("one", "hello");
    }

    @AfterEach
    void unmountEverything() throws IOException {
        List<Path> left = new ArrayList<>(MountTable.read().stream()
                .map(MountTable.Entry::directory)
                .filter(directory -> directory.startsWith(temporary.toAbsolutePath()))
                .toList());
        left.sort(Comparator.reverseOrder());
        for (Path directory : left) {
            Mounts.unmount(directory);
        }
    }

    private Index image(String name, String content) throws Exception {
        Path source = Files.createDirectories(temporary.resolve(name + ".d"));
        Files.writeString(source.resolve("file"), content);
        Files.createDirectory(source.resolve("directory"));
        Files.writeString(source.resolve("directory/inner"), "inner");
        run("chown", "12:34", source.toString());
        run("chmod", "751", source.toString());
        Path index = temporary.resolve(name + ".erofs");
        run("mkfs.erofs", index.toString(), source.toString());
        return new Index(Digest.sha256(name.getBytes(StandardCharsets.UTF_8)), index, List.of());
    }

    static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
    }

    static List<Path> mountsBelow(Path directory) throws IOException {
        Path real = directory.toRealPath();
        return MountTable.read().stream()
                .map(MountTable.Entry::directory)
                .filter(mounted -> mounted.startsWith(real))
                .toList();
    }
}
