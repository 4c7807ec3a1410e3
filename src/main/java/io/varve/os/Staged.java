package io.varve.os;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Some files that appear together under their name, whole and on the disk, or not at all.
 *
 * <p>They are written in a directory of their own, then {@link #publish} syncs that and renames it. Whoever comes second
 * with the same name succeeds without replacing anything. Closing removes what was not published. Used by one thread.
 */
public final class Staged implements AutoCloseable {
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private final Path directory;

    private Staged(Path directory) {
        this.directory = directory;
    }

    /** A new, empty directory in {@code ingest}, which must be on the filesystem of what it will become. */
    public static Staged in(Path ingest, String prefix) throws IOException {
        makeDirectories(ingest);
        return new Staged(Files.createTempDirectory(ingest, prefix));
    }

    /** Makes a directory and what is missing above it, for its owner alone, so that it survives a power loss. */
    public static void makeDirectories(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path above = directory.toAbsolutePath().getParent();
        if (above != null) {
            makeDirectories(above);
            Files.createDirectories(directory, PRIVATE);
            sync(above);
        }
    }

    /** Where the files are to be written, flat: no directories in it. */
    public Path directory() {
        return directory;
    }

    /** A new file in it, open for writing; whoever opens it syncs and closes it before publishing. */
    public FileChannel create(String name) throws IOException {
        return FileChannel.open(
                directory.resolve(name),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.WRITE,
                StandardOpenOption.READ);
    }

    /** Gives the directory its name. Success means that the name is there, made by this or by somebody before. */
    public void publish(Path home) throws IOException {
        sync(directory);
        Path shelf = home.toAbsolutePath().getParent();
        if (shelf == null) {
            throw new IllegalArgumentException("nothing can be published as " + home);
        }
        makeDirectories(shelf);
        try {
            Files.move(directory, home, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException e) {
            if (!Files.isDirectory(home)) {
                throw e;
            }
        }
        // Whoever was first may not have come to this yet, and success means that the name survives a power loss.
        sync(shelf);
    }

    @Override
    public void close() throws IOException {
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
                for (Path file : files) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        }
    }

    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
