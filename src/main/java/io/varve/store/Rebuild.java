package io.varve.store;

import io.varve.catalogue.Node;
import io.varve.catalogue.Transaction;
import io.varve.content.Blob;
import io.varve.content.ContentStore;
import io.varve.erofs.Indexes;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layerfs.LayerFs;
import io.varve.layout.NamedImage;
import io.varve.layout.OciLayout;
import io.varve.manifest.PlanLimits;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.Index;
import io.varve.oci.Reference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A catalogue made again from what is in the store: every blob, layer and index there is, what manifests and image indexes
 * among the blobs say they need, and the names that {@code index.json} knows. What says something of an image that is in a
 * repository, as a signature does, is taken to have been pushed there, and so is kept with that. What else has no name is kept for a
 * while by a lease: the catalogue that was lost may have known why.
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
    private final Map<Digest, List<Digest>> referrers = new HashMap<>();
    private final Map<Digest, List<Digest>> members = new HashMap<>();
    private final Map<Digest, Set<String>> repositories = new HashMap<>();

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
        pushes(transaction);
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
                relate(blob.digest(), document);
            } catch (Failure e) {
                LOG.warn("manifest {} is left out: {}", blob.digest(), e.getMessage());
            }
        });
    }

    private void relate(Digest digest, Document document) {
        Descriptor subject = document.subject();
        if (subject != null) {
            referrers
                    .computeIfAbsent(subject.digest(), key -> new ArrayList<>())
                    .add(digest);
        }
        if (document instanceof Index index) {
            members.put(
                    digest, index.manifests().stream().map(Descriptor::digest).toList());
        }
    }

    private void names(Transaction transaction, Instant now) {
        for (NamedImage image : named()) {
            String name = image.name();
            Digest digest = image.descriptor().digest();
            if (name != null && found.contains(Node.blob(digest))) {
                name(transaction, name, digest, now);
            }
        }
    }

    /** @throws Failure when {@code index.json} may have names and cannot be read now: without them nothing would keep their images */
    private List<NamedImage> named() {
        try {
            return OciLayout.open(store, INDEX_BYTES).images();
        } catch (Failure e) {
            if (e.category() != Category.NOT_FOUND && e.category() != Category.INVALID) {
                throw e;
            }
            LOG.warn("names are lost: {}", e.getMessage());
            return List.of();
        }
    }

    /** An image that is not whole loses its name, as does one whose name is no reference, and no other does. */
    private void name(Transaction transaction, String name, Digest digest, Instant now) {
        try {
            String repository = Reference.parse(name).name();
            transaction.tag(name, digest, now);
            repositories.computeIfAbsent(digest, key -> new TreeSet<>()).add(repository);
        } catch (Failure e) {
            LOG.warn("name {} is lost: {}", name, e.getMessage());
        }
    }

    /** From images with names to those that they list and to what says something of any of these, and on from there. */
    private void pushes(Transaction transaction) {
        Deque<Digest> reached = new ArrayDeque<>(repositories.keySet());
        while (!reached.isEmpty()) {
            Digest image = reached.remove();
            Set<String> places = Set.copyOf(repositories.getOrDefault(image, Set.of()));
            for (Digest member : members.getOrDefault(image, List.of())) {
                reach(member, places, reached);
            }
            for (Digest referrer : referrers.getOrDefault(image, List.of())) {
                places.forEach(repository -> transaction.pushed(repository, Node.blob(referrer), 0));
                reach(referrer, places, reached);
            }
        }
    }

    private void reach(Digest image, Set<String> places, Deque<Digest> reached) {
        if (repositories.computeIfAbsent(image, key -> new TreeSet<>()).addAll(places)) {
            reached.add(image);
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
