package io.varve.verify;

import io.varve.catalogue.Catalogue;
import io.varve.catalogue.Entry;
import io.varve.catalogue.Node;
import io.varve.catalogue.Transaction;
import io.varve.content.Blob;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.ChainId;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.ImageConfig;
import io.varve.oci.Index;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.store.Session;
import io.varve.store.Store;
import io.varve.store.StoredDocuments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Tells the catalogue what is so. One thread. */
final class Recording {
    private final Store store;
    private final Session session;
    private final StoredDocuments documents;

    // A manifest of each stack, by its name; null until somebody asks. No stack is kept, and what comes meanwhile says
    // itself
    // which it has.
    private @Nullable Map<Digest, Digest> manifests;

    Recording(Store store, Session session) {
        this.store = store;
        this.session = session;
        documents = new StoredDocuments(store.content(), store.options().plan().manifestBytes());
    }

    Catalogue catalogue() {
        return session.catalogue();
    }

    void write(Consumer<Transaction> work) {
        session.write(transaction -> {
            work.accept(transaction);
            return true;
        });
    }

    /** It is there, and sound: how large it is, and what it needs if it is a document. */
    void present(Node node) {
        switch (node.kind()) {
            case BLOB -> store.content().find(node.digest()).ifPresent(this::present);
            case LAYER -> store.layers().find(node.digest()).ifPresent(layer -> present(node, layer.size()));
            case INDEX -> store.indexes().find(node.digest()).ifPresent(file -> present(node, size(file)));
        }
    }

    /** As {@link #present(Node)}, and kept for a while: whoever brought it may come back. */
    void keep(Node node) {
        write(transaction -> transaction.lease(
                0, List.of(node), Instant.now().plus(store.options().lease())));
        present(node);
    }

    private void present(Node node, long size) {
        write(transaction -> transaction.present(node, size, null, Instant.now()));
    }

    private void present(Blob blob) {
        Optional<Document> document = isBlobAlone(blob) ? Optional.empty() : documents.find(blob);
        try {
            write(transaction -> record(transaction, blob, document));
        } catch (Failure e) {
            if (document.isEmpty() || e.category() == Category.CANCELLED || e.category() == Category.UNAVAILABLE) {
                throw e;
            }
            // Without its configuration nobody can tell what a manifest needs. A pull brings that, and records it all.
            write(transaction -> record(transaction, blob, Optional.empty()));
        }
    }

    /** Whether it is known to be there, and nobody has recorded it as an image: then it says nothing that anybody has looked at. */
    private boolean isBlobAlone(Blob blob) {
        Node node = Node.blob(blob.digest());
        return catalogue().find(node).filter(Entry::present).isPresent()
                && !catalogue().isRecorded(blob.digest())
                && catalogue().needs(node).isEmpty();
    }

    private void record(Transaction transaction, Blob blob, Optional<Document> document) {
        Instant now = Instant.now();
        Node node = Node.blob(blob.digest());
        Set<Digest> before = catalogue().needs(node).stream()
                .map(edge -> edge.child().digest())
                .collect(Collectors.toSet());
        transaction.present(node, blob.size(), null, now);
        transaction.forgetNeeds(node);
        document.ifPresent(found -> {
            Descriptor descriptor = Descriptor.of(mediaType(node, found), blob.digest(), blob.size());
            if (found instanceof Index index && !before.isEmpty()) {
                // It leads to what came with it, and to nothing more for having been repaired.
                transaction.index(descriptor, index, before::contains, now);
            } else {
                documents.record(transaction, descriptor, found, now);
            }
        });
    }

    /** What those who led here called it, if that fits: not every document says its media type itself. */
    private MediaType mediaType(Node node, Document document) {
        return catalogue()
                .find(node)
                .map(Entry::mediaType)
                .filter(said -> said.kind() == document.mediaType().kind())
                .orElse(document.mediaType());
    }

    /** Says of an index which layers it is of. */
    void stack(List<Digest> diffIds) {
        write(transaction -> {
            transaction.forgetNeeds(Node.index(ChainId.of(diffIds).digest()));
            transaction.index(diffIds, Instant.now());
        });
    }

    /** The stack of this name, if an image that is there has it. All manifests are read when this is first asked for. */
    Optional<List<Digest>> stackOf(Digest chainId) {
        Map<Digest, Digest> known = manifests;
        if (known == null) {
            known = manifests();
            manifests = known;
        }
        return Optional.ofNullable(known.get(chainId))
                .flatMap(this::diffIds)
                .filter(diffIds -> ChainId.of(diffIds).digest().equals(chainId));
    }

    private Map<Digest, Digest> manifests() {
        Map<Digest, Digest> found = new HashMap<>();
        for (Entry entry : catalogue().nodes()) {
            MediaType type = entry.mediaType();
            if (entry.present() && type != null && type.kind() == MediaType.Kind.MANIFEST) {
                Digest manifest = entry.node().digest();
                diffIds(manifest)
                        .ifPresent(diffIds -> found.put(ChainId.of(diffIds).digest(), manifest));
            }
        }
        return found;
    }

    private Optional<List<Digest>> diffIds(Digest manifest) {
        return store.content().find(manifest).flatMap(documents::find).flatMap(this::diffIds);
    }

    private Optional<List<Digest>> diffIds(Document document) {
        try {
            return document instanceof Manifest manifest
                    ? documents.config(manifest).map(ImageConfig::diffIds)
                    : Optional.empty();
        } catch (Failure e) {
            if (e.category() == Category.CANCELLED) {
                throw e;
            }
            return Optional.empty();
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
