package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.varve.guard.Deadline;
import io.varve.view.Backing;
import io.varve.view.ReadOptions;
import io.varve.view.View;
import io.varve.view.ViewOptions;
import io.varve.view.Views;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Indexes of several layers, mounted from files and from loop devices: what older kernels and tmpfs need. */
@Timeout(120)
class LoopBackingIT {
    private static final ViewOptions ALL = new ViewOptions(false, true, true);

    @TempDir
    Path directory;

    private Path at;

    @BeforeEach
    void needKernelMounts() {
        Peers.needKernelMounts();
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "needs loop devices");
        at = directory.resolve("at");
    }

    @AfterEach
    void unmountEverything() throws IOException {
        for (String store : List.of("stack", "memory")) {
            Views views = new Views(directory.resolve(store).resolve("store/views"));
            for (View view : views.mounted()) {
                views.unmount(view.directory());
            }
        }
    }

    @Test
    void showsTheSameFromFilesAndFromLoopDevices() throws IOException, InterruptedException {
        assumeTrue(canBackAMount(directory), "a filesystem that can back a mount");
        Stack stack = layers(directory.resolve("stack"));
        SortedMap<String, String> expected = Stack.onLinux(stack.listing());

        Views views = stack.mount(at, ALL, Backing.LOOP);
        assertThat(loopFiles()).as("the index, and a tar for each layer").hasSize(1 + 4);
        assertThat(Listing.of(at).lines()).as("from loop devices").isEqualTo(expected);
        views.unmount(at);
        awaitNoLoopFiles();

        for (ReadOptions.DirectIo direct : ReadOptions.DirectIo.values()) {
            stack.mount(at, ALL, Backing.FILE, new ReadOptions(direct, 1 << 20));
            assertThat(loopFiles()).isEmpty();
            assertThat(Listing.of(at).lines())
                    .as("from files, read directly: %s", direct)
                    .isEqualTo(expected);
            views.unmount(at);
        }
    }

    @Test
    void tarsAreReadDirectlyUnlessTheyAreInTheCacheAnyway() throws IOException {
        assumeTrue(canBackAMount(directory), "a filesystem that can back a mount");
        Stack stack = layers(directory.resolve("stack"));
        Views views = stack.mount(at, ALL, Backing.FILE, new ReadOptions(ReadOptions.DirectIo.ALWAYS, 0));
        boolean can = isReadDirectly(at);
        views.unmount(at);
        assumeTrue(can, "a kernel and a filesystem that can read tars directly");

        stack.mount(at, ALL, Backing.FILE, new ReadOptions(ReadOptions.DirectIo.NEVER, 0));
        assertThat(isReadDirectly(at)).isFalse();
        views.unmount(at);
        stack.mount(at, ALL, Backing.FILE, new ReadOptions(ReadOptions.DirectIo.AUTO, 0));
        assertThat(isReadDirectly(at)).as("of tars that were just written").isFalse();
        views.unmount(at);
    }

    private static boolean isReadDirectly(Path at) throws IOException {
        String mount = " " + at.toRealPath() + " erofs ";
        return Files.readAllLines(Path.of("/proc/self/mounts")).stream()
                .anyMatch(line -> line.contains(mount) && line.contains("directio"));
    }

    @Test
    void sixHundredLayersAreMountedFromFiles() throws IOException {
        assumeTrue(canBackAMount(directory), "a filesystem that can back a mount");
        Tarball[] tars = new Tarball[600];
        Arrays.setAll(tars, i -> new Tarball().file("of-layer-" + i, "content of layer " + i));
        Stack stack = new Stack(directory.resolve("stack")).of(tars);

        Views views = stack.mount(at, ALL, Backing.FILE);

        for (int i = 0; i < tars.length; i++) {
            assertThat(at.resolve("of-layer-" + i)).hasContent("content of layer " + i);
        }
        assertThat(loopFiles()).isEmpty();
        views.unmount(at);
    }

    @Test
    void storeInMemoryIsMountedFromLoopDevicesUnasked() throws IOException, InterruptedException {
        Path memory = Files.createDirectory(directory.resolve("memory"));
        new Program(directory, "mount", "-t", "tmpfs", "tmpfs", memory.toString()).succeed();
        try {
            Stack stack = layers(memory);
            SortedMap<String, String> expected = Stack.onLinux(stack.listing());

            Views views = stack.mount(at, ALL, Backing.ANY);

            assertThat(loopFiles()).hasSize(1 + 4);
            assertThat(Listing.of(at).lines()).isEqualTo(expected);
            views.unmount(at);
            awaitNoLoopFiles();
        } finally {
            unmountEverything();
            new Program(directory, "umount", memory.toString()).succeed();
        }
    }

    /** Every type, chunks of several sizes and out of order, and something of every layer. */
    private static Stack layers(Path directory) {
        byte[] large = new byte[300_001];
        for (int i = 0; i < large.length; i++) {
            large[i] = (byte) (i * 31 + i / 4096);
        }
        byte[] half = Arrays.copyOf(large, 4096);
        return new Stack(directory)
                .of(
                        new Tarball()
                                .dir("d")
                                .file(bytes("d/large"), large)
                                .file("d/gone", "gone")
                                .file("replaced", "of the first"),
                        new Tarball()
                                .link("again", "d/large")
                                .symlink("l", "d/large")
                                .file("replaced", "of the second"),
                        new Tarball()
                                .whiteout("d/gone")
                                .xattr("user.x", (byte) 1)
                                .mode(04755)
                                .owner(5, 6)
                                .time("-1.25")
                                .file("d/small", "small")
                                .fifo("pipe")
                                .character("null", 1, 3),
                        new Tarball().sparse("sparse", 1 << 20, new long[] {8192, 4096, 1 << 19, 0}, half));
    }

    private static byte[] bytes(String name) {
        return name.getBytes(StandardCharsets.UTF_8);
    }

    private static boolean canBackAMount(Path directory) throws IOException {
        String type = Files.getFileStore(directory).type();
        return !type.equals("tmpfs") && !type.startsWith("overlay");
    }

    /** The files of this test that are loop devices. */
    private List<String> loopFiles() throws IOException {
        Path own = directory.toRealPath();
        List<String> files = new ArrayList<>();
        try (DirectoryStream<Path> devices = Files.newDirectoryStream(Path.of("/sys/block"), "loop*")) {
            for (Path device : devices) {
                try {
                    String file = Files.readString(device.resolve("loop/backing_file"));
                    if (file.startsWith(own + "/")) {
                        files.add(file.strip());
                    }
                } catch (NoSuchFileException e) {
                    // A device without a file, or without one any more.
                }
            }
        }
        return files;
    }

    /** The kernel has let go by itself, but what watches devices may still be looking at one. */
    private void awaitNoLoopFiles() throws IOException {
        Deadline.await("there are no files behind loop devices", this::loopFiles, List::isEmpty);
    }
}
