package io.varve.benchmark;

import io.netty.buffer.ByteBuf;
import io.varve.bundle.BundleOptions;
import io.varve.bundle.Bundles;
import io.varve.bus.Slabs;
import io.varve.decode.DecodeLimits;
import io.varve.erofs.ErofsLimits;
import io.varve.erofs.ErofsWriter;
import io.varve.image.Rootfs;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.layout.LayoutReference;
import io.varve.pipeline.Image;
import io.varve.pipeline.Images;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.TestStages;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.varve.tar.TarLimits;
import io.varve.tar.TarReader;
import io.varve.view.Index;
import io.varve.view.Materialise;
import io.varve.view.UnpackOptions;
import io.varve.view.ViewOptions;
import io.varve.view.Views;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * How long each step from the tars of an image to its filesystem takes, as medians in one process; unpacking is measured
 * in turns with GNU tar extracting the same tars one after another.
 *
 * <p>Arguments: the image, as {@code oci:DIR:NAME}, and a directory to work in on the disk that is to be measured.
 */
public final class ImageBenchmark {
    private static final int WARM_UP = 20;
    private static final int ROUNDS = 21;
    private static final int UNPACK_ROUNDS = 3;

    private final Path directory;
    private final Image image;

    private ImageBenchmark(Path directory, Image image) {
        this.directory = directory;
        this.image = image;
    }

    private interface Step {
        void run() throws Exception;
    }

