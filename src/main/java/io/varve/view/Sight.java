package io.varve.view;

import io.varve.os.Fd;
import io.varve.os.FilesAt;
import io.varve.os.MountTable;
import io.varve.os.OsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What there was of a store's views at one moment.
 *
 * @param table what was mounted
 * @param records of views, in no order
 * @param halfMade directories of views that were never recorded, so never mounted, or whose record is none any more
 */
record Sight(Here here, List<MountTable.Entry> table, List<ViewRecord> records, List<Path> halfMade) {

    /** The views that are seen mounted from here, where they are mounted now. */
    List<View> mounted() {
        List<View> views = new ArrayList<>();
        for (ViewRecord record : records) {
            record.mounted(here, table).ifPresent(views::add);
        }
        return views;
    }

    /** The views that there are, in whichever namespace. */
    List<View> there() {
        List<ViewRecord> gone = gone();
        return records.stream()
                .filter(record -> !gone.contains(record))
                .map(ViewRecord::view)
                .toList();
    }

    /** Records of views that are mounted nowhere any more. */
    List<ViewRecord> gone() {
        return records.stream()
                .filter(record ->
                        !record.isElsewhere(here) && record.mounted(here, table).isEmpty())
                .toList();
    }

    /** Records of the views that are mounted at this directory now, whatever is mounted over them. */
    List<ViewRecord> at(Path directory) {
        return records.stream()
                .filter(record -> record.mounted(here, table)
                        .filter(view -> view.directory().equals(directory))
                        .isPresent())
                .toList();
    }

    /** Of the mounts at a directory the one over all others: what is seen there, and what unmounting it takes away. */
    Optional<MountTable.Entry> uppermost(Path directory) throws OsException {
        // Not by the order of the table, which is that of their making and need not be that of their coming there.
        try (Fd seen = FilesAt.openDirectory(directory)) {
            long id = FilesAt.status(seen).mountId();
            return table.stream().filter(entry -> entry.id() == id).findFirst();
        }
    }

    /** Whether anything is mounted at this directory or somewhere in it. */
    boolean hasMounts(Path directory) {
        return table.stream().anyMatch(entry -> entry.directory().startsWith(directory));
    }

    boolean isMountPoint(Path directory) {
        return table.stream().anyMatch(entry -> entry.directory().equals(directory));
    }
}
