package io.varve.view;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.os.Fd;
import io.varve.os.FileStatus;
import io.varve.os.FilesAt;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * The directory that a tree is written into: empty to begin with, made if it was missing, and closed to everybody else
 * until the tree's root gives it its mode.
 *
 * @param made whether it was missing
 * @param before what it was like
 */
record Destination(Path path, Fd fd, boolean made, FileStatus before) implements AutoCloseable {

    /** @throws Failure NotFound when its parent is missing, Conflict when it is not empty or not a directory */
    static Destination open(Path path) {
        try {
            boolean made = make(path);
            Fd fd = FilesAt.openDirectory(path);
            try {
                checkEmpty(path);
                FileStatus before = FilesAt.status(fd);
                FilesAt.changeMode(fd, 0700);
                // Else everything made here would inherit them.
                FilesAt.removeXattr(fd, "system.posix_acl_default");
                FilesAt.removeXattr(fd, "system.posix_acl_access");
                return new Destination(path, fd, made, before);
            } catch (IOException | RuntimeException e) {
                fd.close();
                throw e;
            }
        } catch (IOException e) {
            throw Refused.by(e);
        }
    }

    private static boolean make(Path path) throws IOException {
        try {
            Files.createDirectory(path);
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        } catch (NoSuchFileException e) {
            throw Failure.of(Category.NOT_FOUND, "the directory above " + path + " does not exist", e);
        }
    }

    static void checkEmpty(Path path) throws IOException {
        try (DirectoryStream<Path> children = Files.newDirectoryStream(path)) {
            if (children.iterator().hasNext()) {
                throw Failure.of(Category.CONFLICT, path + " is not empty, wanted a new or empty directory");
            }
        }
    }

    /** Takes back what opening it did; it must be empty again. */
    void restore() throws IOException {
        if (made) {
            Files.delete(path);
            return;
        }
        FileStatus now = FilesAt.status(fd);
        if (now.uid() != before.uid() || now.gid() != before.gid()) {
            FilesAt.changeOwner(fd, before.uid(), before.gid());
        }
        FilesAt.changeMode(fd, before.permissions());
    }

    @Override
    public void close() {
        fd.close();
    }
}
