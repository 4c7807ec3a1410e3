package io.varve.content;

import io.netty.buffer.ByteBuf;
import io.varve.bus.End;
import io.varve.bus.Flow;
import io.varve.bus.Local;
import io.varve.bus.Parcel;
import io.varve.oci.Digest;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;

/** A {@link Deposit} that slabs come to. */
public final class DepositFlow implements Flow {
    /** Into which store. */
    public record Open(ContentStore content) implements Local {}

    private final WorkerExecutor disk;
    private final Deposit deposit;

    /** @param disk where commits wait for the disk, so that no core does */
    public DepositFlow(WorkerExecutor disk, Open open) {
        this.disk = disk;
        deposit = open.content().deposit();
    }

    @Override
    public Future<?> receive(Local message) {
        return switch (message) {
            case Parcel parcel -> {
                take(parcel);
                yield Future.succeededFuture();
            }
            case End end -> {
                deposit.end();
                yield Future.succeededFuture();
            }
            case BlobFlow.Commit commit -> disk.executeBlocking(deposit::commit, false);
            default -> throw new IllegalArgumentException("no message for a blob: " + message);
        };
    }

    private void take(Parcel parcel) {
        ByteBuf slab = parcel.claim();
        if (slab != null) {
            try {
                deposit.accept(slab);
            } finally {
                slab.release();
            }
        }
    }

    /** What the blob is, once the flow was told its end. */
    public Digest digest() {
        return deposit.digest();
    }

    /** Its bytes, once the flow was told its end. */
    public long size() {
        return deposit.size();
    }

    @Override
    public void close() {
        deposit.close();
    }
}
