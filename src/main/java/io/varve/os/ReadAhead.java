package io.varve.os;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * How far the kernel reads ahead in a filesystem that no block device stands behind. Such a one has a name of its own in
 * {@code /sys/class/bdi}, {@code erofs-7}, and nothing says whose it is: it is what was not there before.
 *
 * <p>Where {@code /sys} is missing or read-only, nothing is set and nobody is told.
 */
public final class ReadAhead {
    private static final Path ALL = Path.of("/sys/class/bdi");

    private final String prefix;
    private final Set<Path> before;

    private ReadAhead(String prefix, Set<Path> before) {
        this.prefix = prefix;
        this.before = before;
    }

    /** To be asked before a filesystem of this type is made. */
    public static ReadAhead of(String type) {
        String prefix = type + "-";
        return new ReadAhead(prefix, all(prefix));
    }

    /** Sets it for those that came since, of which there may be others', made at the same moment: they get no less than they had. */
    public void raise(long bytes) {
        Set<Path> came = all(prefix);
        came.removeAll(before);
        for (Path each : came) {
            Path file = each.resolve("read_ahead_kb");
            try {
                if (Long.parseLong(Files.readString(file).strip()) < bytes >> 10) {
                    Files.writeString(file, Long.toString(bytes >> 10));
                }
            } catch (IOException | NumberFormatException e) {
                // Without it files are read as fast as the kernel would have it.
            }
        }
    }

    private static Set<Path> all(String prefix) {
        Set<Path> there = new HashSet<>();
        try (DirectoryStream<Path> each = Files.newDirectoryStream(ALL, prefix + "*")) {
            each.forEach(there::add);
        } catch (IOException | DirectoryIteratorException e) {
            // As if there were none.
        }
        return there;
    }
}
