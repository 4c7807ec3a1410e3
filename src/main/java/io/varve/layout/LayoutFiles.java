package io.varve.layout;

import io.varve.failure.Failure;
import io.varve.oci.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.UUID;

/**
 * The files of a layout: where they are, and how they are opened and put there. Symlinks may lead from one place in the
 * layout to another and nowhere else. Every file appears whole and durable, or not at all.
 */
final class LayoutFiles {
    static final String MARKER = "oci-layout";
    static final String INDEX = "index.json";
    private static final String BLOBS = "blobs";

    private final Path root;

    /** @param root the layout's directory, without symlinks */
    LayoutFiles(Path root) {
        this.root = root;
    }

    Path root() {
        return root;
    }

    Path blob(Digest digest) {
        return root.resolve(BLOBS).resolve(digest.algorithm().toString()).resolve(digest.hex());
    }

    /**
     * Opens a file for reading. The caller closes the channel.
     *
     * @throws NoSuchFileException when it is not there
     * @throws Failure Invalid when it is not a regular file of this layout
     */
    FileChannel open(Path file) throws IOException {
        Path real = file.toRealPath();
        if (!real.startsWith(root)) {
            throw Failure.invalid("got a symlink to " + real + ", wanted a file in the layout");
        }
        // Asked before opening: opening a FIFO would wait for its writer.
        if (!Files.isRegularFile(real, LinkOption.NOFOLLOW_LINKS)) {
            throw Failure.invalid("got something else, wanted a regular file");
        }
        return FileChannel.open(real, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    }

    /** The first {@code length} bytes of a file that has as many. */
    static byte[] read(FileChannel file, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (file.read(bytes) < 0) {
                throw Failure.mismatch("size", bytes.position(), length);
            }
        }
        return bytes.array();
    }

    /** The name of a file below the root that is not there yet and that nobody looks for. */
    Path temporary() {
        return root.resolve(".incoming-" + UUID.randomUUID());
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
        Path blobs = root.resolve(BLOBS);
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