    /** Runs the measurements and prints a line for each. */
    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[1]);
        try (Store store = new Store(directory.resolve("store"), StoreOptions.DEFAULTS)) {
            int workers = Runtime.getRuntime().availableProcessors();
            LayerPull flows = new LayerPull(store, DecodeLimits.DEFAULTS, workers, TestStages::get);
            Images images = new Images(store, flows, new Pull(store, flows));
            Image image = images.open(LayoutReference.parse(arguments[0]), null, PullListener.NONE);
            new ImageBenchmark(directory, image).run(store);
        }
    }

    private void run(Store store) throws Exception {
        long bytes = image.layers().stream().mapToLong(Layer::size).sum();
        System.out.printf(
                "image: %d layers, %,d bytes of tar, %,d names%n",
                image.layers().size(), bytes, image.tree().entries());
        List<Double> parse = measure(5, 11, this::parse);
        print("parse the tars through slabs", parse);
        System.out.printf("peak resident so far: %s%n", peakResident());
        List<Double> merge = measure(WARM_UP, ROUNDS, () -> store.layers().merge(image.layers()));
        print("merge", merge);
        List<Double> both = measure(WARM_UP, ROUNDS, () -> index(store.layers().merge(image.layers())));
        print("merge + index", both);
        if ("root".equals(System.getProperty("user.name"))) {
            mount(store);
            bundle(store);
            unpack();
        }
    }

    private void parse() throws IOException {
        ByteBuf slab = Slabs.allocate();
        try {
            for (Layer layer : image.layers()) {
                TarReader reader = new TarReader(TarLimits.DEFAULTS, entry -> {});
                try (FileChannel tar = FileChannel.open(layer.tar(), StandardOpenOption.READ)) {
                    ByteBuffer space = slab.nioBuffer(0, slab.capacity());
                    while (tar.read(space.clear()) >= 0) {
                        reader.accept(slab.setIndex(0, space.position()));
                    }
                }
                reader.finish();
            }
        } finally {
            slab.release();
        }
    }

    private void index(Tree tree) throws IOException {
        Path file = directory.resolve("index");
        try (FileChannel out = FileChannel.open(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
            ErofsWriter.write(tree, image.layers(), image.chainId(), out, ErofsLimits.DEFAULTS);
        }
    }

    private void mount(Store store) throws Exception {
        Views views = new Views(store.directory().resolve("views"));
        Index index = new Index(
                image.chainId(),
                store.indexes().index(image.chainId(), image.layers(), image::tree),
                image.layers().stream().map(Layer::tar).toList());
        Path at = Files.createDirectories(directory.resolve("mnt"));
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < WARM_UP + ROUNDS; i++) {
            long started = System.nanoTime();
            views.mount(index, at, ViewOptions.READ_ONLY);
            double millis = (System.nanoTime() - started) / 1e6;
            views.unmount(at);
            if (i >= WARM_UP) {
                times.add(millis);
            }
        }
        print("mount of the indexed image", times);
    }

    /** Each by an image that is opened anew, as a request has it. */
    private void bundle(Store store) throws Exception {
        int workers = Runtime.getRuntime().availableProcessors();
        LayerPull flows = new LayerPull(store, DecodeLimits.DEFAULTS, workers, TestStages::get);
        Images images = new Images(store, flows, new Pull(store, flows));
        Rootfs rootfs = new Rootfs(new Views(store.directory().resolve("views")), directory.resolve("rootfs"));
        BundleOptions options =
                new BundleOptions(BundleOptions.Root.READ_ONLY, List.of("true"), List.of(), null, false, "benchmark");
        Bundles bundles = new Bundles(rootfs, workers);
        Path at = directory.resolve("bundle");
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < WARM_UP + ROUNDS; i++) {
            long started = System.nanoTime();
            bundles.create(images.open(image.plan().descriptor().digest(), null, PullListener.NONE), at, options);
            double millis = (System.nanoTime() - started) / 1e6;
            rootfs.unmount(at.resolve("rootfs"));
            remove(at);
            if (i >= WARM_UP) {
                times.add(millis);
            }
        }
        print("bundle of the indexed image", times);
    }

    private void unpack() throws Exception {
        Path ours = directory.resolve("unpacked");
        Path theirs = directory.resolve("extracted");
        List<Double> varve = new ArrayList<>();
        List<Double> gnu = new ArrayList<>();
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i <= UNPACK_ROUNDS; i++) {
            remove(ours, theirs);
            double a = once(() -> Materialise.unpack(image.tree(), image.layers(), ours, UnpackOptions.DEFAULTS));
            remove(ours, theirs);
            double b = once(() -> extract(theirs));
            if (i > 0) {
                varve.add(a);
                gnu.add(b);
                ratios.add(a / b);
            }
        }
        remove(ours, theirs);
        print("unpack", varve);
        print("GNU tar, one layer after another", gnu);
        System.out.printf(Locale.ROOT, "unpack / GNU tar: median %.2f of %s%n", median(ratios), ratios.size());
    }

    private void extract(Path into) throws Exception {
        Files.createDirectories(into);
        for (Layer layer : image.layers()) {
            execute(
                    "tar",
                    "-xpf",
                    layer.tar().toString(),
                    "--xattrs",
                    "--xattrs-include=*",
                    "--numeric-owner",
                    "-C",
                    into.toString());
        }
    }

    /** Both are gone, and what the removal left to write is written, before the next one is measured. */
    private static void remove(Path... directories) throws Exception {
        for (Path directory : directories) {
            execute("rm", "-rf", directory.toString());
        }
        execute("sync");
    }

    private static void execute(String... command) throws Exception {
        int code = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        if (code != 0 && !command[0].equals("tar")) {
            throw new IOException(Arrays.toString(command) + " ended with " + code);
        }
    }

    private static List<Double> measure(int warmUp, int rounds, Step step) throws Exception {
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < warmUp + rounds; i++) {
            double millis = once(step);
            if (i >= warmUp) {
                times.add(millis);
            }
        }
        return times;
    }

    private static double once(Step step) throws Exception {
        long started = System.nanoTime();
        step.run();
        return (System.nanoTime() - started) / 1e6;
    }

    private static void print(String what, List<Double> times) {
        System.out.printf(
                Locale.ROOT,
                "%s: median %.1f ms, from %.1f to %.1f, %d rounds%n",
                what,
                median(times),
                times.stream().mapToDouble(each -> each).min().orElseThrow(),
                times.stream().mapToDouble(each -> each).max().orElseThrow(),
                times.size());
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.get(sorted.size() / 2);
    }

    private static String peakResident() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmHWM")).findFirst().orElse("unknown");
        }
    }
}
