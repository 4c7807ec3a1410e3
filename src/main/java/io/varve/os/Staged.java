package io.varve.os;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Some files that appear together under their name, whole and on the disk, or not at all.
 *
 * <p>They are written in a directory of their own, which {@link #publish} brings to the disk and renames. Whoever comes
 * second with the same name succeeds without replacing anything. Closing removes what was not published. Used by one
 * thread.
 */
public final class Staged implements AutoCloseable {
    private final Path directory;
    private final Staging staging;
    private final List<Path> files = new ArrayList<>();

    Staged(Path directory, Staging staging) {
        this.directory = directory;
        this.staging = staging;
    }

    /** Where the files are to be written. */
    public Path directory() {
        return directory;
    }

    /** Where it is itself until it is published: a directory that others share. */
    public Path staging() {
        return staging.directory();
    }

    /** A new file in it, open for writing; whoever opens it closes it. */
    public FileChannel create(String name) throws IOException {
        Path file = directory.resolve(name);
        FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.READ);
        files.add(file);
        return channel;
    }

    /** For a file of this name in it, which is being written; the caller's to close. */
    public Writeback writeback(String name) {
        return staging.writeback(directory.resolve(name));
    }

    /** One more name, in it, for a file that is on the disk already. */
    public void link(String name, Path existing) throws IOException {
        Files.createLink(directory.resolve(name), existing);
    }

    /** Gives the directory its name. Success means that the name is there, made by this or by somebody before. */
    public void publish(Path home) throws IOException {
        staging.publish(directory, files, home);
    }

    @Override
    public void close() throws IOException {
        Staging.delete(directory);
    }
}
