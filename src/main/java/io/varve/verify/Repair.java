package io.varve.verify;

import io.varve.catalogue.Node;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.pipeline.LayerPull;
import io.varve.store.Session;
import io.varve.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Brings back what an inspection found wrong, in an order in which each step can rely on those before it: what the catalogue
 * says of documents; damaged things out of the way; layers from blobs, blobs from tars; what the catalogue did not know; then
 * indexes, which are made of layers. One thread.
 */
final class Repair {
    private final Scene scene;
    private final Store store;
    private final Session session;
    private final Recording recording;
    private final Remaking remaking;
    private final Consumer<Finding> listener;

    // Where damaged things are now; what is right again, in words; what stood in the way of the rest.
    private final Map<Node, Path> aside = new HashMap<>();
    private final Map<Node, String> done = new HashMap<>();
    private final Map<Node, Failure> refused = new HashMap<>();

    Repair(Scene scene, Session session, LayerPull layers, Consumer<Finding> listener) {
        this.scene = scene;
        store = scene.store();
        this.session = session;
        recording = new Recording(store, session);
        remaking = new Remaking(scene, layers, recording);
        this.listener = listener;
    }

    /** Repairs what can be, and tells of every finding what became of it. */
    void run(List<Finding> findings) {
        Set<Node> nodes = new HashSet<>();
        for (Finding finding : findings) {
            if (isRepairable(finding)) {
                nodes.add(finding.node());
            }
        }
        scene.skipped().forEach(chainId -> nodes.add(Node.index(chainId)));
        if (nodes.isEmpty()) {
            findings.forEach(listener);
            return;
        }
        Claim claim = claim(nodes);
        try {
            List<Finding> all = new ArrayList<>(findings);
            repair(all);
            all.forEach(finding -> listener.accept(isRepairable(finding) ? outcome(finding) : finding));
        } finally {
            release(claim);
        }
    }

    private static boolean isRepairable(Finding finding) {
        return finding.node() != null && finding.kind() != Finding.Kind.UNCHECKED;
    }

    /** What one thing needs done. */
    private interface Step {
        /** @return what was done, in words */
        String repair(Node node);
    }

    private void repair(List<Finding> findings) {
        each(findings, Node.Kind.BLOB, Repair::isMisrecorded, this::record);
        each(findings, Node.Kind.LAYER, Repair::isMisrecorded, this::record);
        for (Finding finding : findings) {
            if (finding.kind() == Finding.Kind.DAMAGED && finding.node() != null) {
                quarantine(finding.node());
            }
        }
        each(findings, Node.Kind.LAYER, Repair::isGone, node -> {
            remaking.layer(node.digest(), aside.get(node));
            return "made again";
        });
        each(findings, Node.Kind.BLOB, Repair::isGone, node -> {
            remaking.blob(node.digest());
            return "made again";
        });
        // Whatever a document needs, it is known now.
        each(findings, Node.Kind.BLOB, finding -> finding.kind() == Finding.Kind.UNKNOWN, this::keep);
        each(findings, Node.Kind.LAYER, finding -> finding.kind() == Finding.Kind.UNKNOWN, this::keep);
        each(findings, Node.Kind.INDEX, finding -> !isGone(finding), this::explain);
        checkAgain(findings);
        each(findings, Node.Kind.INDEX, Repair::isGone, node -> {
            remaking.index(node.digest());
            return "made again";
        });
    }

    private void each(List<Finding> findings, Node.Kind kind, Predicate<Finding> which, Step step) {
        for (Finding finding : findings) {
            Node node = finding.node();
            if (node == null || node.kind() != kind || !isRepairable(finding) || !which.test(finding)) {
                continue;
            }
            try {
                done.put(node, step.repair(node));
            } catch (Failure e) {
                if (Remaking.isCancelled(e)) {
                    throw e;
                }
                if (!Remaking.isNoSource(e)) {
                    refused.put(node, e);
                }
            }
        }
    }

    private static boolean isMisrecorded(Finding finding) {
        return finding.kind() == Finding.Kind.MISRECORDED;
    }

