package io.varve.view;

import io.varve.os.MountTable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What there was of a store's views at one moment.
 *
 * @param table what was mounted
 * @param records of views, in no order
 * @param halfMade directories of views that were never recorded, so never mounted, or whose record is none any more
 */
record Sight(Here here, List<MountTable.Entry> table, List<ViewRecord> records, List<Path> halfMade) {

    /** The views that are mounted in this namespace, where they are mounted now. */
    List<View> mounted() {
        List<View> views = new ArrayList<>();
        for (ViewRecord record : records) {
            record.mounted(here, table).ifPresent(views::add);
        }
        return views;
    }

    /** Records of views that are mounted nowhere any more. */
    List<ViewRecord> gone() {
        return records.stream()
                .filter(record ->
                        !record.isElsewhere(here) && record.mounted(here, table).isEmpty())
                .toList();
    }

    boolean isMountPoint(Path directory) {
        return table.stream().anyMatch(entry -> entry.directory().equals(directory));
    }
}
