package io.varve.verify;

import io.varve.catalogue.Catalogue;
import io.varve.catalogue.Node;
import io.varve.oci.Digest;
import io.varve.store.Store;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the checks of one verification have in common, and tell each other. Safe for any thread. */
final class Scene {
    private final Store store;
    private final @Nullable Records records;
    private final Ledger ledger;
    private final VerifyListener listener;
    private final AtomicLong bytes = new AtomicLong();

    /** Layers that something was found of, so that no index can be compared with them. */
    private final Set<Digest> unsound = ConcurrentHashMap.newKeySet();

    /** Layers whose tars are what they should be, whatever else is wrong with them. */
    private final Set<Digest> tars = ConcurrentHashMap.newKeySet();

    /** Indexes that could not be compared with anything. */
    private final Set<Digest> skipped = ConcurrentHashMap.newKeySet();

    /** @param catalogue null when it is not to be relied on */
    Scene(Store store, @Nullable Catalogue catalogue, Ledger ledger, VerifyListener listener) {
        this.store = store;
        this.ledger = ledger;
        this.listener = listener;
        records = catalogue == null ? null : new Records(this, catalogue);
    }

    /** The same store, to be looked at once more, with what is known of its layers by now. */
    Scene again(Consumer<Finding> found) {
        Scene again =
                new Scene(store, records == null ? null : records.catalogue(), ledger.of(found), VerifyListener.NONE);
        again.unsound.addAll(unsound);
        return again;
    }

    Store store() {
        return store;
    }

    @Nullable
    Records records() {
        return records;
    }

    Ledger ledger() {
        return ledger;
    }

    Set<Digest> unsound() {
        return unsound;
    }

    Set<Digest> tars() {
        return tars;
    }

    Set<Digest> skipped() {
        return skipped;
    }

    long bytes() {
        return bytes.get();
    }

    void read(long more) {
        bytes.addAndGet(more);
        listener.advanced(more);
    }

    /** Something is wrong with what is at the place, if that is still what was looked at. */
    void damaged(Place place, Node node, String wrong) {
        if (place.isStillThere()) {
            ledger.certain(Finding.of(Finding.Kind.DAMAGED, node, wrong));
        }
    }

    void foreign(Path file) {
        String name = store.directory().relativize(file).toString();
        ledger.certain(Finding.of(Finding.Kind.FOREIGN, name, "it is none of Varve's"));
    }

    Path home(Node node) {
        return store.home(node);
    }
}
