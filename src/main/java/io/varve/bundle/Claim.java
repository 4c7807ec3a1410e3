package io.varve.bundle;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.image.Rootfs;
import io.varve.oci.Json;
import io.varve.os.Fd;
import io.varve.os.FilesAt;
import io.varve.os.Staging;
import io.varve.view.View;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A directory that a bundle is being made in. The configuration, while it has not got its name, tells others who make
 * bundles that it is taken. What is taken back is what this has made, and nothing of others. Owned by one thread.
 *
 * <p>The directory is for its owner alone: a root of files has the image's setuid programs and devices, and they work,
 * so no other user of the machine is to reach them. Of one that was there already others lose what they might do in it.
 * The configuration is too, as an environment may hold secrets.
 */
final class Claim {
    private static final String CONFIG = "config.json";
    private static final String UNNAMED = CONFIG + ".new";
    static final String ROOT = "rootfs";
    /** Permissions of everybody but the owner. */
    private static final int OTHERS = 0077;

    private final Path directory;
    private final Rootfs rootfs;

    // What was done by now, to be taken back.
    private boolean made;
    private boolean taken;
    private int withdrawn;
    private boolean filled;
    private @Nullable View mounted;

    Claim(Path directory, Rootfs rootfs) {
        this.directory = directory;
        this.rootfs = rootfs;
    }

    /** @throws Failure Conflict when the directory is neither new nor empty, or somebody else is making a bundle there */
    void take() throws IOException {
        try {
            Files.createDirectory(directory, permissions("rwx------"));
            made = true;
        } catch (FileAlreadyExistsException e) {
            checkEmpty();
        }
        try {
            Files.createFile(directory.resolve(UNNAMED), permissions("rw-------"));
            taken = true;
        } catch (FileAlreadyExistsException e) {
            throw Failure.of(
                    Category.CONFLICT, "somebody else makes a bundle there, or died at it: it has " + UNNAMED, e);
        }
        closeToOthers();
        // Whoever had it before may have come to his end since it was looked at, and until now others could get in.
        checkEmpty();
    }

    /** The same of the directory that was made with a view for it: nobody else is in there, and it goes with the view. */
    void takeWith(View view) throws IOException {
        mounted = view;
        Files.createFile(directory.resolve(UNNAMED), permissions("rw-------"));
    }

    private static FileAttribute<Set<PosixFilePermission>> permissions(String permissions) {
        return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
    }

    /** Of one that was there already. */
    private void closeToOthers() throws IOException {
        try (Fd fd = FilesAt.openDirectory(directory)) {
            int mode = FilesAt.status(fd).permissions();
            if ((mode & OTHERS) != 0) {
                FilesAt.changeMode(fd, mode & ~OTHERS);
                withdrawn = mode & OTHERS;
            }
        }
    }

    private void openAgain() throws IOException {
        try (Fd fd = FilesAt.openDirectory(directory)) {
            FilesAt.changeMode(fd, FilesAt.status(fd).permissions() | withdrawn);
        }
    }

    private void checkEmpty() throws IOException {
        try (DirectoryStream<Path> others = Files.newDirectoryStream(directory, child -> !child.endsWith(UNNAMED))) {
            if (others.iterator().hasNext()) {
                throw Failure.of(Category.CONFLICT, "it is not empty, wanted a new or empty directory");
            }
        }
    }

    /** Where the root filesystem is to be; not made yet. */
    Path root() {
        return directory.resolve(ROOT);
    }

    /** The root filesystem is mounted there, by us. */
    void mounted(View view) {
        mounted = view;
    }

    /** Makes the directory of a root filesystem of files, which will be ours. */
    void makeRoot() throws IOException {
        try {
            Files.createDirectory(root());
            filled = true;
        } catch (FileAlreadyExistsException e) {
            throw Failure.of(Category.CONFLICT, "somebody else has made " + ROOT + " there", e);
        }
    }

    void write(ObjectNode config) throws IOException {
        Files.write(directory.resolve(UNNAMED), Json.write(config));
    }

    /** It is a whole bundle from here on. */
    void finish() throws IOException {
        Files.move(directory.resolve(UNNAMED), directory.resolve(CONFIG), StandardCopyOption.ATOMIC_MOVE);
    }

    /** @param failed gets what cannot be taken back */
    void takeBack(Throwable failed) {
        try {
            if (mounted != null) {
                rootfs.unmount(mounted.directory());
            }
            if (filled) {
                Staging.delete(root());
            }
            if (taken) {
                Files.delete(directory.resolve(UNNAMED));
            }
            if (made) {
                Files.delete(directory);
            } else if (withdrawn != 0) {
                openAgain();
            }
        } catch (IOException | RuntimeException e) {
            failed.addSuppressed(e);
        }
    }
}
