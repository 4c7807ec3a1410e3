package io.varve.store;

import io.varve.catalogue.Catalogue;
import io.varve.catalogue.CatalogueWriter;
import io.varve.catalogue.Edge;
import io.varve.catalogue.Entry;
import io.varve.catalogue.Node;
import io.varve.failure.Failure;
import io.varve.layerfs.Changes;
import io.varve.layerfs.Layer;
import io.varve.oci.Digest;
import io.varve.os.DiskReads;
import io.varve.os.Durability;
import io.varve.os.FilesAt;
import io.varve.os.Unsynced;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a session that begins makes of what earlier ones have not waited for the disk with ({@link UnsyncedNote}). When the
 * machine has stopped since, or something could not be written, every blob, layer and index that bears the {@linkplain Unsynced mark} is read: what is not whole
 * goes, then whatever the catalogue does not know, and then the names of images that lack something now. What has no mark
 * was synced, and is believed. When it has not, a session with full durability syncs all of it.
 *
 * <p>One for each session that begins, which has the store to itself. One thread; blocks.
 */
final class Recovery {
    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

    private final Store store;
    private final StoreFiles files;
    private final boolean relaxed;
    private final UnsyncedNote note;
    private final boolean stopped;
    private final boolean failed;
    private final List<Digest> indexes = new ArrayList<>();

    Recovery(Store store, StoreFiles files) throws IOException {
        this.store = store;
        this.files = files;
        relaxed = store.options().durability() == Durability.RELAXED;
        note = new UnsyncedNote(files);
        stopped = note.isOfAnotherLife();
        failed = note.isOfAFailure();
    }

    /** How old what came of an interrupted download may be: nobody knows whether its bytes are those that came. */
    Duration ingestMaxAge() {
        return stopped ? Duration.ZERO : store.options().ingestMaxAge();
    }

    /** Before the catalogue is opened: one that has to be made again believes what it finds. */
    void beforeTheCatalogue() throws IOException {
        if (stopped) {
            removeTorn();
        } else if (relaxed) {
            note.write();
        }
    }

    void afterTheCatalogue(CatalogueWriter writer) throws IOException {
        if (stopped) {
            makeIndexesAgain(writer.catalogue());
            reconcile(writer);
        }
        if (stopped || (!relaxed && note.isThere())) {
            sync();
        }
    }

    /**
     * Whoever has the lock is the only one at work: every job that is still there is one of a process that died. What it had named may
     * not be on the disk yet, and from now on it is counted on. So it is brought there before anything says that nobody died.
     */
    void endJobs(CatalogueWriter writer) {
        writer.write(transaction -> {
            boolean dead = transaction.endAll();
            if (dead && !relaxed) {
                try {
                    FilesAt.syncFileSystem(files.directory());
                } catch (IOException e) {
                    throw Failure.from(e);
                }
            }
            return dead;
        });
    }

    private void sync() throws IOException {
        List<Node> marked = there(true);
        try {
            FilesAt.syncFileSystem(files.directory());
            // Of what was lost before, whoever asked first was told, and each file tells its own.
            for (Node node : marked) {
                Unsynced.settle(store.home(node));
            }
        } catch (IOException e) {
            note.distrust();
            throw e;
        }
        if (relaxed) {
            note.write();
        } else {
            note.remove();
        }
    }

    /** @throws IOException when something cannot be looked at now; then nothing has been removed */
    private void removeTorn() throws IOException {
        List<Path> torn = new ArrayList<>();
        for (Node node : there(true)) {
            Path home = store.home(node);
            boolean whole =
                    switch (node.kind()) {
                        case BLOB -> isWhole(home, node.digest());
                        case LAYER -> isLayer(node.digest());
                        // Made again, which takes no longer than to compare it.
                        case INDEX -> !indexes.add(node.digest());
                    };
            if (!whole) {
                torn.add(home);
                LOG.info("{} {} is gone: it was not on the disk", word(node), node.digest());
            }
        }
        store.staging().remove(torn);
    }

