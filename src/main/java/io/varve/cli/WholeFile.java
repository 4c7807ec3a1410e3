package io.varve.cli;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A file that has its name when all of it is written, after a power loss too; until then it stands beside, under a hidden
 * name. Whoever has the old one open keeps that. Closing removes what was not published.
 */
final class WholeFile implements AutoCloseable {
    private final Path file;
    private final Path unfinished;
    private final FileChannel channel;
    private final @Nullable FileChannel directory;

    private WholeFile(Path file, Path unfinished, FileChannel channel, @Nullable FileChannel directory) {
        this.file = file;
        this.unfinished = unfinished;
        this.channel = channel;
        this.directory = directory;
    }

    /**
     * Begins a file. A symlink stays one, and what it leads to is replaced.
     *
     * @throws Failure Conflict when something else than a file has the name, which is never replaced; NotFound when there
     *     is no directory for it; Unauthorized when nothing may be written there
     */
    static WholeFile at(Path name) throws IOException {
        Path file = place(name);
        Path unfinished = file.resolveSibling(
                ".varve-export-" + Long.toHexString(ThreadLocalRandom.current().nextLong()));
        try {
            FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            return new WholeFile(file, unfinished, channel, directory(file));
        } catch (NoSuchFileException missing) {
            throw Failure.of(Category.NOT_FOUND, name + ": its directory is not there", missing);
        } catch (AccessDeniedException denied) {
            throw Failure.of(Category.UNAUTHORIZED, name + ": permission denied in its directory", denied);
        }
    }

    private static Path place(Path name) throws IOException {
        if (!Files.exists(name)) {
            if (Files.isSymbolicLink(name)) {
                throw Failure.notFound(name + " is a symlink that leads nowhere");
            }
            return name.toAbsolutePath();
        }
        if (Files.isDirectory(name)) {
            throw Failure.of(Category.CONFLICT, name + " is a directory, wanted the name of a file");
        }
        if (!Files.isRegularFile(name)) {
            throw Failure.of(Category.CONFLICT, name + " is no file that could be replaced; stdout can go there");
        }
        return name.toRealPath();
    }

    /** Open for writing, until this is closed. */
    FileChannel channel() {
        return channel;
    }

    /**
     * Gives the file its name.
     *
     * @return the bytes of it
     */
    long publish() throws IOException {
        channel.force(true);
        long bytes = channel.size();
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
        if (directory != null) {
            directory.force(true);
        }
        return bytes;
    }

    /** A directory that one may write to, and not read, cannot be synced; then its filesystem is to see to the name. */
    private static @Nullable FileChannel directory(Path file) throws IOException {
        try {
            return FileChannel.open(file.resolveSibling("."));
        } catch (AccessDeniedException unreadable) {
            return null;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(unfinished);
        if (directory != null) {
            directory.close();
        }
    }
}