    private static boolean isGone(Finding finding) {
        return finding.kind() == Finding.Kind.DAMAGED || finding.kind() == Finding.Kind.MISSING;
    }

    private String record(Node node) {
        recording.present(node);
        return "recorded";
    }

    private String keep(Node node) {
        recording.keep(node);
        return "recorded, and kept for " + store.options().lease().toHours() + " h unless a name needs it";
    }

    /** An index of which the catalogue does not know the layers, or anything. One that nobody can explain is of no use. */
    private String explain(Node node) {
        List<Digest> stack = recording.stackOf(node.digest()).orElse(null);
        if (stack == null) {
            quarantine(node);
            return "no image is of these layers";
        }
        recording.stack(stack);
        recording.present(node);
        scene.skipped().add(node.digest());
        return "recorded";
    }

    /** Indexes that could not be compared with their layers before. */
    private void checkAgain(List<Finding> findings) {
        List<Digest> skipped = List.copyOf(scene.skipped());
        scene.skipped().clear();
        Scene again = scene.again(findings::add);
        for (Digest chainId : skipped) {
            Node node = Node.index(chainId);
            Place place = Place.of(scene.home(node));
            if (place != null && !aside.containsKey(node)) {
                int before = findings.size();
                try {
                    new IndexCheck(again, chainId, place.path(), 0).look(place);
                } catch (IOException | Failure e) {
                    Failure failure = Failure.from(e);
                    if (Remaking.isCancelled(failure)) {
                        throw failure;
                    }
                    findings.add(Finding.of(Finding.Kind.UNCHECKED, node, failure.getMessage()));
                }
                if (again.skipped().contains(chainId)) {
                    // It may be damaged as well, and whoever brings the layers makes it anew.
                    findings.add(
                            Finding.of(Finding.Kind.DAMAGED, node, "its layers are not all there to compare it with"));
                }
                if (findings.size() > before && isGone(findings.getLast())) {
                    quarantine(node);
                }
            }
        }
    }

    /** Nothing uses it from now on. */
    private void quarantine(Node node) {
        recording.write(transaction -> {
            try {
                Path shelf = store.quarantine().take(List.of(scene.home(node)));
                if (shelf != null) {
                    aside.put(node, shelf.resolve(scene.home(node).getFileName()));
                }
            } catch (IOException e) {
                throw Failure.from(e).during("quarantine of " + node.digest());
            }
            store.forget(List.of(node));
            transaction.absent(node);
        });
        done.remove(node);
    }

    private Finding outcome(Finding finding) {
        Node node = finding.node();
        if (node == null) {
            return finding;
        }
        @Nullable String how = done.get(node);
        Path where = aside.get(node);
        String moved = where == null ? "" : store.directory().relativize(where).toString();
        if (how != null) {
            return finding.repaired(how + (moved.isEmpty() ? "" : "; what was there is in " + moved));
        }
        String put = moved.isEmpty() ? "" : "quarantined in " + moved + "; ";
        Failure failure = refused.get(node);
        if (failure != null) {
            put += "not made again: " + failure.getMessage() + "; ";
        }
        if (Place.of(scene.home(node)) == null) {
            recording.write(transaction -> transaction.absent(node));
        }
        List<String> names = session.catalogue().namesNeeding(node, Records.MOST_NAMES);
        return names.isEmpty()
                ? finding.repaired(put + "no name needs it")
                : finding.left(put + "pull " + String.join(", ", names) + " again");
    }

    /** @param lease what keeps things until they have been seen to */
    private record Claim(long job, long lease) {}

    private Claim claim(Collection<Node> nodes) {
        return session.write(transaction -> {
            Instant now = Instant.now();
            long job = transaction.begin("verify", "--repair", now);
            return new Claim(job, transaction.lease(job, nodes, now));
        });
    }

    private void release(Claim claim) {
        // A thread that was interrupted could not wait for the transaction.
        boolean interrupted = Thread.interrupted();
        try {
            recording.write(transaction -> {
                transaction.release(claim.lease());
                transaction.end(claim.job());
            });
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
