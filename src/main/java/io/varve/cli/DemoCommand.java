package io.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layerfs.FileBytes;
import io.varve.layerfs.Tree;
import io.varve.layout.LayoutReference;
import io.varve.oci.Descriptor;
import io.varve.pipeline.Image;
import io.varve.pipeline.PullListener;
import io.varve.view.Materialise;
import io.varve.view.UnpackOptions;
import io.varve.view.UnpackProgress;
import io.varve.view.Unpacked;
import io.varve.view.ViewOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.Channels;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "demo",
        description =
                "Make a small image, then pull, list, read, mount and unpack it in a temporary store; leaves nothing.")
final class DemoCommand implements Action {
    private static final byte[] MOTD = "motd".getBytes(UTF_8);

    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Override
    public void run(UseCases useCases) throws IOException {
        Path temporary = Files.createTempDirectory("varve-demo-");
        try {
            run(useCases.openStore().apply(temporary.resolve("store")), temporary);
        } finally {
            delete(temporary);
        }
    }

    private void run(UseCases useCases, Path temporary) throws IOException {
        Path layout = temporary.resolve("layout");
        long started = System.nanoTime();
        Descriptor written = DemoImage.write(layout);
        step("write", started, "an OCI layout with a gzip and a zstd layer, " + written.digest());

        started = System.nanoTime();
        LayoutReference reference = new LayoutReference(layout, DemoImage.NAME, null);
        Image image = useCases.images().open(reference, null, PullListener.NONE);
        step(
                "pull",
                started,
                String.format(
                        Locale.ROOT,
                        "%d layers verified and merged, %d names",
                        image.layers().size(),
                        image.tree().entries()));

        varve.out().println();
        new Listing(image.tree(), true).print(new byte[0], varve.out(), true);
        varve.out().println();

        started = System.nanoTime();
        String motd = read(image);
        step("cat", started, "motd, through a symlink, straight from its layer: " + motd.strip());
        mount(useCases, image, temporary.resolve("mnt"), motd);

        started = System.nanoTime();
        UnpackOptions options = new UnpackOptions(!isRoot(), useCases.workers(), UnpackProgress.NONE);
        Unpacked unpacked = Materialise.unpack(image.tree(), image.layers(), temporary.resolve("rootfs"), options);
        check(motd, Files.readString(temporary.resolve("rootfs/etc/motd")), "unpacked");
        step(
                "unpack",
                started,
                String.format(
                        Locale.ROOT,
                        "%d files, %d directories, %d symlink, %d hardlink%s",
                        unpacked.files(),
                        unpacked.directories(),
                        unpacked.symlinks(),
                        unpacked.links(),
                        isRoot() ? "" : ", rootless"));
    }

    private void mount(UseCases useCases, Image image, Path directory, String motd) throws IOException {
        long started = System.nanoTime();
        try {
            useCases.views().mount(MountCommand.index(useCases, image), directory, ViewOptions.READ_ONLY);
        } catch (Failure e) {
            if (e.category() != Category.UNAVAILABLE && e.category() != Category.UNAUTHORIZED) {
                throw e;
            }
            step("mount", started, "not on this machine: " + e.wrong());
            return;
        }
        try {
            step("mount", started, "index written and mounted by the kernel");
            check(motd, Files.readString(directory.resolve("etc/motd")), "mounted");
        } finally {
            useCases.views().unmount(directory);
        }
    }

    private static String read(Image image) throws IOException {
        Tree tree = image.tree();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        FileBytes.copy(tree, tree.resolve(MOTD), image.layers(), Channels.newChannel(bytes));
        return bytes.toString(UTF_8);
    }

    private static void check(String wanted, String got, String where) {
        if (!got.equals(wanted)) {
            throw Failure.mismatch("/etc/motd " + where, got, wanted);
        }
    }

    private void step(String what, long started, String result) {
        PrintStream out = varve.out();
        out.printf("%-7s %9s  %s%n", what, Sizes.duration(System.nanoTime() - started), result);
        out.flush();
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static void delete(Path directory) throws IOException {
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e) throws IOException {
                if (e != null) {
                    throw e;
                }
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
