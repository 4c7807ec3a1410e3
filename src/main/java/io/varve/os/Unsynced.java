package io.varve.os;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Gives files their names before they are on the disk, and says so: each of them, and the directory that gets the name, has
 * its sticky bit set until it is synced, which means nothing else where nobody but the owner writes. The mark is in the inode
 * and older than the name: whatever order a filesystem writes things in, what is found under a name after the machine has
 * stopped is marked, or was synced. Safe for any thread; blocks.
 */
public final class Unsynced {
    private static final String MODE = "unix:mode";
    private static final int STICKY = 01000;
    private static final int PERMISSIONS = 07777;

    private final FilesystemSync filesystem;

    // Guarded by this: names given since the last sync began. A name is in here before it is given.
    private Set<Path> named = new LinkedHashSet<>();

    /** @param filesystem of everything that will be published */
    Unsynced(FilesystemSync filesystem) {
        this.filesystem = filesystem;
    }

    /** Whether what has this name carries the mark. */
    public static boolean isMarked(Path home) throws IOException {
        return (mode(home) & STICKY) != 0;
    }

    /** @throws IOException when the filesystem of this file, which is marked by this, does not keep marks */
    public static void checkMarks(Path file) throws IOException {
        change(file, STICKY);
        if (!isMarked(file)) {
            throw new FileSystemException(
                    file.toString(), null, "its filesystem has no sticky bits, which durability: relaxed needs");
        }
    }

    /** Takes the mark from a file, or from a directory and the files in it; what is not there has none. */
    private static void clear(Path home) throws IOException {
        each(home, file -> change(file, 0));
    }

    /**
     * Brings something that carries the mark to the disk, and takes the mark from it.
     *
     * @throws IOException when the disk does not take it, or has lost some of it, whoever was told of that
     */
    public static void settle(Path home) throws IOException {
        each(home, FilesAt::sync);
        clear(home);
    }

    private interface Doing {
        void with(Path path) throws IOException;
    }

    /** First what is in a directory, then that itself. */
    private static void each(Path home, Doing doing) throws IOException {
        try {
            if (Files.isDirectory(home, LinkOption.NOFOLLOW_LINKS)) {
                try (DirectoryStream<Path> files = Files.newDirectoryStream(home)) {
                    for (Path each : files) {
                        doing.with(each);
                    }
                }
            }
            doing.with(home);
        } catch (NoSuchFileException e) {
            // It was taken away meanwhile.
        }
    }

    private static int mode(Path path) throws IOException {
        return Files.getAttribute(path, MODE, LinkOption.NOFOLLOW_LINKS) instanceof Integer mode ? mode : 0;
    }

    /** Nothing else than files and directories of ours is changed, which have no symlinks among them. */
    private static void change(Path path, int mark) throws IOException {
        int mode = mode(path);
        if ((mode & STICKY) != mark) {
            Files.setAttribute(path, MODE, (mode & PERMISSIONS & ~STICKY) | mark);
        }
    }

    /** As {@link Commits#publish}, without waiting for the disk. */
    void publish(List<Publication> publications) throws IOException {
        for (Publication each : publications) {
            for (Path file : each.files()) {
                change(file, STICKY);
            }
            if (each.isDirectory()) {
                change(each.from(), STICKY);
            }
            Staging.makeDirectories(each.shelf());
            synchronized (this) {
                named.add(each.home());
                // Whether somebody has the name already is asked and acted upon by one at a time.
                each.name();
            }
        }
    }

    /** Whether something was named since the last sync began. */
    synchronized boolean isOwing() {
        return !named.isEmpty();
    }

    /**
     * Brings to the disk what was named until now, and takes the marks from it.
     *
     * @throws IOException when the disk does not take something, or has not since the filesystem is held: whatever that may be keeps its mark
     */
    void sync() throws IOException {
        Set<Path> before;
        synchronized (this) {
            before = named;
            named = new LinkedHashSet<>();
        }
        if (before.isEmpty()) {
            return;
        }
        filesystem.sync();
        for (Path home : before) {
            synchronized (this) {
                // What has come in the place of one that was removed is not on the disk.
                if (!named.contains(home)) {
                    clear(home);
                }
            }
        }
    }
}
