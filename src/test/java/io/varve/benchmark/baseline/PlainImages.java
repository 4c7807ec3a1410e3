package io.varve.benchmark.baseline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What is known of images that were pulled, with what was asked for last kept in memory. Any thread. */
public final class PlainImages {
    /** What an entry of a list takes, its path apart. */
    private static final int ENTRY_BYTES = 100;

    private final ObjectMapper mapper = new ObjectMapper();
    private final PlainPull pull;
    private final LruCache<String, Known> cache;

    private record Known(JsonNode manifest, JsonNode config, List<PlainFile> files) {}

    private record PlainFile(String path, long size) {}

    /** @param bytes of memory for what is kept */
    public PlainImages(PlainPull pull, long bytes) {
        this.pull = pull;
        cache = new LruCache<>(bytes);
    }

    /** How many names the image shows, and the bytes of its files. */
    public record Described(int names, long bytes) {}

    /** What the name means now: that is read every time. */
    public Described describe(String repository) throws IOException {
        byte[] manifest = Files.readAllBytes(pull.image(repository).resolve("manifest.json"));
        Known known = cache.get(PlainPull.sha256(manifest), () -> read(repository, manifest));
        long bytes = 0;
        for (PlainFile file : known.files()) {
            bytes += file.size();
        }
        return new Described(known.files().size(), bytes);
    }

    private LruCache.Weighed<Known> read(String repository, byte[] bytes) {
        Path image = pull.image(repository);
        try {
            JsonNode manifest = mapper.readTree(bytes);
            JsonNode config = mapper.readTree(
                    pull.blob(manifest.get("config").get("digest").asText()).toFile());
            List<PlainFile> files = files(image.resolve("rootfs"));
            long weight = files.stream()
                    .mapToLong(file -> ENTRY_BYTES + file.path().length())
                    .sum();
            return new LruCache.Weighed<>(new Known(manifest, config, files), weight);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<PlainFile> files(Path rootfs) throws IOException {
        List<PlainFile> files = new ArrayList<>();
        try (Stream<Path> all = Files.walk(rootfs)) {
            for (Path path : all.skip(1).toList()) {
                BasicFileAttributes attributes =
                        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
                files.add(new PlainFile(
                        rootfs.relativize(path).toString(), attributes.isRegularFile() ? attributes.size() : 0));
            }
        }
        return files;
    }
}
