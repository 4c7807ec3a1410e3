package io.varve.loadtest;

import io.varve.loadtest.simulation.Target;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * A registry on loopback with images that share nothing with each other: two layers of text each, 12 MB of tar that compress to about a
 * third. They are made by {@code varve build} once, and kept for later runs.
 */
final class Images implements AutoCloseable {
    private static final int COUNT = 8;
    private static final String BASE = "base";
    private static final Pattern LISTENS = Pattern.compile("listening on 127\\.0\\.0\\.1:(\\d+)");

    /** What is kept is made anew when this changes. */
    private static final String FORM = "1";

    private final Child registry;
    private final String address;

    private Images(Child registry, String address) {
        this.registry = registry;
        this.address = address;
    }

    static Images start(Places places) throws IOException, InterruptedException {
        Path made = places.registry().resolve("made-" + FORM);
        if (!Files.exists(made)) {
            Places.delete(places.registry());
        }
        Path settings = Files.writeString(places.work().resolve("registry.yml"), """
                version: 0.1
                log: {level: info, accesslog: {disabled: true}}
                storage: {filesystem: {rootdirectory: %s}}
                http: {addr: "127.0.0.1:0"}
                """.formatted(places.registry()));
        Child registry = Child.start(
                places.logs().resolve("registry.log"),
                Map.of(),
                List.of("docker-registry", "serve", settings.toString()));
        try {
            Images images = new Images(registry, "127.0.0.1:" + registry.await(LISTENS));
            if (!Files.exists(made)) {
                images.make(places);
                Files.createFile(made);
            }
            return images;
        } catch (IOException | InterruptedException e) {
            registry.close();
            throw e;
        }
    }

    /** The one that is not to be taken away. */
    String base() {
        return name(BASE);
    }

    List<String> others() {
        return IntStream.range(0, COUNT).mapToObj(i -> name("app" + i)).toList();
    }

    private String name(String repository) {
        return address + "/load/" + repository + ":1";
    }

    private void make(Places places) throws IOException, InterruptedException {
        System.out.println("making " + (COUNT + 1) + " images, once");
        make(places, base(), COUNT);
        for (int i = 0; i < COUNT; i++) {
            make(places, others().get(i), i);
        }
        Places.delete(places.work().resolve("making"));
    }

    private static void make(Places places, String name, long seed) throws IOException, InterruptedException {
        Path making = places.work().resolve("making");
        Path context = making.resolve(Long.toString(seed));
        Path small = Files.createDirectories(context.resolve("small"));
        Files.createDirectories(context.resolve("data"));
        Words words = new Words(seed);
        Files.writeString(context.resolve("data/large"), words.text(Target.LARGE));
        for (int i = 0; i < Target.SMALLS; i++) {
            Files.writeString(small.resolve("%04d".formatted(i)), words.text(Target.SMALL));
        }
        Path spec = Files.writeString(context.resolve("spec.json"), """
                {"from": "scratch", "tags": ["%s"], "push": true,
                 "layers": [{"directory": "data", "dest": "/data"}, {"directory": "small", "dest": "/data/small"}]}
                """.formatted(name));
        Child.run(
                places.logs().resolve("build.log"),
                Map.of(),
                List.of(places.varve(), "--store", making.resolve("store").toString(), "build", "-f", spec.toString()));
    }

    @Override
    public void close() {
        registry.close();
    }

    /** Text that nobody else has. */
    private static final class Words {
        private final Random random;

        Words(long seed) {
            random = new Random(seed);
        }

        String text(int bytes) {
            byte[] raw = new byte[bytes];
            // Words of eight letters, every other of which is one of few, so that it compresses as text does.
            for (int i = 0; i < bytes; i += 8) {
                long word = random.nextBoolean() ? random.nextInt(1 << 10) : random.nextLong();
                for (int j = 0; j < 8; j++) {
                    raw[i + j] = j == 7 ? (byte) ' ' : (byte) ('a' + ((word >> (4 * j)) & 15));
                }
            }
            return new String(raw, StandardCharsets.US_ASCII);
        }
    }
}
