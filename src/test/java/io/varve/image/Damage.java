package io.varve.image;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** What can become of a file on a disk, or in the hands of a person. */
enum Damage {
    FLIPPED,
    TRUNCATED,
    EMPTIED,
    DELETED,
    DIRECTORY,
    SYMLINK;

    /** Whether it is still the same file, with all of its names. */
    boolean isInPlace() {
        return this == FLIPPED || this == TRUNCATED || this == EMPTIED;
    }

    void happenTo(Path file) throws IOException {
        switch (this) {
            case FLIPPED -> {
                try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
                    long middle = bytes.length() / 2;
                    bytes.seek(middle);
                    int was = bytes.read();
                    bytes.seek(middle);
                    bytes.write(was ^ 1);
                }
            }
            case TRUNCATED -> truncate(file, Files.size(file) - 1);
            case EMPTIED -> truncate(file, 0);
            case DELETED -> Files.delete(file);
            case DIRECTORY -> {
                Files.delete(file);
                Files.createDirectories(file.resolve("in it"));
            }
            case SYMLINK -> {
                Path real = Files.createTempFile("damage-", "");
                real.toFile().deleteOnExit();
                Files.move(file, real, StandardCopyOption.REPLACE_EXISTING);
                Files.createSymbolicLink(file, real);
            }
        }
    }

    private static void truncate(Path file, long size) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.setLength(size);
        }
    }
}
