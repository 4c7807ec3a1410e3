package io.varve.catalogue;

import io.varve.failure.Failure;
import io.varve.os.Durability;
import java.nio.file.Path;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * The catalogue to be written, by the one process that holds the store. One thread writes; transactions that come while it
 * is busy are committed together. Safe for any thread; blocks until the transaction is on the disk, or, where durability is relaxed, in
 * the hands of the kernel: then the machine, when it stops, may lose the last ones.
 */
public final class CatalogueWriter implements AutoCloseable {
    private final Catalogue catalogue;
    private final WriterThread thread;

    private CatalogueWriter(Catalogue catalogue, WriterThread thread) {
        this.catalogue = catalogue;
        this.thread = thread;
    }

    /** As {@link #open(Path, Durability)}, with full durability. */
    public static CatalogueWriter open(Path file) {
        return open(file, Durability.FULL);
    }

    /**
     * Opens it, brought to today's form, or makes an empty one. A file is made whole before it gets its name.
     *
     * @throws Failure Invalid when it is damaged, Unavailable when a newer Varve wrote it, which then stays as it is, or
     *     when the disk refuses
     */
    public static CatalogueWriter open(Path file, Durability durability) {
        Session session = Creation.open(file, durability);
        Catalogue catalogue = null;
        CatalogueWriter opened = null;
        try {
            catalogue = Catalogue.open(file);
            opened = new CatalogueWriter(catalogue, new WriterThread(file, session));
            return opened;
        } finally {
            // An error too: there may be no more threads to be had.
            if (opened == null) {
                session.close();
                if (catalogue != null) {
                    catalogue.close();
                }
            }
        }
    }

    /** For reading what was committed; closed with this. */
    public Catalogue catalogue() {
        return catalogue;
    }

    /**
     * Does all of it or nothing. When this returns it is on the disk. What {@code work} throws undoes its own changes and no others.
     * {@code work} runs on the writer's thread and must not call this again.
     *
     * <p>An interrupt of a thread that waits for its turn withdraws its transaction. Once it has begun it is waited for, and
     * the thread stays interrupted, so that the outcome is known in any case.
     *
     * @throws Failure Cancelled when it was withdrawn; Unavailable when the disk refuses, so that none of it is kept, or
     *     this is closed; else what {@code work} threw
     */
    public <T> T write(Function<Transaction, T> work) {
        return thread.write(work);
    }

    /**
     * Two transactions with nothing of anybody else between them. The second begins when the first, with all that was written
     * before it, is on the disk: what it does besides writing can rely on that. It is not done when the first fails.
     *
     * @param second takes what the first returned
     * @throws Failure as {@link #write(Function)}; what the first has written stays, whatever becomes of the second
     */
    public <A, T> T write(Function<Transaction, A> first, BiFunction<Transaction, A, T> second) {
        return thread.write(first, second);
    }

    /**
     * How often names were given or taken away, or what is said of a named image changed: what was read of them after the number was is
     * what there is, as long as the number stays.
     */
    public long nameChanges() {
        return thread.nameChanges();
    }

    /** How many transactions nobody has begun. */
    int waiting() {
        return thread.waiting();
    }

    /** Waits for what is being written, and leaves a file that needs no recovery. */
    @Override
    public void close() {
        catalogue.close();
        thread.close();
    }
}
