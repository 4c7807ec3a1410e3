package io.varve.content;

import io.varve.oci.Digest;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Tells of every file that it comes by. */
final class Listing extends SimpleFileVisitor<Path> {
    private final Places places;
    private final BiConsumer<Path, @Nullable Digest> each;

    Listing(Places places, BiConsumer<Path, @Nullable Digest> each) {
        this.places = places;
        this.each = each;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
        each.accept(file, attributes.isRegularFile() ? places.blobAt(file) : null);
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
        if (e instanceof NoSuchFileException) {
            return FileVisitResult.CONTINUE;
        }
        throw e;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
        if (e != null) {
            throw e;
        }
        return FileVisitResult.CONTINUE;
    }
}
