package io.varve.content;

import io.netty.buffer.ByteBuf;
import io.varve.bus.Bus;
import io.varve.bus.End;
import io.varve.bus.Flow;
import io.varve.bus.Local;
import io.varve.bus.Outlet;
import io.varve.bus.Parcel;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A blob on its way through the store: hashed, written if the store does not have it, and handed on to whoever decodes it.
 * Its slabs are those from the very first byte on; the ones before {@link #resumed} come from {@link #file}.
 */
public final class BlobFlow implements Flow {

    /**
     * Which blob, and for whom.
     *
     * @param to the flow that takes its bytes; null for nobody
     * @param shown whether its bytes come from elsewhere, although the store may have it
     */
    public record Open(
            ContentStore content, Descriptor blob, @Nullable String to, boolean shown) implements Local {}

    /** Asks a flow that was told its end for the {@link Blob}, committed. */
    public enum Commit implements Local {
        COMMIT
    }

    private final WorkerExecutor disk;
    private final Keeping keeping;
    private final @Nullable Outlet outlet;
    private final Optional<Path> file;
    // Set on the flow's context, and asked for when it has ended.
    private volatile boolean rejected;

    /** @param disk where commits wait for the disk, so that no core does */
    public BlobFlow(Bus bus, WorkerExecutor disk, Open open) {
        this.disk = disk;
        outlet = open.to() == null ? null : new Outlet(bus, open.to(), 0);
        Descriptor descriptor = open.blob();
        Optional<Blob> stored = open.content().find(descriptor.digest());
        if (stored.isPresent()) {
            keeping = new StoredBlob(stored.get(), descriptor, open.shown());
            file = open.shown() ? Optional.empty() : stored.map(Blob::file);
        } else {
            Ingest ingest = open.content().ingest(descriptor.digest(), descriptor.size());
            keeping = new IncomingBlob(ingest, descriptor);
            file = keeping.resumed() > 0 ? Optional.of(ingest.data()) : Optional.empty();
        }
    }

    /** Whether the store has it, and all of it is to be read from there. */
    public boolean isStored() {
        return keeping instanceof StoredBlob && file.isPresent();
    }

    /** How much of it an earlier attempt has left. */
    public long resumed() {
        return keeping.resumed();
    }

    /** Whether the bytes were wrong, and some of them were those of an earlier attempt, which are gone now. */
    public boolean wasMisled() {
        return rejected && resumed() > 0;
    }

    /** What is read instead of the source: all of the blob if the store has it, else what is {@linkplain #resumed left}. */
    public Optional<Path> file() {
        return file;
    }

    @Override
    public Future<?> receive(Local message) {
        try {
            return switch (message) {
                case Parcel parcel -> take(parcel).onFailure(this::judge);
                case End end -> end().onFailure(this::judge);
                case Commit commit -> disk.executeBlocking(keeping::commit, false);
                default -> throw new IllegalArgumentException("no message for a blob: " + message);
            };
        } catch (Failure e) {
            judge(e);
            throw e;
        }
    }

    private Future<Void> take(Parcel parcel) {
        ByteBuf slab = parcel.claim();
        boolean handed = false;
        try {
            if (slab != null) {
                keeping.accept(slab);
            }
            if (outlet == null) {
                return Future.succeededFuture();
            }
            if (slab != null) {
                handed = true;
                outlet.hand(slab);
            }
            return outlet.ready();
        } finally {
            if (slab != null && !handed) {
                slab.release();
            }
        }
    }

    private Future<Void> end() {
        keeping.verify();
        return outlet == null ? Future.succeededFuture() : outlet.end();
    }

    /** An attempt that was interrupted leaves its bytes to the next one; one whose bytes are wrong does not. */
    private void judge(Throwable failed) {
        if (isOfTheBytes(Failure.from(failed))) {
            rejected = true;
            keeping.reject();
        }
    }

    /** Whether it was the bytes that were wrong, whoever noticed. */
    private static boolean isOfTheBytes(Failure failure) {
        return switch (failure.category()) {
            case INVALID, MISMATCH, EXCEEDED -> true;
            case NOT_FOUND, UNAUTHORIZED, UNAVAILABLE, CONFLICT, CANCELLED, INTERNAL -> false;
        };
    }

    @Override
    public void cancel() {
        if (outlet != null) {
            outlet.fail(Failure.of(Category.CANCELLED, "the flow has ended"));
        }
    }

    @Override
    public void close() {
        keeping.close();
    }
}
