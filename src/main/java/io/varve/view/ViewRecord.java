package io.varve.view;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.os.FileStatus;
import io.varve.os.MountTable;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/**
 * What is kept of a view for the processes that come after, in {@code views/<id>/view.properties}. It is written before
 * the view can be seen, so whatever is mounted has one.
 *
 * @param made whether the directory was missing before
 * @param device of the filesystem mounted, and {@code mountId} of the mount: both numbers are used again when theirs is
 *     gone, so together with {@code here} they say whether the view is still there
 */
record ViewRecord(View view, boolean made, Here here, String device, long mountId) {
    private static final String FILE = "view.properties";

    static ViewRecord of(View view, boolean made, Here here, FileStatus mount) {
        return new ViewRecord(view, made, here, mount.device(), mount.mountId());
    }

    /** The record of the view that has this directory in the store; nothing when it was never written. */
    static Optional<ViewRecord> read(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        try {
            View view = new View(
                    directory.getFileName().toString(),
                    Digest.parse(value(properties, "chainId")),
                    value(properties, "image"),
                    Path.of(value(properties, "directory")),
                    Boolean.parseBoolean(value(properties, "writable")));
            return Optional.of(new ViewRecord(
                    view,
                    Boolean.parseBoolean(value(properties, "made")),
                    new Here(value(properties, "boot"), value(properties, "namespace")),
                    value(properties, "device"),
                    Long.parseLong(value(properties, "mountId"))));
        } catch (IllegalArgumentException | Failure e) {
            throw Failure.of(Category.INVALID, file + ": " + e.getMessage(), e);
        }
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
        properties.setProperty("boot", here.boot());
        properties.setProperty("namespace", here.namespace());
        properties.setProperty("device", device);
        properties.setProperty("mountId", String.valueOf(mountId));
        Path unfinished = directory.resolve(FILE + ".new");
        try (Writer writer = Files.newBufferedWriter(unfinished)) {
            properties.store(writer, null);
        }
        // Not synced: after a power loss the mount is gone as well, and an unreadable record with it.
        Files.move(unfinished, directory.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
    }

    boolean isElsewhere(Here now) {
        return here.boot().equals(now.boot()) && !here.namespace().equals(now.namespace());
    }

    /** The view, at the directory where it is now, if it is mounted in this namespace. */
    Optional<View> mounted(Here now, List<MountTable.Entry> table) {
        if (!here.equals(now)) {
            return Optional.empty();
        }
        return table.stream()
                .filter(entry -> entry.id() == mountId && entry.device().equals(device))
                .map(entry -> new View(view.id(), view.chainId(), view.image(), entry.directory(), view.writable()))
                .findFirst();
    }
}
