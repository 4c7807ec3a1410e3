package io.varve.benchmark;

import io.varve.decode.DecodeLimits;
import io.varve.layerfs.Layer;
import io.varve.layout.LayoutReference;
import io.varve.pipeline.Image;
import io.varve.pipeline.Images;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.TestStages;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.varve.view.Backing;
import io.varve.view.ReadOptions;
import io.varve.view.ReadOptions.DirectIo;
import io.varve.view.ViewOptions;
import io.varve.view.Views;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * How long it takes to read from a mounted image, beside the same files extracted by GNU tar on the same disk, in turns: with
 * nothing of it in memory; as a pull or an extraction leaves it, with tars or files in the page cache; and once more. And what
 * views of an image, and images that share layers, have of each other in memory.
 *
 * <p>As root. Arguments: the image, as {@code oci:DIR:NAME}; a directory on the disk that is to be measured, where it is pulled and
 * extracted to the first time; how many rounds; and, if not all of it is to be done, what: {@code small large random walk
 * python3 node memory}.
 */
public final class ReadBenchmark {
    private static final String PLAIN = "files";
    private static final long AHEAD = ReadOptions.DEFAULTS.aheadBytes();

    private final Path directory;
    private final Image image;
    private final ReadMounts mounts;

    private interface Preparation {
        void run() throws Exception;
    }

    private ReadBenchmark(Path directory, ReadMounts mounts, Image image) {
        this.directory = directory;
        this.mounts = mounts;
        this.image = image;
    }

