package io.varve.verify;

import io.varve.catalogue.Catalogue;
import io.varve.catalogue.Edge;
import io.varve.catalogue.Entry;
import io.varve.catalogue.Node;
import io.varve.catalogue.Tag;
import io.varve.layout.LayoutReference;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What the catalogue says is there, and what is. Safe for any thread. */
final class Records {
    /** Names told of one thing; whoever has more knows what to do after these. */
    static final int MOST_NAMES = 8;

    private final Scene scene;
    private final Catalogue catalogue;

    Records(Scene scene, Catalogue catalogue) {
        this.scene = scene;
        this.catalogue = catalogue;
    }

    Catalogue catalogue() {
        return catalogue;
    }

    Optional<Entry> present(Node node) {
        return catalogue.find(node).filter(Entry::present);
    }

    List<String> names(Node node) {
        return catalogue.namesNeeding(node, MOST_NAMES);
    }

    boolean isThere(Node node) {
        return Place.of(scene.home(node)) != null;
    }

    /** Something sound is there, with so many bytes. */
    void check(Node node, long size) {
        Optional<Entry> entry = catalogue.find(node);
        if (entry.isEmpty()) {
            scene.ledger()
                    .suspect(
                            Finding.of(Finding.Kind.UNKNOWN, node, "the catalogue does not have it"),
                            () -> isThere(node) && catalogue.find(node).isEmpty());
        } else if (missized(entry.get(), size)) {
            String wrong = "size in the catalogue: got " + entry.get().size() + ", wanted " + size;
            scene.ledger()
                    .suspect(
                            Finding.of(Finding.Kind.MISRECORDED, node, wrong),
                            () -> isThere(node)
                                    && catalogue
                                            .find(node)
                                            .filter(now -> missized(now, size))
                                            .isPresent());
        }
    }

    private static boolean missized(Entry entry, long size) {
        return entry.present() && entry.size() != size;
    }

    /** Everything that the catalogue says is there. */
    void checkPresence() {
        for (Entry entry : catalogue.nodes()) {
            Node node = entry.node();
            if (entry.present() && !isThere(node)) {
                scene.ledger()
                        .suspect(
                                Finding.of(Finding.Kind.MISSING, node, "the catalogue says that it is there"),
                                () -> present(node).isPresent()
                                        && !isThere(node)
                                        && present(node).isPresent());
            }
        }
    }

    /**
     * Every part of every image that has a name; how many names there are. Of an image index, those images that were here
     * once: it may list any number of others.
     */
    long checkNames() {
        List<Tag> tags = catalogue.tags("", "", Integer.MAX_VALUE);
        Set<Node> seen = new HashSet<>();
        Deque<Node> pending = new ArrayDeque<>();
        for (Tag tag : tags) {
            pending.add(Node.blob(tag.image().digest()));
            while (!pending.isEmpty()) {
                Node node = pending.remove();
                if (seen.add(node)) {
                    checkPart(node, pending);
                }
            }
        }
        return tags.size();
    }

    private void checkPart(Node node, Deque<Node> pending) {
        if (isLost(node)) {
            Finding.Kind kind = isThere(node) ? Finding.Kind.UNKNOWN : Finding.Kind.MISSING;
            scene.ledger()
                    .suspect(
                            Finding.of(kind, node, "needed by " + String.join(", ", names(node))),
                            () -> isLost(node)
                                    && !names(node).isEmpty()
                                    && !catalogue.isWorkedOn(node)
                                    && isThere(node) == (kind == Finding.Kind.UNKNOWN));
        }
        List<Edge> needs = catalogue.needs(node);
        needs.stream().filter(edge -> isNeeded(edge, needs)).map(Edge::child).forEach(pending::add);
        if (isHollow(needs)) {
            scene.ledger()
                    .suspect(
                            Finding.of(Finding.Kind.MISSING, node, "got none of the images that it lists"),
                            () -> isHollow(catalogue.needs(node))
                                    && !names(node).isEmpty()
                                    && !catalogue.isWorkedOn(node));
        }
    }

    private boolean isLost(Node node) {
        return present(node).isEmpty();
    }

    private boolean isNeeded(Edge edge, List<Edge> needs) {
        return switch (edge.role()) {
            case CONFIG -> true;
            // Until somebody opens a pushed image its layers are in their blobs alone.
            case LAYER -> isThere(edge.child()) || present(edge.child()).isPresent() || !hasBlob(edge, needs);
            case BLOB -> scene.store().options().keepBlobs() || !hasLayer(edge, needs) || !isReplaceable(edge.child());
            // Whoever wants an index makes it.
            case INDEX -> false;
            case MANIFEST ->
                present(edge.child()).isPresent()
                        || !catalogue.needs(edge.child()).isEmpty();
            // Nothing of the image is missing without it.
            case REFERRER -> false;
        };
    }

    /** Whether the blob is a layer's, which is kept without it; those of artifacts are all there is of them. */
    private static boolean hasLayer(Edge blob, List<Edge> needs) {
        return needs.stream().anyMatch(edge -> edge.role() == Edge.Role.LAYER && edge.position() == blob.position());
    }

    private boolean hasBlob(Edge layer, List<Edge> needs) {
        return needs.stream()
                .anyMatch(edge -> edge.role() == Edge.Role.BLOB
                        && edge.position() == layer.position()
                        && present(edge.child()).isPresent());
    }

    /** Whether a registry has it: the collector may have taken it then. */
    private boolean isReplaceable(Node blob) {
        return catalogue.sources(blob.digest()).stream().anyMatch(seen -> !LayoutReference.matches(seen));
    }

    private boolean isHollow(List<Edge> needs) {
        return needs.stream().anyMatch(edge -> edge.role() == Edge.Role.MANIFEST)
                && needs.stream()
                        .filter(edge -> edge.role() == Edge.Role.MANIFEST)
                        .noneMatch(edge -> present(edge.child()).isPresent()
                                || !catalogue.needs(edge.child()).isEmpty());
    }
}
