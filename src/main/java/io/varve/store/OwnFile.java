package io.varve.store;

import java.nio.file.Path;
import java.util.List;

/** Files of a store that hold no content: each can be made again from the rest. */
public enum OwnFile {
    /** With what SQLite keeps beside it. Made again, it has forgotten where blobs were seen, and who leases what. */
    CATALOGUE,
    /** {@code index.json}: the names. */
    LAYOUT_INDEX,
    /** {@code oci-layout}. */
    LAYOUT_MARKER;

    List<Path> in(StoreFiles files) {
        return switch (this) {
            case CATALOGUE -> files.catalogues();
            case LAYOUT_INDEX -> List.of(files.layoutIndex());
            case LAYOUT_MARKER -> List.of(files.layoutMarker());
        };
    }
}
