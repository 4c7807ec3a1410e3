package io.varve.layout;

import io.varve.failure.Failure;
import io.varve.oci.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.UUID;

/**
 * A layout that is a directory: where its files are, and how they are opened and put there. Symlinks may lead from one
 * place in the layout to another and nowhere else. Every file appears whole and durable, or not at all.
 */
final class LayoutDirectory implements LayoutFiles {
    private final Path root;

    /** @param root the layout's directory, without symlinks */
    LayoutDirectory(Path root) {
        this.root = root;
    }

    @Override
    public Path place() {
        return root;
    }

    /** Where the file of this name is, or would be. */
    Path path(String name) {
        return root.resolve(name);
    }

    @Override
    public Run open(String name) throws IOException {
        Path real = path(name).toRealPath();
        if (!real.startsWith(root)) {
            throw Failure.invalid("got a symlink to " + real + ", wanted a file in the layout");
        }
        // Asked before opening: opening a FIFO would wait for its writer.
        if (!Files.isRegularFile(real, LinkOption.NOFOLLOW_LINKS)) {
            throw Failure.invalid("got something else, wanted a regular file");
        }
        return Run.of(FileChannel.open(real, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
    }

    /** The name of a file below the root that is not there yet and that nobody looks for. */
    Path temporary() {
        return path(".incoming-" + UUID.randomUUID());
    }

    void write(Path file, byte[] bytes) throws IOException {
        Path temporary = temporary();
        try {
            try (FileChannel out = create(temporary)) {
                ByteBuffer rest = ByteBuffer.wrap(bytes);
                while (rest.hasRemaining()) {
                    out.write(rest);
                }
                out.force(true);
            }
            publish(temporary, file);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    static FileChannel create(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    /** Moves a file, whose bytes are on disk, to its place; what stands there is replaced. */
    void publish(Path temporary, Path file) throws IOException {
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        sync(Objects.requireNonNull(file.getParent()));
    }

    /** Makes the directory of the blobs that {@link LayoutWriter} writes. */
    void createDirectories() throws IOException {
        Path blobs = path(BLOBS);
        Files.createDirectories(blobs.resolve(Digest.Algorithm.SHA256.toString()));
        sync(blobs);
        sync(root);
    }

    private static void sync(Path directory) throws IOException {
        try (FileChannel handle = FileChannel.open(directory, StandardOpenOption.READ)) {
            handle.force(true);
        }
    }
}
