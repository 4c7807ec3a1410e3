package io.varve.view;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.os.Fd;
import io.varve.os.FileStatus;
import io.varve.os.FilesAt;
import io.varve.os.OsException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * The directory that a tree is written into: empty to begin with, made if it was missing, and the caller's own and closed
 * to everybody else until the tree's root gives it its owner and its mode.
 *
 * @param made whether it was missing
 * @param before what it was like
 */
record Destination(Path path, Fd fd, boolean made, FileStatus before) implements AutoCloseable {

    /**
     * @param rootless whether no owners are set; then the directory keeps its own as well
     * @throws Failure NotFound when its parent is missing, Conflict when it is not empty or not a directory
     */
    static Destination open(Path path, boolean rootless) {
        try {
            boolean made = make(path);
            Fd fd = FilesAt.openDirectory(path);
            try {
                checkEmpty(Path.of(fd.path()), path);
                Destination destination = new Destination(path, fd, made, FilesAt.status(fd));
                destination.take(rootless);
                return destination;
            } catch (IOException | RuntimeException e) {
                fd.close();
                throw e;
            }
        } catch (IOException e) {
            throw Refused.by(e);
        }
    }

    private void take(boolean rootless) throws IOException {
        try {
            // Else whoever owns it could open it again, and exchange a device for something else between its making and
            // the setting of its owner and mode, which go by its name.
            if (!rootless) {
                giveTo(FilesAt.user(), FilesAt.group());
            }
            FilesAt.changeMode(fd, 0700);
            // Nobody else can put anything there any more; until now he could.
            checkEmpty(Path.of(fd.path()), path);
            // Else everything made here would inherit them.
            FilesAt.removeAcls(fd);
        } catch (IOException | RuntimeException e) {
            try {
                restore();
            } catch (IOException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
    }

    private void giveTo(int uid, int gid) throws OsException {
        FileStatus now = FilesAt.status(fd);
        if (now.uid() != uid || now.gid() != gid) {
            FilesAt.changeOwner(fd, uid, gid);
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
        checkEmpty(path, path);
    }

    /** @param seen leads to the directory that is open, wherever {@code path} leads by now */
    private static void checkEmpty(Path seen, Path path) throws IOException {
        try (DirectoryStream<Path> children = Files.newDirectoryStream(seen)) {
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
        giveTo(before.uid(), before.gid());
        FilesAt.changeMode(fd, before.permissions());
    }

    @Override
    public void close() {
        fd.close();
    }
}
