package io.varve.gc;

import io.varve.catalogue.Node;
import io.varve.catalogue.Reason;
import io.varve.oci.Digest;
import io.varve.store.Store;
import io.varve.view.Views;
import java.time.Instant;
import java.util.List;

/** Why things in a store are kept. Takes no lock; safe for any thread; blocks. */
public final class Reasons {
    private final Store store;
    private final Views views;

    public Reasons(Store store, Views views) {
        this.store = store;
        this.views = views;
    }

    /** Everything that keeps the blob, layer or index with this digest; empty when nothing does, or there is none. */
    public List<Reason> why(Digest digest, Instant now) {
        return store.read(catalogue -> catalogue.why(digest, Roots.of(views.known()), now))
                .orElse(List.of());
    }

    /** Whether there is, or something needs, a blob, a layer or an index with this digest. */
    public boolean knows(Digest digest) {
        return store.read(catalogue -> catalogue.find(Node.blob(digest)).isPresent()
                        || catalogue.find(Node.layer(digest)).isPresent()
                        || catalogue.find(Node.index(digest)).isPresent())
                .orElse(false);
    }
}
