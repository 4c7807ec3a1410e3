package io.varve.push;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.manifest.DocumentTally;
import io.varve.manifest.Documents;
import io.varve.manifest.PlanLimits;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.Index;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All that has to be in a repository for an image to be there. This is the one place where that is decided: what goes compressed
 * another way than the store has it is another manifest, and another freight.
 *
 * @param blobs configurations and layers, each once; foreign layers stay where they are
 * @param papers documents, each once, parts before what lists them; the image itself is the last
 * @param lacking entries of image indexes that whoever sends it does not have
 */
record Freight(List<Descriptor> blobs, List<Paper> papers, List<Descriptor> lacking) {

    /** A manifest or an image index. */
    record Paper(Descriptor descriptor, Document document) {}

    /**
     * Blocks as the documents do.
     *
     * @param sparse whether image indexes may list what is not there, as those of a store may
     * @throws Failure Exceeded when it is more than the limits allow, Invalid for what is no image, and what reading throws
     */
    static Freight of(Descriptor image, Documents documents, PlanLimits limits, boolean sparse) {
        Gathering gathering = new Gathering(documents, limits, sparse);
        gathering.add(image, 1);
        return new Freight(
                List.copyOf(gathering.blobs.values()),
                List.copyOf(gathering.papers.values()),
                List.copyOf(gathering.lacking));
    }

    Paper image() {
        return papers.getLast();
    }

    private static final class Gathering {
        private final Documents documents;
        private final PlanLimits limits;
        private final boolean sparse;
        private final Map<Digest, Descriptor> blobs = new LinkedHashMap<>();
        private final Map<Digest, Paper> papers = new LinkedHashMap<>();
        private final List<Descriptor> lacking = new ArrayList<>();
        private final DocumentTally tally;

        Gathering(Documents documents, PlanLimits limits, boolean sparse) {
            this.documents = documents;
            this.limits = limits;
            this.sparse = sparse;
            tally = new DocumentTally(limits);
        }

        /** @param depth 1 for the image itself */
        void add(Descriptor descriptor, int depth) {
            if (papers.containsKey(descriptor.digest())) {
                return;
            }
            tally.add(descriptor);
            Document document = Document.parse(
                    documents.read(descriptor, limits.manifestBytes()), limits.manifestBytes(), descriptor.mediaType());
            try {
                switch (document) {
                    case Manifest manifest -> add(manifest);
                    case Index index -> add(index, depth);
                }
            } catch (Failure e) {
                throw depth > 1 ? e : e.during("manifest " + descriptor.digest());
            }
            papers.put(descriptor.digest(), new Paper(descriptor, document));
        }

        private void add(Manifest manifest) {
            limits.checkLayers(manifest.layers().size());
            blobs.putIfAbsent(manifest.config().digest(), manifest.config());
            for (Descriptor layer : manifest.layers()) {
                if (!layer.isForeign()) {
                    blobs.putIfAbsent(layer.digest(), layer);
                }
            }
        }

        private void add(Index index, int depth) {
            if (depth > limits.indexDepth()) {
                throw Failure.exceeded(
                        "depth of nested image indexes", depth, limits.indexDepth(), "limits.indexDepth");
            }
            for (Descriptor entry : index.manifests()) {
                MediaType.Kind kind = entry.mediaType().kind();
                if ((kind != MediaType.Kind.MANIFEST && kind != MediaType.Kind.INDEX) || !documents.leadsTo(entry)) {
                    lacking.add(entry);
                    continue;
                }
                try {
                    add(entry, depth + 1);
                } catch (Failure e) {
                    if (!sparse || e.category() != Category.NOT_FOUND) {
                        throw e;
                    }
                    lacking.add(entry);
                }
            }
        }
    }
}
