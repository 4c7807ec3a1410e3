package io.varve.content;

import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.os.FileStatus;
import io.varve.os.FilesAt;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A directory with a place for every digest, {@code <algorithm>/<hex>}: so blobs, layers and indexes are kept. */
public record DigestDirectory(Path root) {

    public Path place(Digest digest) {
        return root.resolve(digest.algorithm().toString()).resolve(digest.hex());
    }

    /** Everything that is there, with the digest that its place says; null for what is in no place of a digest. */
    public void list(BiConsumer<Path, @Nullable Digest> each) throws IOException {
        for (Path shelf : children(root)) {
            if (isAlgorithm(shelf)) {
                try (DirectoryStream<Path> places = Files.newDirectoryStream(shelf)) {
                    for (Path place : places) {
                        each.accept(place, digest(shelf, place));
                    }
                }
            } else {
                each.accept(shelf, null);
            }
        }
    }

    private static boolean isAlgorithm(Path shelf) throws IOException {
        for (Digest.Algorithm algorithm : Digest.Algorithm.values()) {
            if (algorithm.toString().equals(shelf.getFileName().toString())) {
                return isDirectory(shelf);
            }
        }
        return false;
    }

    /** Not to be able to look is no answer: who asks what is there takes the rest for lost. */
    private static boolean isDirectory(Path path) throws IOException {
        FileStatus status = FilesAt.statusIfThere(path);
        return status != null && status.isDirectory();
    }

    private static @Nullable Digest digest(Path shelf, Path place) {
        try {
            return Digest.parse(shelf.getFileName() + ":" + place.getFileName());
        } catch (Failure foreign) {
            return null;
        }
    }

    private static List<Path> children(Path directory) throws IOException {
        if (!isDirectory(directory)) {
            return List.of();
        }
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            stream.forEach(children::add);
        }
        return children;
    }
}
