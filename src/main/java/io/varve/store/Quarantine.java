package io.varve.store;

import io.varve.os.FilesAt;
import io.varve.os.Staging;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where damaged files of a store go, so that nothing uses them and nothing is lost: whoever knows better can look, and
 * put them back or remove them.
 */
public record Quarantine(Path directory) {
    private static final DateTimeFormatter WHEN =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

    /**
     * Moves files and directories there, together; those that are not there are passed over.
     *
     * @return the directory that they are in now; null when none was there
     */
    public @Nullable Path take(List<Path> damaged) throws IOException {
        List<Path> there = damaged.stream()
                .filter(each -> Files.exists(each, LinkOption.NOFOLLOW_LINKS))
                .toList();
        if (there.isEmpty()) {
            return null;
        }
        Staging.makeDirectories(directory);
        Path own = Files.createTempDirectory(directory, WHEN.format(Instant.now()) + "-");
        Set<Path> shelves = new LinkedHashSet<>(List.of(own, directory));
        for (Path each : there) {
            Files.move(each, own.resolve(each.getFileName()), StandardCopyOption.ATOMIC_MOVE);
            shelves.add(Objects.requireNonNull(each.toAbsolutePath().getParent()));
        }
        for (Path shelf : shelves) {
            FilesAt.sync(shelf);
        }
        return own;
    }
}
