package io.varve.view;

import io.varve.oci.Digest;
import io.varve.os.Errno;
import io.varve.os.Fd;
import io.varve.os.FilesAt;
import io.varve.os.MountTable;
import io.varve.os.Mounts;
import io.varve.os.OsException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory of a store's views, and all paths in it.
 *
 * <pre>
 *   views/                       mode 0700
 *     lock                       held while something is mounted or unmounted
 *     shared/&lt;chainId&gt;/          where the index of an image is mounted, as long as the image has a view
 *     &lt;id&gt;/view.properties       what is known of a view
 *         /upper, work           what was written to it, if it is writable
 * </pre>
 *
 * @param directory absolute and without symlinks, as the mount table has it
 * @param readers the group that may read what is known of views, or {@link ViewBase#NOBODY}
 */
record ViewStore(Path directory, int readers) {
    private static final Logger LOG = LoggerFactory.getLogger(ViewStore.class);
    static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    /** For {@link #readers} too. */
    private static final int SHOWN = 0750;

    private static final String LOCK = "lock";
    private static final String SHARED = "shared";

    /** That of whoever asks, which is made if it is missing. */
    static ViewStore at(ViewBase base) throws IOException {
        Files.createDirectories(base.own());
        ViewStore store = new ViewStore(base.own().toRealPath(), base.readers());
        store.protect(store.directory);
        return store;
    }

    /** One that is only looked at. */
    static ViewStore in(Path directory) throws IOException {
        return new ViewStore(directory.toRealPath(), ViewBase.NOBODY);
    }

    /** Those who may read there can at any moment: who finds nothing takes what is mounted for gone. */
    private void protect(Path own) throws IOException {
        if (readers == ViewBase.NOBODY) {
            Files.setPosixFilePermissions(own, PRIVATE.value());
            return;
        }
        try (Fd directory = FilesAt.openDirectory(own)) {
            FilesAt.changeOwner(directory, FilesAt.user(), readers);
            FilesAt.changeMode(directory, SHOWN);
        }
    }

    Path lock() {
        return directory.resolve(LOCK);
    }

    /** Where the image's index is mounted; the directory is there on return. */
    Path shared(Digest chainId) throws IOException {
        return Files.createDirectories(sharedPath(chainId), PRIVATE);
    }

    /** A new directory of a view's own. */
    Path add(String id) throws IOException {
        Path own = Files.createDirectory(directory.resolve(id), PRIVATE);
        protect(own);
        return own;
    }

    Path upper(String id) throws IOException {
        return Files.createDirectory(directory.resolve(id).resolve("upper"), PRIVATE);
    }

    Path work(String id) throws IOException {
        return Files.createDirectory(directory.resolve(id).resolve("work"), PRIVATE);
    }

    Sight look() throws IOException {
        // Records before mounts: a view that is mounted after its record was read is then still seen.
        List<ViewRecord> records = new ArrayList<>();
        List<Path> halfMade = new ArrayList<>();
        for (Path child : children(directory)) {
            String name = child.getFileName().toString();
            if (name.equals(LOCK) || name.equals(SHARED)) {
                continue;
            }
            if (Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) {
                Optional<ViewRecord> record = ViewRecord.read(child);
                record.ifPresentOrElse(records::add, () -> halfMade.add(child));
            } else if (Files.exists(child, LinkOption.NOFOLLOW_LINKS)) {
                LOG.warn("{} is not a view's, and is left as it is", child);
            }
        }
        return new Sight(Here.now(), MountTable.read(), records, halfMade);
    }

    /**
     * Removes what views that are gone have left, and the mounts of indexes that no view needs. What somebody has mounted
     * something in stays until he has unmounted it. Only for the holder of the lock, or it takes away what another is
     * making.
     *
     * @return the views that were found gone
     */
    List<View> sweep() throws IOException {
        Sight sight = look();
        for (Path directory : sight.halfMade()) {
            remove(directory, sight);
        }
        List<View> gone = new ArrayList<>();
        for (ViewRecord record : sight.gone()) {
            forget(record, sight);
            gone.add(record.view());
        }
        Set<Path> needed = new HashSet<>();
        for (ViewRecord record : sight.records()) {
            if (!gone.contains(record.view())) {
                needed.add(sharedPath(record.view().chainId()));
            }
        }
        for (Path place : children(directory.resolve(SHARED))) {
            if (!needed.contains(place)) {
                release(place, sight);
            }
        }
        return gone;
    }

    /** Removes what there is of a view that is not mounted; its record last, by which the rest is found again. */
    private void forget(ViewRecord record, Sight sight) throws IOException {
        Path made = record.view().directory();
        if (record.home() != null) {
            if (!remove(record.home(), sight)) {
                return;
            }
        } else if (record.made() && Files.isDirectory(made, LinkOption.NOFOLLOW_LINKS)) {
            try {
                Files.deleteIfExists(made);
            } catch (FileSystemException e) {
                // Not empty, or something else is mounted there: somebody uses it by now, so it is not ours any more.
            }
        }
        remove(directory.resolve(record.view().id()), sight);
    }

    /** Whether it is not there any more. */
    private static boolean remove(Path directory, Sight sight) throws IOException {
        if (sight.hasMounts(directory)) {
            LOG.warn("{} has something mounted in it, and stays until that is unmounted", directory);
            return false;
        }
        if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            Scratch.remove(directory);
        }
        return true;
    }

    private static void release(Path place, Sight sight) throws IOException {
        try {
            if (sight.isMountPoint(place)) {
                if (sight.uppermost(place).filter(ErofsMount::isOne).isEmpty()) {
                    LOG.warn("{} has something else mounted over the image, and stays until that is unmounted", place);
                    return;
                }
                Mounts.unmount(place);
            }
        } catch (OsException e) {
            if (e.errno() == Errno.EBUSY) {
                // Its owner looks around in there; the next sweep will find it again.
                return;
            }
            throw e;
        }
        Files.delete(place);
    }

    private Path sharedPath(Digest chainId) {
        return directory.resolve(SHARED).resolve(chainId.algorithm() + "-" + chainId.hex());
    }

    private static List<Path> children(Path directory) throws IOException {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            stream.forEach(children::add);
        } catch (NoSuchFileException e) {
            return List.of();
        }
        return children;
    }
}
