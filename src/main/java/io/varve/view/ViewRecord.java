package io.varve.view;

import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.os.Errno;
import io.varve.os.Fd;
import io.varve.os.FileStatus;
import io.varve.os.FilesAt;
import io.varve.os.MountTable;
import io.varve.os.OsException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is kept of a view for the processes that come after, in {@code views/<id>/view.properties}. It is written before
 * the view can be seen, so whatever is mounted has one.
 *
 * @param made whether the directory was missing before
 * @param home the directory that was made around it, to go with the view and whatever else is in there; null for a view
 *     that has none
 * @param device of the filesystem mounted, and {@code mountId} of the mount: where the table of mounts has both, the view may still be
 *     there, but numbers are given out again when what had them is gone
 * @param uniqueMountId which is not; 0 where the kernel has none
 */
record ViewRecord(
        View view, boolean made, @Nullable Path home, Here here, String device, long mountId, long uniqueMountId) {
    private static final Logger LOG = LoggerFactory.getLogger(ViewRecord.class);
    private static final String FILE = "view.properties";
    private static final int MOST_BYTES = 1 << 16;

    static ViewRecord of(View view, boolean made, @Nullable Path home, Here here, Fd mount) throws OsException {
        FileStatus status = FilesAt.status(mount);
        return new ViewRecord(view, made, home, here, status.device(), status.mountId(), FilesAt.uniqueMountId(mount));
    }

    /**
     * The record of the view that has this directory in the store; nothing when it was never written, and nothing but a
     * warning when it says nothing: nobody can tell then what the view was, and it must not keep others from theirs.
     */
    static Optional<ViewRecord> read(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        try (Fd own = FilesAt.openDirectory(directory);
                Fd record = FilesAt.openFileInRoot(own, FILE)) {
            if (record == null) {
                return Optional.empty();
            }
            if (!FilesAt.status(record).isRegular()) {
                throw Failure.invalid("it is no file");
            }
            // It may be another user's.
            byte[] bytes = FilesAt.read(record, MOST_BYTES);
            Properties properties = new Properties();
            properties.load(
                    new InputStreamReader(new ByteArrayInputStream(bytes), StandardCharsets.UTF_8.newDecoder()));
            return Optional.of(of(directory.getFileName().toString(), properties));
        } catch (OsException e) {
            // Gone meanwhile; or another's that is not shown yet, and so has none yet.
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.EACCES) {
                return Optional.empty();
            }
            throw e;
        } catch (CharacterCodingException | IllegalArgumentException | Failure e) {
            LOG.warn("{} is no record of a view, and its view is taken for gone: {}", file, e.getMessage());
            return Optional.empty();
        }
    }

    private static ViewRecord of(String id, Properties properties) {
        View view = new View(
                id,
                Digest.parse(value(properties, "chainId")),
                value(properties, "image"),
                Path.of(value(properties, "directory")),
                Boolean.parseBoolean(value(properties, "writable")));
        String home = properties.getProperty("home");
        return new ViewRecord(
                view,
                Boolean.parseBoolean(value(properties, "made")),
                home == null ? null : Path.of(home),
                new Here(value(properties, "boot"), value(properties, "namespace"), properties.getProperty("root", "")),
                value(properties, "device"),
                Long.parseLong(value(properties, "mountId")),
                Long.parseLong(properties.getProperty("uniqueMountId", "0")));
    }

    private static String value(Properties properties, String key) {
        String value = properties.getProperty(key);
        if (value == null) {
            throw Failure.invalid("no " + key);
        }
        return value;
    }

    void write(Path directory) throws IOException {
        Properties properties = new Properties();
        properties.setProperty("chainId", view.chainId().toString());
        properties.setProperty("image", view.image());
        properties.setProperty("directory", view.directory().toString());
        properties.setProperty("writable", String.valueOf(view.writable()));
        properties.setProperty("made", String.valueOf(made));
        if (home != null) {
            properties.setProperty("home", home.toString());
        }
        properties.setProperty("boot", here.boot());
        properties.setProperty("namespace", here.namespace());
        properties.setProperty("root", here.root());
        properties.setProperty("device", device);
        properties.setProperty("mountId", String.valueOf(mountId));
        properties.setProperty("uniqueMountId", String.valueOf(uniqueMountId));
        Path unfinished = directory.resolve(FILE + ".new");
        try (Writer writer = Files.newBufferedWriter(unfinished)) {
            properties.store(writer, null);
        }
        // After a power loss the mount is gone, and the record then says what is left of it, or is not there at all.
        FilesAt.sync(unfinished);
        Files.move(unfinished, directory.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
    }

    boolean isElsewhere(Here now) {
        return here.boot().equals(now.boot()) && !here.isSeenFrom(now);
    }

    /** The view, at the directory where it is now, if it can be seen from here that it is mounted. */
    Optional<View> mounted(Here now, List<MountTable.Entry> table) {
        if (!here.isSeenFrom(now)) {
            return Optional.empty();
        }
        return table.stream()
                .filter(this::isOf)
                .map(entry -> new View(view.id(), view.chainId(), view.image(), entry.directory(), view.writable()))
                .findFirst();
    }

    /** Whether this mount, of the namespace that the record is of, is the view's. */
    boolean isOf(MountTable.Entry mount) {
        return mount.id() == mountId && mount.device().equals(device) && !isAnother(mount.directory());
    }

    /** Whether the mount that is seen there has the view's numbers but the one that is nobody else's. */
    private boolean isAnother(Path directory) {
        try (Fd seen = FilesAt.openDirectory(directory)) {
            // Of one that others are mounted over nothing can be told.
            return uniqueMountId != 0
                    && FilesAt.status(seen).mountId() == mountId
                    && FilesAt.uniqueMountId(seen) != uniqueMountId;
        } catch (OsException e) {
            return false;
        }
    }
}
