package io.varve.store;

import io.varve.catalogue.Node;
import io.varve.catalogue.Transaction;
import io.varve.content.Blob;
import io.varve.content.ContentStore;
import io.varve.erofs.Indexes;
import io.varve.failure.Failure;
import io.varve.layerfs.LayerFs;
import io.varve.layout.NamedImage;
import io.varve.layout.OciLayout;
import io.varve.manifest.PlanLimits;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A catalogue made again from what is in the store: every blob, layer and index there is, what manifests and image indexes
 * among the blobs say they need, and the names that {@code index.json} knows. What has no name is kept for a while by a
 * lease: the catalogue that was lost may have known why.
 *
 * <p>Files are believed to be what their places say, except documents, whose digest is checked before anybody follows
 * them. One thread; blocks.
 */
final class Rebuild {
    private static final Logger LOG = LoggerFactory.getLogger(Rebuild.class);

    /** The store's own index.json may be larger than what is taken from others: 4 million names. */
    private static final long INDEX_BYTES = 1 << 30;

    private final Path store;
    private final ContentStore content;
    private final LayerFs layers;
    private final Indexes indexes;
    private final StoredDocuments documents;
    private final Duration lease;
    private final Set<Node> found = new LinkedHashSet<>();

    Rebuild(Store store, PlanLimits limits, Duration lease) {
        this.store = store.directory();
        content = store.content();
        layers = store.layers();
        indexes = store.indexes();
        documents = new StoredDocuments(content, limits.manifestBytes());
        this.lease = lease;
    }

    /** Fills an empty catalogue. */
    void into(Transaction transaction, Instant now) {
        try {
            layers.list((home, diffId) -> {
                if (diffId != null) {
                    layers.find(diffId).ifPresent(layer -> add(transaction, Node.layer(diffId), layer.size(), now));
                }
            });
            indexes.list((home, chainId) -> {
                if (chainId != null) {
                    indexes.find(chainId).ifPresent(index -> add(transaction, Node.index(chainId), size(index), now));
                }
            });
            content.list((file, digest) -> {
                if (digest != null) {
                    content.find(digest).ifPresent(blob -> add(transaction, blob, now));
                }
            });
        } catch (IOException e) {
            throw Failure.from(e);
        }
        names(transaction, now);
        transaction.lease(0, found, now.plus(lease));
        LOG.warn("made the catalogue of {} again: {} blobs, layers and indexes", store, found.size());
    }

    private void add(Transaction transaction, Node node, long size, Instant now) {
        transaction.present(node, size, null, now);
        found.add(node);
    }

    private void add(Transaction transaction, Blob blob, Instant now) {
        add(transaction, Node.blob(blob.digest()), blob.size(), now);
        documents.find(blob).ifPresent(document -> {
            try {
                Descriptor descriptor = Descriptor.of(document.mediaType(), blob.digest(), blob.size());
                documents.record(transaction, descriptor, document, now);
            } catch (Failure e) {
                LOG.warn("manifest {} is left out: {}", blob.digest(), e.getMessage());
            }
        });
    }

    private void names(Transaction transaction, Instant now) {
        try {
            for (NamedImage image : OciLayout.open(store, INDEX_BYTES).images()) {
                String name = image.name();
                Digest digest = image.descriptor().digest();
                if (name != null && found.contains(Node.blob(digest))) {
                    name(transaction, name, digest, now);
                }
            }
        } catch (Failure e) {
            LOG.warn("names are lost: {}", e.getMessage());
        }
    }

    /** An image that is not whole loses its name, and no other does. */
    private static void name(Transaction transaction, String name, Digest digest, Instant now) {
        try {
            transaction.tag(name, digest, now);
        } catch (Failure e) {
            LOG.warn("name {} is lost: {}", name, e.getMessage());
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw Failure.from(e);
        }
    }
}
