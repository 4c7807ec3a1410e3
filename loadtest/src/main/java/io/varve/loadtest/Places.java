package io.varve.loadtest;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/**
 * Where everything is, for one run at a time. {@link #close} removes what is of this run alone, but for its logs.
 *
 * @param root of the checkout
 * @param lock held by the run
 */
record Places(Path root, FileChannel lock) implements AutoCloseable {
    static Places of(Path root) throws IOException {
        Path target = Files.createDirectories(root.resolve("loadtest/target"));
        FileChannel lock =
                FileChannel.open(target.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (lock.tryLock() == null) {
            lock.close();
            throw new IOException("another run is under way in " + target);
        }
        Places places = new Places(root, lock);
        // Of a run that was killed.
        delete(places.work());
        Files.createDirectories(places.work());
        Files.createDirectories(places.logs());
        Files.createDirectories(places.reports());
        return places;
    }

    String varve() {
        return root.resolve("target/varve").toString();
    }

    Path module() {
        return root.resolve("loadtest");
    }

    /** Of this run. */
    Path work() {
        return module().resolve("target/work");
    }

    Path store() {
        return work().resolve("store");
    }

    /** Of the last run. */
    Path logs() {
        return module().resolve("target/logs");
    }

    /** What the registry keeps: the same for all runs. */
    Path registry() {
        return module().resolve("target/registry");
    }

    Path reports() {
        return module().resolve("target/gatling");
    }

    @Override
    public void close() throws IOException {
        try (lock) {
            delete(work());
        }
    }

    static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path each, @Nullable IOException failure) throws IOException {
                Files.delete(each);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** Bytes of all files below it; of what comes and goes meanwhile some. */
    static long bytes(Path directory) throws IOException {
        long[] bytes = {0};
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                bytes[0] += attributes.size();
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                if (failure instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw failure;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path each, @Nullable IOException failure) {
                return FileVisitResult.CONTINUE;
            }
        });
        return bytes[0];
    }
}
