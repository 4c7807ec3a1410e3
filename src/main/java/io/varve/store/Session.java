package io.varve.store;

import io.varve.catalogue.Catalogue;
import io.varve.catalogue.CatalogueWriter;
import io.varve.catalogue.Transaction;
import io.varve.failure.Failure;
import java.io.IOException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to write to a store, for as long as this process holds its lock. Safe for any thread.
 *
 * <p>While it lasts, {@code index.json} follows the catalogue within a second; when it ends, they agree.
 */
public final class Session {
    private static final Logger LOG = LoggerFactory.getLogger(Session.class);
    private static final long FOLLOW_MILLIS = 1000;
    private static final long SYNC_MILLIS = 5000;

    private final StoreLock lock;
    private final CatalogueWriter writer;
    private final LayoutIndex index;
    private final @Nullable Syncing syncing;
    private final ScheduledExecutorService follower;

    // Guards the index file, and says as of which change of names it is: of none at first, as a store may have been
    // left
    // by a process that had no time for it.
    private final Object indexing = new Object();
    private long indexed = -1;

    /** @param syncing brings to the disk what was not waited for; null where everything is */
    Session(StoreLock lock, CatalogueWriter writer, LayoutIndex index, @Nullable Syncing syncing) {
        this.lock = lock;
        this.writer = writer;
        this.index = index;
        this.syncing = syncing;
        // Who waits for the disk is not to hold up the other.
        follower = Executors.newScheduledThreadPool(
                syncing == null ? 1 : 2,
                Thread.ofPlatform().daemon().name("store").factory());
        boolean begun = false;
        try {
            var _ = follower.scheduleWithFixedDelay(
                    this::follow, FOLLOW_MILLIS / 2, FOLLOW_MILLIS / 2, TimeUnit.MILLISECONDS);
            if (syncing != null) {
                var _ = follower.scheduleWithFixedDelay(syncing::sync, SYNC_MILLIS, SYNC_MILLIS, TimeUnit.MILLISECONDS);
            }
            begun = true;
        } finally {
            if (!begun) {
                follower.shutdownNow();
            }
        }
    }

    public Catalogue catalogue() {
        return writer.catalogue();
    }

    /** As {@link CatalogueWriter#write(Function)}. */
    public <T> T write(Function<Transaction, T> work) {
        return writer.write(work);
    }

    /** As {@link CatalogueWriter#write(Function, BiFunction)}. */
    public <A, T> T write(Function<Transaction, A> first, BiFunction<Transaction, A, T> second) {
        return writer.write(first, second);
    }

    private void follow() {
        try {
            catchUp();
        } catch (IOException | RuntimeException e) {
            // Tried again and again, and at the end, where it is the command's failure.
            LOG.warn("index.json is behind the catalogue: {}", Failure.from(e).getMessage());
        }
    }

    private void catchUp() throws IOException {
        synchronized (indexing) {
            long changes = writer.nameChanges();
            if (changes != indexed) {
                index.write(writer.catalogue());
                indexed = changes;
            }
        }
    }

    /**
     * Ends it: what was written stays, whatever this throws, unless that is that it is not on the disk and the next session cannot be
     * told.
     */
    void end() throws IOException {
        try (lock;
                writer) {
            // What it is still doing to the store's files is over before the lock is.
            follower.close();
            try {
                catchUp();
            } finally {
                if (syncing != null) {
                    syncing.end();
                }
            }
        }
    }
}
