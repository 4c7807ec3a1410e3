package io.varve.view;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.util.ArrayList;
import java.util.List;

/**
 * Removes a directory of ours with whatever programs have put into it: relative to open directories, and however deep.
 * What is found further down is moved up first, so that neither the stack nor descriptors nor paths grow with depth.
 * Every directory is renamed before it is entered. The kernel does that to none that has something mounted, which so is
 * never entered; removing fails then.
 */
final class Scratch {
    private final SecureDirectoryStream<Path> top;
    private int renamed;
    private boolean movedUp;

    private Scratch(SecureDirectoryStream<Path> top) {
        this.top = top;
    }

    static void remove(Path directory) throws IOException {
        boolean more = true;
        while (more) {
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
                more = new Scratch(secure(stream)).removeOnce();
            }
        }
        Files.delete(directory);
    }

    /** Whether there may be something left: what was moved up here while this looked. */
    private boolean removeOnce() throws IOException {
        List<Path> names = names(top);
        for (Path name : names) {
            if (isDirectory(top, name)) {
                Path ours = freeName();
                top.move(name, top, ours);
                try (SecureDirectoryStream<Path> inner = top.newDirectoryStream(ours, LinkOption.NOFOLLOW_LINKS)) {
                    empty(inner);
                }
                top.deleteDirectory(ours);
            } else {
                top.deleteFile(name);
            }
        }
        return movedUp;
    }

    private void empty(SecureDirectoryStream<Path> directory) throws IOException {
        for (Path name : names(directory)) {
            if (isDirectory(directory, name)) {
                directory.move(name, top, freeName());
                movedUp = true;
            } else {
                directory.deleteFile(name);
            }
        }
    }

    private Path freeName() throws IOException {
        while (true) {
            Path name = Path.of("moved-" + renamed++);
            try {
                top.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                        .readAttributes();
            } catch (NoSuchFileException e) {
                return name;
            }
        }
    }

    private static List<Path> names(SecureDirectoryStream<Path> directory) throws IOException {
        List<Path> names = new ArrayList<>();
        try {
            for (Path path : directory) {
                names.add(path.getFileName());
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return names;
    }

    private static boolean isDirectory(SecureDirectoryStream<Path> directory, Path name) throws IOException {
        return directory
                .getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .readAttributes()
                .isDirectory();
    }

    private static SecureDirectoryStream<Path> secure(DirectoryStream<Path> stream) {
        if (stream instanceof SecureDirectoryStream<Path> secure) {
            return secure;
        }
        throw new IllegalStateException("Linux has directory streams relative to descriptors");
    }
}
