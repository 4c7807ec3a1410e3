package io.varve.store;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.catalogue.Catalogue;
import io.varve.catalogue.Tag;
import io.varve.oci.Descriptor;
import io.varve.oci.Index;
import io.varve.oci.Json;
import io.varve.os.Staging;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The store's {@code index.json}: every name of the catalogue with what it names, for readers who know nothing of the
 * catalogue. Owned by one thread at a time.
 */
final class LayoutIndex {
    private final Path file;
    private final Staging staging;

    LayoutIndex(Path file, Staging staging) {
        this.file = file;
        this.staging = staging;
    }

    /** Brings it up to date; a file that says the same already is left alone. */
    void write(Catalogue catalogue) throws IOException {
        ObjectNode index = Index.of(List.of()).toJson();
        ArrayNode entries = index.putArray("manifests");
        for (Tag tag : catalogue.tags("", "", Integer.MAX_VALUE)) {
            ObjectNode entry = tag.image().toJson();
            entry.putObject("annotations").put(Descriptor.REF_NAME, tag.name());
            entries.add(entry);
        }
        byte[] bytes = Json.write(index);
        if (!Files.exists(file)
                || Files.size(file) != bytes.length
                || !Arrays.equals(Files.readAllBytes(file), bytes)) {
            staging.replace(file, bytes);
        }
    }
}
