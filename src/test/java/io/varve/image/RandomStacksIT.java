package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Stacks that nobody thought of, against umoci: directories, files, hardlinks across layers, symlinks of every kind on the
 * way, whiteouts and opaque marks. Marks stand first in their layers and lead through no symlink, since umoci looks at
 * entries one after another and Varve at marks before all others; a hardlink to what its own layer hides is refused by
 * umoci, and such stacks are left out.
 */
class RandomStacksIT {
    private static final int STACKS = 40;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void showWhatUmociUnpacks(long seed) throws IOException, InterruptedException {
        Peers.need("umoci", "getfattr");
        Peers.needRoot();
        Random random = new Random(seed);
        int compared = 0;
        for (int i = 0; i < STACKS; i++) {
            Path work = Files.createDirectory(directory.resolve("stack-" + i));
            Tarball[] layers = layers(random);
            Program.Ran umoci = unpack(work, layers);
            if (umoci.code() == 0) {
                assertThat(withoutDirectoryTimes(new Stack(work).of(layers).listing()))
                        .isEqualTo(withoutDirectoryTimes(Listing.of(work.resolve("umoci"))));
                compared++;
            } else if (!umoci.err().contains("link: no such file")) {
                assertThat(refusal(work, layers)).as(umoci.err()).startsWith("Invalid: ");
            }
        }
        assertThat(compared).as("stacks that umoci takes").isGreaterThan(STACKS / 3);
    }

    /** umoci touches described directories when it makes implied ones in them; {@link UmociIT} compares times. */
    private static SortedMap<String, String> withoutDirectoryTimes(Listing listing) {
        SortedMap<String, String> lines = new TreeMap<>();
        listing.lines()
                .forEach((name, line) ->
                        lines.put(name, line.startsWith("d ") ? line.replaceFirst(" -?\\d+\\.\\d{9}", "") : line));
        return lines;
    }

    private static Program.Ran unpack(Path work, Tarball... layers) throws IOException, InterruptedException {
        LayoutImage image = new LayoutImage(work.resolve("layout"));
        for (Tarball layer : layers) {
            image.plain(layer.bytes());
        }
        image.write();
        return new Program(work, "umoci", "raw", "unpack", "--image", "layout:image", "umoci").run();
    }

    private static String refusal(Path work, Tarball... layers) {
        try {
            return String.join("\n", new Stack(work).of(layers).names());
        } catch (Failure e) {
            return e.getMessage();
        }
    }

    private static Tarball[] layers(Random random) {
        List<String> files = new ArrayList<>();
        Tarball[] layers = new Tarball[2 + random.nextInt(2)];
        for (int i = 0; i < layers.length; i++) {
            layers[i] = new Tarball();
            for (int marks = i == 0 ? 0 : random.nextInt(3); marks > 0; marks--) {
                String in = directory(random, "ab");
                if (random.nextBoolean()) {
                    layers[i].opaque(in);
                } else {
                    layers[i].whiteout(in(in, one(random, "abfghst")));
                }
            }
            for (int entries = 3 + random.nextInt(5); entries > 0; entries--) {
                add(layers[i], random, files, "in layer " + i);
            }
        }
        return layers;
    }

    private static void add(Tarball layer, Random random, List<String> files, String content) {
        String in = directory(random, "aabbst");
        String file = in(in, one(random, "fgh"));
        switch (random.nextInt(8)) {
            case 0, 1 -> layer.dir(in(in, one(random, "abst")));
            case 2, 3 -> {
                layer.file(file, content);
                files.add(file);
            }
            case 4, 5 -> layer.symlink(in(in, one(random, "st")), target(random));
            default -> {
                if (!files.isEmpty()) {
                    layer.link(file, files.get(random.nextInt(files.size())));
                }
            }
        }
    }

    private static String target(Random random) {
        String target = directory(random, "abst");
        return switch (random.nextInt(4)) {
            case 0 -> "../" + target;
            case 1 -> target.isEmpty() ? "." : target;
            default -> "/" + target;
        };
    }

    private static String directory(Random random, String names) {
        String path = "";
        for (int depth = random.nextInt(3); depth > 0; depth--) {
            path = in(path, one(random, names));
        }
        return path;
    }

    private static String in(String directory, String name) {
        return directory.isEmpty() ? name : directory + "/" + name;
    }

    private static String one(Random random, String names) {
        return String.valueOf(names.charAt(random.nextInt(names.length())));
    }
}
