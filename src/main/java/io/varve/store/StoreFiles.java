package io.varve.store;

import java.nio.file.Path;
import java.util.List;

/**
 * The places in a store that belong to no room of their own.
 *
 * <pre>
 *   &lt;store&gt;/
 *     oci-layout, index.json     what makes it an OCI image layout; the names come from the catalogue
 *     varve.json                 the form of the store
 *     blobs/, layers/, images/   the content: see {@code content}, {@code layerfs}, {@code erofs}
 *     views/                     see {@code view}
 *     ingest/                    what is on its way in or out
 *     quarantine/                what was found damaged; nothing in it is used, and nobody but a person removes it
 *     catalogue.db               see {@code catalogue}
 *     unsynced                   while there may be what is not on the disk: in which life of the machine it came
 *     spare                      some of the disk, for removing when there is none left
 *     lock                       held by the process that writes
 * </pre>
 */
record StoreFiles(Path directory) {
    Path layoutMarker() {
        return directory.resolve("oci-layout");
    }

    Path layoutIndex() {
        return directory.resolve("index.json");
    }

    Path form() {
        return directory.resolve("varve.json");
    }

    Path ingest() {
        return directory.resolve("ingest");
    }

    Path quarantine() {
        return directory.resolve("quarantine");
    }

    Path catalogue() {
        return directory.resolve("catalogue.db");
    }

    /** The catalogue with what SQLite keeps beside it. */
    List<Path> catalogues() {
        return List.of(catalogue(), directory.resolve("catalogue.db-wal"), directory.resolve("catalogue.db-shm"));
    }

    Path unsynced() {
        return directory.resolve("unsynced");
    }

    Path spare() {
        return directory.resolve("spare");
    }

    Path lock() {
        return directory.resolve("lock");
    }
}
