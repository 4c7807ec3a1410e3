package io.varve.content;

import io.varve.oci.Digest;
import io.varve.os.Staging;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** What processes that are gone have left in {@code ingest/}. */
final class Leftovers {
    /** Before the names of everything that ends with its process: layers, indexes and removals, whose rooms stage here too. */
    private static final List<String> UNFINISHABLE =
            List.of("layer-", "index-", "trash-", Places.PRIVATE, Places.SPACE);

    private final ContentStore store;
    private final Duration maxAge;
    private final Instant now = Instant.now();
    private long freed;

    Leftovers(ContentStore store, Duration maxAge) {
        this.store = store;
        this.maxAge = maxAge;
    }

    /** Removes what nobody can go on with, and what was left longer ago than that; the bytes that this freed. */
    long remove() throws IOException {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(store.places().ingest())) {
            for (Path each : all) {
                String name = String.valueOf(each.getFileName());
                Digest digest = store.places().resumableAt(each);
                if (UNFINISHABLE.stream().anyMatch(name::startsWith)) {
                    delete(each);
                } else if (digest != null && Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)) {
                    interrupted(each, digest);
                }
            }
        } catch (NoSuchFileException e) {
            // Nothing was ever written.
        }
        return freed;
    }

    private void interrupted(Path directory, Digest digest) throws IOException {
        Checkpoint checkpoint = Checkpoint.read(directory);
        Path path = directory.resolve(Ingest.DATA);
        if (checkpoint == null
                || !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
                || isOld(directory.resolve(Checkpoint.STATE))
                || store.find(digest).isPresent()) {
            delete(directory);
            return;
        }
        try (RawFile data = RawFile.open(path)) {
            // Behind the position there may be as much again that was set aside for the rest when the process died.
            if (data.size() >= checkpoint.position()) {
                freed += data.size() - checkpoint.position();
                data.truncate(checkpoint.position());
            }
        }
    }

    private boolean isOld(Path state) throws IOException {
        Instant written =
                Files.getLastModifiedTime(state, LinkOption.NOFOLLOW_LINKS).toInstant();
        // A clock that was ahead has left times that are long to come.
        return Duration.between(written, now).abs().compareTo(maxAge) > 0;
    }

    private void delete(Path path) throws IOException {
        long bytes = bytes(path);
        Staging.delete(path);
        freed += bytes;
    }

    /** Of the files in here that have no other name anywhere. */
    private static long bytes(Path path) throws IOException {
        long[] bytes = {0};
        Files.walkFileTree(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isRegularFile()
                        && (int) Files.getAttribute(file, "unix:nlink", LinkOption.NOFOLLOW_LINKS) == 1) {
                    bytes[0] += attributes.size();
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return bytes[0];
    }
}
