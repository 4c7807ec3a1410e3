package io.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.api.Api;
import io.varve.build.Builds;
import io.varve.build.Built;
import io.varve.build.HostInputs;
import io.varve.catalogue.Catalogue;
import io.varve.catalogue.Entry;
import io.varve.catalogue.Node;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.gc.Collected;
import io.varve.layerfs.Tree;
import io.varve.oci.Descriptor;
import io.varve.oci.Reference;
import io.varve.pipeline.Image;
import io.varve.pipeline.Origin;
import io.varve.pipeline.Platforms;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Pulls;
import io.varve.push.Pushed;
import io.varve.registry.Access;
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
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "demo",
        description = {
            "Build a small image, push it to a registry on loopback that is served from an empty store, pull it from there into another, then"
                    + " list, read, mount, unpack and remove it.",
            "All in temporary stores; leaves nothing."
        })
final class DemoCommand implements Action {
    private static final byte[] MOTD = "motd".getBytes(UTF_8);

    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Override
    public void run(UseCases useCases) throws IOException {
        Path temporary = Files.createTempDirectory("varve-demo-");
        try {
            UseCases there = useCases.openStore().apply(temporary.resolve("served"));
            UseCases workshop = useCases.openStore().apply(temporary.resolve("built"));
            UseCases here = useCases.openStore().apply(temporary.resolve("store"));
            show(here, pulled(there, workshop, here, temporary), temporary);
        } finally {
            takeBack(() -> delete(temporary));
        }
    }

    /** The name of an image that was built in one store, and has come into another by way of a registry. */
    private Reference pulled(UseCases there, UseCases workshop, UseCases here, Path temporary) throws IOException {
        long started = System.nanoTime();
        try (Api api = there.serving().apply(there.http().anywhere())) {
            step("serve", started, api.address() + ", a store with nothing in it");

            started = System.nanoTime();
            Reference name = Reference.normalized(api.address() + "/demo/hello:1");
            Descriptor built = built(workshop, name, temporary);
            step("build", started, name + ", " + built.digest());

            started = System.nanoTime();
            Pushed pushed = workshop.pushes().push(name, name, Access.ANYWHERE, PullListener.NONE);
            check(built.digest(), pushed.image().digest(), "manifest pushed");
            step(
                    "push",
                    started,
                    "to the registry at " + api.address() + ": " + brought(there) + " verified and on the disk");

            started = System.nanoTime();
            Descriptor got = pull(here, new Origin.Remote(name, Access.ANYWHERE), name);
            check(built.digest(), got.digest(), "manifest pulled");
            step("pull", started, "by that name into a second store: " + brought(here) + " verified and on the disk");
            return name;
        }
    }

    /** A gzip layer that is a tar, and above it a zstd layer of what stands in the spec. */
    private static Descriptor built(UseCases workshop, Reference name, Path temporary) throws IOException {
        Files.write(temporary.resolve(DemoImage.TAR), DemoImage.base());
        Builds.Asking asking = new Builds.Asking(new HostInputs(temporary), Access.ANYWHERE);
        Builds builds = workshop.builds();
        String base = Reference.normalized("demo/base").withDefaultTag().toString();
        Built below = builds.build(DemoImage.spec("scratch", base), asking, PullListener.NONE);
        return builds.build(
                        DemoImage.spec(below.tags().getFirst().toString(), name.toString()), asking, PullListener.NONE)
                .image();
    }

    private static Descriptor pull(UseCases into, Origin origin, Reference name) {
        Pulls.Outcome outcome = into.pulls()
                .pull(List.of(origin), name, Platforms.HERE, PullListener.NONE)
                .getFirst();
        Descriptor image = outcome.image();
        if (image == null) {
            throw Objects.requireNonNull(outcome.failure());
        }
        return image;
    }

    private static String brought(UseCases useCases) {
        List<Entry> nodes = useCases.store().read(Catalogue::nodes).orElse(List.of());
        List<Entry> blobs = nodes.stream()
                .filter(each -> each.node().kind() == Node.Kind.BLOB)
                .toList();
        long bytes = blobs.stream().mapToLong(Entry::size).sum();
        return blobs.size() + " blobs, " + Sizes.bytes(bytes) + ",";
    }

    private void show(UseCases useCases, Reference name, Path temporary) throws IOException {
        long started = System.nanoTime();
        Image image = useCases.images().open(name, null, PullListener.NONE);
        step(
                "open",
                started,
                String.format(
                        Locale.ROOT,
                        "%d layers, %d names, from the index",
                        image.layers().size(),
                        image.tree().entries()));

        varve.out().println();
        Listing.print(image.tree(), true, true, new byte[0], varve.out());
        varve.out().println();

        started = System.nanoTime();
        String motd = read(image);
        step("cat", started, "motd, through a symlink, straight from its layer: " + motd.strip());
        mount(useCases, image, temporary.resolve("mnt"), motd);

        started = System.nanoTime();
        UnpackOptions options = new UnpackOptions(!isRoot(), useCases.workers(), UnpackProgress.NONE);
        Unpacked unpacked = Materialise.unpack(image.tree(), image.layers(), temporary.resolve("rootfs"), options);
        check(motd, Files.readString(temporary.resolve("rootfs/etc/motd")), "/etc/motd unpacked");
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
        collect(useCases, name);
    }

    private void collect(UseCases useCases, Reference name) {
        long started = System.nanoTime();
        useCases.store().write("demo", session -> session.write(transaction -> transaction.untag(name.toString())));
        Collected collected = useCases.collector().collect(Instant.now());
        step(
                "gc",
                started,
                String.format(
                        Locale.ROOT,
                        "name removed; %d blobs, layers and indexes went with it",
                        collected.entries().size()));
    }

    private void mount(UseCases useCases, Image image, Path directory, String motd) throws IOException {
        long started = System.nanoTime();
        try {
            useCases.rootfs().mount(image, directory, ViewOptions.READ_ONLY);
        } catch (Failure e) {
            if (e.category() != Category.UNAVAILABLE && e.category() != Category.UNAUTHORIZED) {
                throw e;
            }
            step("mount", started, "not on this machine: " + e.wrong());
            return;
        }
        try {
            step("mount", started, "index written and mounted by the kernel");
            check(motd, Files.readString(directory.resolve("etc/motd")), "/etc/motd mounted");
        } finally {
            takeBack(() -> useCases.views().unmount(directory));
        }
    }

    private static String read(Image image) throws IOException {
        Tree tree = image.tree();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        tree.copy(tree.resolve(MOTD), image.layers(), Channels.newChannel(bytes));
        return bytes.toString(UTF_8);
    }

    private static void check(Object wanted, Object got, String what) {
        if (!got.equals(wanted)) {
            throw Failure.mismatch(what, got, wanted);
        }
    }

    /** Something that ends what was begun. */
    @FunctionalInterface
    private interface Ending {
        void run() throws IOException;
    }

    /** Whoever interrupts the demo wants its end, and its end takes back everything. */
    private static void takeBack(Ending ending) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            ending.run();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
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
