package io.varve.verify;

import io.varve.catalogue.Edge;
import io.varve.catalogue.Edges;
import io.varve.catalogue.Entry;
import io.varve.catalogue.Node;
import io.varve.content.Blob;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Document;
import io.varve.oci.Index;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.store.StoredDocuments;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whether the catalogue says of a manifest or an image index what the document says itself. */
final class NeedsCheck {
    private final Scene scene;
    private final Records records;
    private final Blob blob;
    private final Node node;
    private final StoredDocuments documents;

    /** @param blob verified */
    NeedsCheck(Scene scene, Records records, Blob blob) {
        this.scene = scene;
        this.records = records;
        this.blob = blob;
        node = Node.blob(blob.digest());
        documents = new StoredDocuments(
                scene.store().content(), scene.store().options().plan().manifestBytes());
    }

    void look() {
        Entry entry = records.present(node).orElse(null);
        // What is only called an image is a blob, which says nothing that anybody has looked at.
        if (entry == null || !(records.catalogue().isRecorded(blob.digest()) || !needs().isEmpty())) {
            return;
        }
        Document document = documents.find(blob).orElse(null);
        String wrong = difference(document);
        if (wrong != null) {
            scene.ledger()
                    .suspect(
                            Finding.of(Finding.Kind.MISRECORDED, node, wrong),
                            () -> difference(document) != null && records.isThere(node));
        }
    }

    private List<Edge> needs() {
        return records.catalogue().needs(node);
    }

    /** What is wrong first; null when nothing is, or the catalogue does not have it any more. */
    private @Nullable String difference(@Nullable Document document) {
        Entry entry = records.present(node).orElse(null);
        if (entry == null) {
            return null;
        }
        MediaType.Kind kind =
                switch (document) {
                    case null -> null;
                    case Index index -> MediaType.Kind.INDEX;
                    case Manifest manifest -> MediaType.Kind.MANIFEST;
                };
        MediaType mediaType = entry.mediaType();
        if (document == null || mediaType == null || mediaType.kind() != kind) {
            return "media type in the catalogue: got " + mediaType + ", wanted "
                    + (document == null ? "that of no document" : document.mediaType());
        }
        return differenceOfNeeds(document);
    }

    private @Nullable String differenceOfNeeds(Document document) {
        Set<Edge> got = new HashSet<>(needs());
        Set<Edge> wanted = new HashSet<>();
        switch (document) {
            case Index index -> {
                // It leads to what came with it, and may list anything.
                wanted.addAll(Edges.of(node, index));
                if (!got.isEmpty()) {
                    wanted.retainAll(got);
                }
            }
            case Manifest manifest -> {
                try {
                    wanted.addAll(documents.needs(manifest, node));
                } catch (Failure e) {
                    if (e.category() == Category.CANCELLED) {
                        throw e;
                    }
                    // Whoever looks at the configuration tells what is wrong with it.
                    wanted.addAll(Edges.of(node, manifest));
                    got.removeIf(edge -> edge.role() == Edge.Role.LAYER || edge.role() == Edge.Role.INDEX);
                }
            }
        }
        for (Edge edge : wanted) {
            if (!got.remove(edge)) {
                return "needs in the catalogue: got " + at(edge, got) + ", wanted " + words(edge);
            }
        }
        return got.isEmpty()
                ? null
                : "needs in the catalogue: got " + words(got.iterator().next()) + ", wanted nothing there";
    }

    private static String at(Edge wanted, Set<Edge> got) {
        for (Edge edge : got) {
            if (edge.role() == wanted.role() && edge.position() == wanted.position()) {
                return words(edge);
            }
        }
        return "nothing";
    }

    private static String words(Edge edge) {
        return edge.role().name().toLowerCase(Locale.ROOT) + " " + edge.position() + " "
                + edge.child().digest();
    }
}
