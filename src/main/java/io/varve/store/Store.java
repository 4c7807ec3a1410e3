package io.varve.store;

import io.varve.catalogue.Catalogue;
import io.varve.catalogue.CatalogueWriter;
import io.varve.catalogue.Node;
import io.varve.content.ContentStore;
import io.varve.erofs.Indexes;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layerfs.LayerFs;
import io.varve.manifest.MetadataCache;
import io.varve.oci.Digest;
import io.varve.os.Durability;
import io.varve.os.FilesAt;
import io.varve.os.Staged;
import io.varve.os.Staging;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store: the directory with everything in it. Reading it needs nothing and disturbs nobody:
 *
 * <pre>
 *   store.read(catalogue -&gt; catalogue.tag(name))
 * </pre>
 *
 * <p>Writing happens in a session, which one process has at a time; in this process any number of threads share it:
 *
 * <pre>
 *   store.write("tag", session -&gt; session.write(transaction -&gt; …))
 * </pre>
 *
 * <p>A store that is not there yet is empty to readers, and made by the first who writes. Safe for any thread; blocks.
 */
public final class Store implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Store.class);

    /** How often it is looked whether another process still holds the store. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final StoreFiles files;
    private final Spare spare;
    private final Staging staging;
    private final ContentStore content;
    private final LayerFs layers;
    private final Indexes indexes;
    private final MetadataCache metadata;
    private final StoreOptions options;

    // How many are at work in the session, and how many wait for another process to let go of the store; guarded by
    // this.
    private int writers;
    private int waiting;

    // Held by those who read; who begins or ends a session has it alone for the moment in which the catalogue is opened
    // another way. SQLite's locks are the process's, so the two ways must not overlap.
    private final ReentrantReadWriteLock reading = new ReentrantReadWriteLock();

    // Changes only under the write lock.
    private volatile @Nullable Session session;

    // Guarded by a lock of its own, which those who read may take.
    private final Object opening = new Object();
    private @Nullable Catalogue reader;

    public Store(Path directory, StoreOptions options) {
        files = new StoreFiles(directory);
        spare = new Spare(files);
        this.options = options;
        staging = new Staging(files.ingest(), options.durability());
        content = new ContentStore(directory, staging);
        layers = new LayerFs(directory, staging, options.tar(), options.layers());
        indexes = new Indexes(directory, staging, options.erofs());
        metadata = new MetadataCache(options.metadataCacheBytes());
    }

    public Path directory() {
        return files.directory();
    }

    /** The directory, or, until it is made by whoever writes first, the nearest one above it. */
    public Path standing() {
        Path standing = files.directory();
        while (!Files.exists(standing) && standing.getParent() != null) {
            standing = standing.getParent();
        }
        return standing;
    }

    public ContentStore content() {
        return content;
    }

    public LayerFs layers() {
        return layers;
    }

    public Indexes indexes() {
        return indexes;
    }

    /** Where this is, or would be: what has to be taken away to remove it. */
    public Path home(Node node) {
        return switch (node.kind()) {
            case BLOB -> content.home(node.digest());
            case LAYER -> layers.home(node.digest());
            case INDEX -> indexes.home(node.digest());
        };
    }

    /** What is remembered of these is not true any more, because they were removed. */
    public void forget(Collection<Node> removed) {
        List<Digest> stacks = new ArrayList<>();
        for (Node node : removed) {
            switch (node.kind()) {
                case BLOB -> metadata.invalidate(node.digest());
                // An index that was removed may have been damaged, and so may what was read from it.
                case LAYER, INDEX -> stacks.add(node.digest());
            }
        }
        metadata.invalidateStacks(stacks);
    }

    /** What was lately known of the images here. {@link #forget} is for whoever removes something. */
    public MetadataCache metadata() {
        return metadata;
    }

    public Staging staging() {
        return staging;
    }

    /**
     * What others, in this process, had given its name before this was called is on the disk when it returns.
     *
     * @throws Failure Unavailable when the disk does not take it
     */
    public void settle() {
        try {
            staging.settle();
        } catch (IOException e) {
            throw Failure.from(e).during("store " + files.directory());
        }
    }

    public Quarantine quarantine() {
        return new Quarantine(files.quarantine());
    }

    public StoreOptions options() {
        return options;
    }

    /** @throws Failure Unavailable when a newer Varve wrote the store, Invalid when it does not say of which form it is */
    public void checkForm() {
        StoreForm.check(files);
    }

    /**
     * Asks the catalogue: what was committed, by whichever process.
     *
     * @param question must not begin a session
     * @return empty when nothing was ever written to the store
     * @throws Failure Unavailable when a newer Varve wrote the store; Invalid when the catalogue is damaged, which the next
     *     session repairs
     */
    public <T> Optional<T> read(Function<Catalogue, T> question) {
        recover();
        reading.readLock().lock();
        try {
            return catalogue().map(question);
        } finally {
            reading.readLock().unlock();
        }
    }

    /**
     * As {@link #read} has it, for those who ask much; of use until the next session of this process begins or ends. Belongs
     * to the store, which closes it.
     */
    public Optional<Catalogue> catalogue() {
        recover();
        Session now = session;
        if (now != null) {
            return Optional.of(now.catalogue());
        }
        try {
            StoreForm.check(files);
            return Files.exists(files.catalogue()) ? Optional.of(reader()) : Optional.empty();
        } catch (Failure e) {
            throw e.during("store " + files.directory());
        }
    }

    /**
     * Finds out what may not be whole, before anybody reads it. Whoever asks the catalogue or begins a session need not call
     * this; whoever looks for content without either does. Mostly there is nothing to find out.
     *
     * @throws Failure what beginning a session throws: whoever may not write cannot read then
     */
    public void recover() {
        try {
            if (session == null && reading.getReadHoldCount() == 0 && new UnsyncedNote(files).isOfAnotherLife()) {
                write("recovery", session -> true);
            }
        } catch (IOException e) {
            throw Failure.from(e).during("store " + files.directory());
        }
    }

    /** Made by the first who reads while there is no session. */
    private Catalogue reader() {
        synchronized (opening) {
            Catalogue there = reader;
            if (there == null) {
                there = Catalogue.open(files.catalogue());
                reader = there;
            }
            return there;
        }
    }

    /** As {@link #catalogue}, but the caller's to close, and not before: it outlasts the sessions of this process. */
    public Optional<Catalogue> readCatalogue() {
        recover();
        StoreForm.check(files);
        return Files.exists(files.catalogue()) ? Optional.of(Catalogue.open(files.catalogue())) : Optional.empty();
    }

    /**
     * Does what has to be done with the store to oneself, among processes.
     *
     * @param purpose in words, for whoever has to wait
     * @throws Failure what {@code work} throws; Unavailable, naming the holder, when another process does not let go of the
     *     store in time, or a newer Varve wrote it
     */
    public <T> T write(String purpose, Function<Session, T> work) {
        Session joined = join(purpose);
        Failure failed = null;
        try {
            return work.apply(joined);
        } catch (Failure e) {
            failed = e;
            throw e;
        } finally {
            leave(failed);
        }
    }

    /** As {@link #write}, for work that only takes away: it may take what is set aside for that on a full disk. */
    public <T> T makeRoom(String purpose, Function<Session, T> work) {
        spare.give();
        return write(purpose, session -> {
            try {
                return work.apply(session);
            } finally {
                spare.keep();
            }
        });
    }

    /**
     * As {@link #write}, for work that is not done on one thread: the session is the caller's to {@link #leave}, once. Of those who wait
     * for another process each waits as long as the options say, and has the session as soon as one of them has it.
     */
    public synchronized Session join(String purpose) {
        if (reading.getReadHoldCount() > 0) {
            throw new IllegalStateException("a question to the catalogue cannot begin a session");
        }
        try {
            Session joined = session == null ? begin(purpose) : session;
            writers++;
            return joined;
        } catch (IOException | Failure e) {
            throw Failure.from(e).during("store " + files.directory());
        }
    }

    /** @param failed what the work failed with, to which it is added when the session could not end well; null for nothing */
    public synchronized void leave(@Nullable Failure failed) {
        Session last = session;
        if (--writers > 0 || last == null) {
            return;
        }
        reading.writeLock().lock();
        try {
            session = null;
            last.end();
        } catch (IOException | RuntimeException e) {
            Failure failure = Failure.from(e).during("store " + files.directory());
            if (failed == null) {
                throw failure;
            }
            failed.addSuppressed(failure);
        } finally {
            staging.letGo();
            reading.writeLock().unlock();
        }
    }

    private synchronized Session begin(String purpose) throws IOException {
        StoreForm.check(files);
        Staging.makeDirectories(files.directory());
        StoreLock lock = take(purpose);
        if (lock == null) {
            return Objects.requireNonNull(session);
        }
        session = begin(lock);
        notifyAll();
        return session;
    }

    /**
     * Waits until no other process has the store; in this one whoever waits is in nobody's way.
     *
     * @return null when a session was begun meanwhile
     */
    private synchronized @Nullable StoreLock take(String purpose) throws IOException {
        long began = System.nanoTime();
        waiting++;
        try {
            while (session == null) {
                StoreLock taken = StoreLock.tryTake(files.lock(), purpose);
                if (taken != null) {
                    return taken;
                }
                long left = options.lockWait().toNanos() - (System.nanoTime() - began);
                if (left <= 0) {
                    throw StoreLock.held(files.lock(), options.lockWait());
                }
                // All of them together look so often, and tell each other.
                TimeUnit.NANOSECONDS.timedWait(this, Math.min(left, LOOK_NANOS * waiting));
            }
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw StoreLock.interrupted(files.lock());
        } finally {
            waiting--;
        }
    }

    private Session begin(StoreLock lock) throws IOException {
        Session begun = null;
        reading.writeLock().lock();
        try {
            closeReader();
            // Whoever held the lock may have been another version.
            StoreForm.check(files);
            begun = sessionWith(lock);
            return begun;
        } finally {
            // After an error too, such as that there are no more threads to be had: nobody else would let go of it.
            if (begun == null) {
                staging.letGo();
                lock.close();
            }
            reading.writeLock().unlock();
        }
    }

    private Session sessionWith(StoreLock lock) throws IOException {
        staging.hold();
        staging.sweep();
        Recovery recovery = new Recovery(this, files);
        content.sweep(recovery.ingestMaxAge());
        recovery.beforeTheCatalogue();
        CatalogueWriter writer = openCatalogue();
        Session begun = null;
        try {
            // Without these it would be no store, so the disk is waited for in any case.
            StoreForm.establish(files, new Staging(files.ingest()));
            recovery.afterTheCatalogue(writer);
            recovery.endJobs(writer);
            spare.keep();
            begun = new Session(lock, writer, new LayoutIndex(files.layoutIndex(), staging), syncing());
            return begun;
        } finally {
            if (begun == null) {
                writer.close();
            }
        }
    }

    /** Null where everybody waits for the disk. */
    private @Nullable Syncing syncing() {
        return options.durability() == Durability.FULL ? null : new Syncing(staging, new UnsyncedNote(files));
    }

    private CatalogueWriter openCatalogue() throws IOException {
        if (Files.exists(files.catalogue())) {
            try {
                return CatalogueWriter.open(files.catalogue(), options.durability());
            } catch (Failure e) {
                if (e.category() != Category.INVALID) {
                    throw e;
                }
                LOG.warn("{}", e.getMessage());
            }
        } else if (isEmpty()) {
            return CatalogueWriter.open(files.catalogue(), options.durability());
        }
        return rebuiltCatalogue();
    }

    /** Made elsewhere and then moved, because half a catalogue would be taken for a whole one. */
    private CatalogueWriter rebuiltCatalogue() throws IOException {
        quarantine().take(files.catalogues());
        try (Staged fresh = staging.begin("catalogue")) {
            Path file = fresh.directory().resolve(files.catalogue().getFileName());
            try (CatalogueWriter writer = CatalogueWriter.open(file)) {
                writer.write(transaction -> {
                    new Rebuild(this, options.plan(), options.lease()).into(transaction, Instant.now());
                    return true;
                });
            }
            if (Files.exists(file.resolveSibling(file.getFileName() + "-wal"))) {
                // The disk had no room for all of it where it belongs.
                throw Failure.of(Category.UNAVAILABLE, "catalogue: what was made again did not fit");
            }
            Files.move(file, files.catalogue(), StandardCopyOption.ATOMIC_MOVE);
            FilesAt.sync(files.directory());
        }
        return CatalogueWriter.open(files.catalogue(), options.durability());
    }

    /**
     * Puts files that are damaged into quarantine; the next session makes them again.
     *
     * @return where they are now; null when none of them was there
     * @throws Failure Conflict while a session is going on in this process; Unavailable when another process holds the store
     */
    public synchronized @Nullable Path setAside(String purpose, Collection<OwnFile> damaged) {
        try {
            try (StoreLock taken = take(purpose)) {
                if (taken == null) {
                    throw Failure.of(Category.CONFLICT, "a session is going on");
                }
                closeReader();
                return quarantine()
                        .take(damaged.stream()
                                .flatMap(each -> each.in(files).stream())
                                .toList());
            }
        } catch (IOException | Failure e) {
            throw Failure.from(e).during("store " + files.directory());
        }
    }

    private boolean isEmpty() {
        return !Files.isDirectory(files.directory().resolve("blobs"))
                && !Files.isDirectory(files.directory().resolve("layers"));
    }

    /** Lets go of the catalogue. No session may be going on. */
    @Override
    public void close() {
        closeReader();
        staging.forget();
    }

    private void closeReader() {
        synchronized (opening) {
            if (reader != null) {
                reader.close();
                reader = null;
            }
        }
    }
}
