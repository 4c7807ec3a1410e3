package io.varve.verify;

import io.varve.catalogue.Catalogue;
import io.varve.failure.Failure;
import io.varve.pipeline.LayerPull;
import io.varve.store.OwnFile;
import io.varve.store.Store;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Looks at every byte of a store, and brings back what is wrong.
 *
 * <p>{@link #verify} takes no lock and changes nothing, so it works on a read-only disk, and beside pulls and collections of
 * this or another process: what they have half done is not told. {@link #repair} is a session of the store. What it finds
 * damaged goes to quarantine, and is made again where the rest of the store can tell how: layers from blobs, blobs from
 * tars, changes, indexes, and what the catalogue says. What it cannot, a pull brings.
 *
 * <p>Safe for any thread; blocks, for as long as the store takes to be read. An interrupt ends it; what was repaired until
 * then stays so.
 */
public final class Verifier {
    private final Store store;
    private final LayerPull layers;
    private final int workers;

    /** @param workers how many files are looked at at once; each has a slab, or the tree of an image, in memory */
    public Verifier(Store store, LayerPull layers, int workers) {
        this.store = store;
        this.layers = layers;
        this.workers = workers;
    }

    /**
     * Looks, and changes nothing.
     *
     * @throws Failure Unavailable when a newer Varve wrote the store; Cancelled when the thread was interrupted. What is
     *     wrong in the store is told, not thrown
     */
    public Verified verify(VerifyListener listener) {
        Tally tally = new Tally(listener::found);
        if (Files.notExists(store.directory())) {
            return tally.verified(0, 0, 0);
        }
        try (OwnCheck own = new OwnCheck(store)) {
            @Nullable Catalogue catalogue = own.catalogue();
            Scene scene = new Scene(store, catalogue, new Ledger(() -> OwnCheck.isQuiet(store), tally), listener);
            own.foreign(scene::foreign);
            long things = new Inspection(scene, workers, listener).run();
            // Last, because a damaged layer says more than an index.json that lags behind.
            own.layout(catalogue);
            own.findings().values().forEach(tally);
            return tally.verified(
                    things + OwnFile.values().length,
                    scene.bytes(),
                    scene.skipped().size());
        }
    }

    /**
     * Looks, and brings back what is wrong; findings are told with what became of them.
     *
     * @throws Failure Unavailable when another process holds the store, or a newer Varve wrote it; Cancelled when the thread
     *     was interrupted
     */
    public Verified repair(VerifyListener listener) {
        Tally tally = new Tally(listener::found);
        if (Files.notExists(store.directory())) {
            return tally.verified(0, 0, 0);
        }
        List<Finding> own = setAside();
        return store.write("verify --repair", session -> {
            own.forEach(tally);
            List<Finding> findings = new ArrayList<>();
            // A transaction that does nothing waits for those that are going on, and only this process has any.
            Ledger ledger = new Ledger(() -> session.write(transaction -> true), findings::add);
            Scene scene = new Scene(store, session.catalogue(), ledger, listener);
            try (OwnCheck others = new OwnCheck(store)) {
                others.foreign(scene::foreign);
            }
            long things = new Inspection(scene, workers, listener).run();
            new Repair(scene, session, layers, tally).run(findings);
            return tally.verified(things + OwnFile.values().length, scene.bytes(), 0);
        });
    }

    /** The session that follows makes again what is missing then, and ends with an index.json that is right. */
    private List<Finding> setAside() {
        Map<OwnFile, Finding> findings;
        try (OwnCheck own = new OwnCheck(store)) {
            own.layout(own.catalogue());
            findings = own.findings();
        }
        Set<OwnFile> damaged = EnumSet.noneOf(OwnFile.class);
        findings.forEach((file, finding) -> {
            if (finding.kind() == Finding.Kind.DAMAGED) {
                damaged.add(file);
            }
        });
        @Nullable Path aside = damaged.isEmpty() ? null : store.setAside("verify --repair", damaged);
        String where = aside == null
                ? ""
                : "; what was there is in " + store.directory().relativize(aside);
        List<Finding> repaired = new ArrayList<>();
        findings.forEach((file, finding) ->
                repaired.add(finding.repaired("made again" + (damaged.contains(file) ? where : ""))));
        return repaired;
    }
}
