package io.varve.benchmark.regress;

import io.varve.benchmark.baseline.PlainImages;
import io.varve.benchmark.baseline.PlainPull;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The straightforward tool: one stage after the other for each image, and as many images at once as there are cores. */
final class Baseline implements Contender {
    private final PlainPull pull;
    private final PlainImages images;
    private final Path directory;

    /** @param cacheBytes of memory for metadata */
    Baseline(String host, Path directory, long cacheBytes) throws IOException {
        this.directory = directory;
        pull = new PlainPull(host, directory);
        images = new PlainImages(pull, cacheBytes);
    }

    @Override
    public void pull(List<String> repositories) throws Exception {
        try (ExecutorService threads =
                Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
            List<Future<Path>> pulls = new ArrayList<>();
            for (String each : repositories) {
                pulls.add(threads.submit(() -> pull.pull(each)));
            }
            for (Future<Path> each : pulls) {
                each.get();
            }
        }
    }

    @Override
    public byte[] read(String repository, String path) throws IOException {
        return Files.readAllBytes(directory
                .resolve("images")
                .resolve(repository)
                .resolve("rootfs")
                .resolve(path));
    }

    @Override
    public Described describe(String repository) throws IOException {
        PlainImages.Described described = images.describe(repository);
        return new Described(described.names(), described.bytes());
    }

    @Override
    public void close() {}
}