    private static String word(Node node) {
        return node.kind().name().toLowerCase(Locale.ROOT);
    }

    private boolean isLayer(Digest diffId) throws IOException {
        Optional<Layer> layer = store.layers().find(diffId);
        // Asked before they are opened: what can be read at all is whole or is not.
        return layer.isPresent()
                && read(layer.get().changes(), piece -> {})
                && areOf(layer.get())
                && isWhole(layer.get().tar(), diffId);
    }

    private static boolean areOf(Layer layer) {
        try {
            return Changes.open(layer.changes()).tarBytes() == layer.size();
        } catch (Failure e) {
            return switch (e.category()) {
                case NOT_FOUND, INVALID, MISMATCH -> false;
                default -> throw e;
            };
        }
    }

    /**
     * What the disk cannot read is no more whole than what it has lost.
     *
     * @throws IOException when nobody can tell
     */
    private boolean isWhole(Path file, Digest digest) throws IOException {
        MessageDigest hash = digest.algorithm().hash();
        return read(file, hash::update) && Digest.of(digest.algorithm(), hash).equals(digest);
    }

    private boolean read(Path file, Consumer<ByteBuffer> to) throws IOException {
        return failed ? DiskReads.readFromDisk(file, to) : DiskReads.read(file, to);
    }

    private void makeIndexesAgain(Catalogue catalogue) {
        for (Digest chainId : indexes) {
            List<Layer> stack = new ArrayList<>();
            List<Edge> needs = catalogue.needs(Node.index(chainId)).stream()
                    .filter(edge -> edge.role() == Edge.Role.LAYER)
                    .toList();
            needs.forEach(edge -> store.layers().find(edge.child().digest()).ifPresent(stack::add));
            if (!needs.isEmpty() && stack.size() == needs.size()) {
                try {
                    store.indexes().index(chainId, stack, () -> store.layers().merge(stack));
                } catch (Failure e) {
                    // Under limits that are lower now than they were it cannot be had, whoever wants it.
                    LOG.warn("index {} is gone: {}", chainId, e.getMessage());
                }
            }
        }
    }

    /** Afterwards the catalogue says what is there, every name leads to a whole image, and no file is nobody's. */
    private void reconcile(CatalogueWriter writer) throws IOException {
        Catalogue catalogue = writer.catalogue();
        Set<Node> there = new HashSet<>(there(false));
        List<Path> unknown = new ArrayList<>();
        there.stream().filter(node -> catalogue.find(node).isEmpty()).forEach(node -> unknown.add(store.home(node)));
        Set<String> names = new TreeSet<>();
        List<Node> lost = catalogue.nodes().stream()
                .filter(entry -> entry.present() && !there.contains(entry.node()))
                .map(Entry::node)
                .toList();
        // Whoever wants an index makes it, and an image without one is whole.
        lost.stream()
                .filter(node -> node.kind() != Node.Kind.INDEX)
                .forEach(node -> names.addAll(catalogue.namesNeeding(node, Integer.MAX_VALUE)));
        writer.write(transaction -> {
            names.forEach(transaction::untag);
            lost.forEach(transaction::absent);
            return true;
        });
        store.staging().remove(unknown);
        names.forEach(name -> LOG.warn("name {} is gone: the machine stopped before its image was on the disk", name));
    }

    /** @param marked whether only what bears the mark */
    private List<Node> there(boolean marked) throws IOException {
        List<Node> all = new ArrayList<>();
        store.content().list(each(all, marked, Node::blob));
        store.layers().list(each(all, marked, Node::layer));
        store.indexes().list(each(all, marked, Node::index));
        return all;
    }

    private static BiConsumer<Path, @Nullable Digest> each(
            List<Node> all, boolean marked, Function<Digest, Node> kind) {
        return (home, digest) -> {
            try {
                if (digest != null && (!marked || Unsynced.isMarked(home))) {
                    all.add(kind.apply(digest));
                }
            } catch (IOException e) {
                throw Failure.from(e);
            }
        };
    }
}
