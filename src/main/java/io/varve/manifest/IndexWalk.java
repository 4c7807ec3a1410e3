package io.varve.manifest;

import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Index;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The manifests of an image index, those of nested ones in the place of their entry, attestations left out.
 *
 * @param enters whether a nested image index is looked into, by its entry
 * @param others hears of entries that are no documents
 */
record IndexWalk(DocumentReader reader, PlanLimits limits, Predicate<Descriptor> enters, Consumer<Descriptor> others) {

    void manifests(Index index, Consumer<Descriptor> each) {
        manifests(index, 1, each);
    }

    /** @param depth 1 for the outermost image index */
    private void manifests(Index index, int depth, Consumer<Descriptor> each) {
        if (depth > limits.indexDepth()) {
            throw Failure.exceeded("depth of nested image indexes", depth, limits.indexDepth(), "limits.indexDepth");
        }
        for (Descriptor entry : index.manifests()) {
            if (entry.isAttestation()) {
                continue;
            }
            switch (entry.mediaType().kind()) {
                case MANIFEST -> each.accept(entry);
                case INDEX -> {
                    if (enters.test(entry)) {
                        manifests(reader.index(entry), depth + 1, each);
                    }
                }
                case CONFIG, LAYER, OTHER -> others.accept(entry);
            }
        }
    }
}
