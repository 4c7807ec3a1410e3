package io.varve.verify;

import io.varve.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What was somewhere when somebody began to look at it. What is gone or another one afterwards was collected, not damaged. */
record Place(Path path, BasicFileAttributes was) {

    /** Null when there is nothing. Symlinks are not followed. */
    static @Nullable Place of(Path path) {
        try {
            return new Place(path, Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS));
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw Failure.from(e);
        }
    }

    boolean isStillThere() {
        Place now = of(path);
        return now != null && Objects.equals(was.fileKey(), now.was.fileKey());
    }

    /** What a place should have and does not, in words; null when a regular file is there. */
    static @Nullable String notAFile(Path path) {
        Place place = of(path);
        return place == null ? "got none" : place.was.isRegularFile() ? null : place.wanted("a regular file");
    }

    String wanted(String what) {
        String is = was.isSymbolicLink()
                ? "a symlink"
                : was.isDirectory() ? "a directory" : was.isRegularFile() ? "a file" : "a special file";
        return "got " + is + ", wanted " + what;
    }
}