    /** Runs the measurements and prints a line for each. */
    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[1]).toAbsolutePath();
        try (Store store = new Store(directory.resolve("store"), StoreOptions.DEFAULTS)) {
            int workers = Runtime.getRuntime().availableProcessors();
            LayerPull flows = new LayerPull(store, DecodeLimits.DEFAULTS, workers, TestStages::get);
            Images images = new Images(store, flows, new Pull(store, flows));
            Image image = images.open(LayoutReference.parse(arguments[0]), null, PullListener.NONE);
            try (ReadMounts mounts = new ReadMounts(directory, store)) {
                new ReadBenchmark(directory, mounts, image)
                        .run(Integer.parseInt(arguments[2]), List.of(arguments).subList(3, arguments.length));
            }
        }
    }

    private void run(int rounds, Collection<String> only) throws Exception {
        ReadWork work = new ReadWork(image.tree());
        Path extracted = extracted(work);
        Map<String, Path> roots = new LinkedHashMap<>();
        roots.put(PLAIN, extracted);
        roots.put("direct", mount("direct", Backing.FILE, new ReadOptions(DirectIo.ALWAYS, AHEAD)));
        roots.put("cached", mount("cached", Backing.FILE, new ReadOptions(DirectIo.NEVER, AHEAD)));
        roots.put("kernel's", mount("kernel", Backing.FILE, new ReadOptions(DirectIo.NEVER, 0)));
        roots.put("loop", mount("loop", Backing.LOOP, ReadOptions.DEFAULTS));
        for (Map.Entry<String, ReadWork.Work> each : work.all(directory).entrySet()) {
            if (only.isEmpty() || only.contains(each.getKey())) {
                compare(each.getKey(), each.getValue(), roots, rounds);
            }
        }
        if (only.isEmpty() || only.contains("memory")) {
            memory(work);
        }
    }

    private void compare(String name, ReadWork.Work work, Map<String, Path> roots, int rounds) throws Exception {
        Map<String, Map<String, List<Double>>> taken = new LinkedHashMap<>();
        for (int round = 0; round < rounds; round++) {
            for (Map.Entry<String, Path> each : roots.entrySet()) {
                Path root = each.getValue();
                Map<String, Preparation> states = new LinkedHashMap<>();
                states.put("cold", ReadBenchmark::dropCaches);
                states.put("after it came", () -> {
                    dropCaches();
                    if (each.getKey().equals(PLAIN)) {
                        work.in(root);
                    } else {
                        readTars();
                    }
                });
                states.put("again", () -> {});
                for (Map.Entry<String, Preparation> state : states.entrySet()) {
                    state.getValue().run();
                    long started = System.nanoTime();
                    work.in(root);
                    double millis = (System.nanoTime() - started) / 1e6;
                    taken.computeIfAbsent(state.getKey(), key -> new LinkedHashMap<>())
                            .computeIfAbsent(each.getKey(), key -> new ArrayList<>())
                            .add(millis);
                }
            }
        }
        taken.forEach((state, times) -> print(name + ", " + state, times));
    }

    private static void print(String what, Map<String, List<Double>> times) {
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-24s", what));
        List<Double> plain = times.getOrDefault(PLAIN, List.of());
        times.forEach((root, taken) -> {
            List<Double> ratios = new ArrayList<>();
            for (int i = 0; i < taken.size(); i++) {
                ratios.add(taken.get(i) / plain.get(i));
            }
            line.append(String.format(Locale.ROOT, "  %s %.1f ms (%.2f)", root, median(taken), median(ratios)));
        });
        System.out.println(line);
    }

    /** What reading one file adds to the page cache: in a view, in others of that image, in one of another image with its layers. */
    private void memory(ReadWork work) throws Exception {
        List<Layer> fewer = image.layers().subList(0, image.layers().size() - 1);
        String file = work.largestOf(fewer.size());
        for (DirectIo direct : List.of(DirectIo.ALWAYS, DirectIo.NEVER)) {
            Views views = mounts.views("memory-" + direct, Backing.FILE, new ReadOptions(direct, AHEAD));
            Map<String, Path> roots = new LinkedHashMap<>();
            roots.put("a view", mounts.mount(views, image.layers(), ViewOptions.READ_ONLY));
            roots.put("another view of it", mounts.mount(views, image.layers(), ViewOptions.READ_ONLY));
            roots.put("a writable view of it", mounts.mount(views, image.layers(), ViewOptions.WRITABLE));
            roots.put("another image with that layer", mounts.mount(views, fewer, ViewOptions.READ_ONLY));
            dropCaches();
            for (Map.Entry<String, Path> root : roots.entrySet()) {
                long before = cachedBytes();
                ReadWork.sequentially(root.getValue().resolve(file));
                System.out.printf(
                        Locale.ROOT,
                        "memory, directIo %s, %s: reading %s of %,d bytes caches %.1f MB%n",
                        direct,
                        root.getKey(),
                        file,
                        Files.size(root.getValue().resolve(file)),
                        (cachedBytes() - before) / 1e6);
            }
        }
    }

    private static long cachedBytes() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/meminfo"))) {
            return lines.filter(line -> line.startsWith("Cached:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
                    .sum();
        }
    }

    private Path mount(String kind, Backing backing, ReadOptions reads) {
        return mounts.mount(mounts.views(kind, backing, reads), image.layers(), ViewOptions.READ_ONLY);
    }

    /** The same tars as files, without those that later layers take away. */
    private Path extracted(ReadWork work) throws Exception {
        Path done = directory.resolve("extracted");
        if (Files.exists(done)) {
            return done;
        }
        Path into = Files.createDirectories(directory.resolve("extracting"));
        for (Layer layer : image.layers()) {
            ReadWork.run(
                    into, "tar", "-xpf", layer.tar().toString(), "--xattrs", "--xattrs-include=*", "--numeric-owner");
        }
        Files.walkFileTree(into, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (!work.shows(into.relativize(file).toString())) {
                    Files.delete(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return Files.move(into, done);
    }

    private void readTars() throws IOException {
        for (Layer layer : image.layers()) {
            ReadWork.sequentially(layer.tar());
        }
    }

    private static void dropCaches() throws Exception {
        ReadWork.run(Path.of("/"), "sync");
        Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "3");
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }
}
