package io.varve.store;

import io.varve.catalogue.Edge;
import io.varve.catalogue.Edges;
import io.varve.catalogue.Node;
import io.varve.catalogue.Transaction;
import io.varve.content.Blob;
import io.varve.content.ContentStore;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Document;
import io.varve.oci.ImageConfig;
import io.varve.oci.Index;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The manifests and image indexes among the blobs of a store, whatever anybody says of them: read, verified, and recorded.
 * Safe for any thread; blocks on the disk.
 *
 * @param manifestBytes the most bytes of one of them ({@code limits.manifestBytes})
 */
public record StoredDocuments(ContentStore content, long manifestBytes) {
    private static final MediaType UNKNOWN = MediaType.parse("application/octet-stream");

    /** The manifest or image index that the blob is, if it is one. */
    public Optional<Document> find(Blob blob) {
        if (blob.size() < 2 || blob.size() > manifestBytes) {
            return Optional.empty();
        }
        try {
            if (!beginsAnObject(blob)) {
                return Optional.empty();
            }
            byte[] bytes = content.read(Descriptor.of(UNKNOWN, blob.digest(), blob.size()), manifestBytes);
            return Optional.of(Document.parse(bytes, manifestBytes));
        } catch (Failure notOne) {
            if (notOne.category() == Category.CANCELLED) {
                throw notOne;
            }
            return Optional.empty();
        }
    }

    private boolean beginsAnObject(Blob blob) {
        try (FileChannel file = content.open(blob.digest())) {
            ByteBuffer first = ByteBuffer.allocate(1);
            return file.read(first) == 1 && first.get(0) == '{';
        } catch (IOException e) {
            throw Failure.from(e);
        }
    }

    /**
     * The configuration of an image; empty for an artifact, which has none.
     *
     * @throws Failure NotFound, Mismatch or Invalid when that of an image is not there, or is none
     */
    public Optional<ImageConfig> config(Manifest manifest) {
        return manifest.isImage()
                ? Optional.of(ImageConfig.parse(content.read(manifest.config(), manifestBytes), manifestBytes))
                : Optional.empty();
    }

    /**
     * What the manifest needs: of an image its layers and its index too.
     *
     * @throws Failure as {@link #config}
     */
    public List<Edge> needs(Manifest manifest, Node node) {
        return config(manifest)
                .map(config -> Edges.of(node, manifest, config.diffIds()))
                .orElseGet(() -> Edges.of(node, manifest));
    }

    /**
     * Records what it needs.
     *
     * @param descriptor of the document
     * @throws Failure as {@link #config}, of a manifest
     */
    public void record(Transaction transaction, Descriptor descriptor, Document document, Instant now) {
        switch (document) {
            case Index index -> transaction.index(descriptor, index, now);
            case Manifest manifest -> {
                Optional<ImageConfig> config = config(manifest);
                if (config.isPresent()) {
                    ImageConfig image = config.get();
                    transaction.manifest(descriptor, manifest, image, image.platform(), now);
                } else {
                    transaction.artifact(descriptor, manifest, now);
                }
            }
        }
    }
}
