package io.varve.layerfs;

import io.netty.buffer.ByteBuf;
import io.varve.bus.Bus;
import io.varve.bus.End;
import io.varve.bus.Flow;
import io.varve.bus.Local;
import io.varve.bus.Outlet;
import io.varve.bus.Parcel;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A layer on its way into the store: the slabs of its tar are hashed, written and parsed as they pass by. */
public final class AssembleFlow implements Flow {

    /**
     * Which layer.
     *
     * @param diffId null when nobody knows it before the last byte
     * @param to the flow that takes the tar as well; null for nobody
     * @param beside whether its tar is a file that {@link Commit} names, so that only its changes are written
     * @param assembled hears how many bytes of the tar were taken so far; returns at once
     */
    public record Open(
            LayerFs layers,
            @Nullable Digest diffId,
            boolean beside,
            @Nullable String to,
            LongConsumer assembled) implements Local {}

    /**
     * Asks a flow that was told its end for the {@link Layer}, committed.
     *
     * @param tar the tar's file, verified and on the disk, of a layer that is written beside it; else null
     */
    public record Commit(@Nullable Path tar) implements Local {}

    private final WorkerExecutor disk;
    private final LayerWriter writer;
    private final @Nullable Outlet outlet;
    private final LongConsumer assembled;

    /** @param disk where commits wait for the disk, so that no core does */
    public AssembleFlow(Bus bus, WorkerExecutor disk, Open open) {
        this.disk = disk;
        assembled = open.assembled();
        outlet = open.to() == null ? null : new Outlet(bus, open.to(), 0);
        writer = writer(open);
    }

    private static LayerWriter writer(Open open) {
        Digest diffId = open.diffId();
        if (diffId == null) {
            return open.layers().write();
        }
        return open.beside() ? open.layers().writeBeside(diffId) : open.layers().write(diffId);
    }

    @Override
    public Future<?> receive(Local message) {
        return switch (message) {
            case Parcel parcel -> take(parcel);
            case End end -> {
                writer.verify();
                yield outlet == null ? Future.succeededFuture() : outlet.end();
            }
            case Commit commit -> disk.executeBlocking(() -> commit(commit.tar()), false);
            default -> throw new IllegalArgumentException("no message for a layer: " + message);
        };
    }

    private Future<Void> take(Parcel parcel) {
        ByteBuf slab = parcel.claim();
        boolean handed = false;
        try {
            if (slab != null) {
                writer.accept(slab);
                assembled.accept(writer.size());
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

    /** What the layer is, once the flow was told its end. */
    public Digest diffId() {
        return writer.diffId();
    }

    /** Bytes of the tar, once the flow was told its end. */
    public long size() {
        return writer.size();
    }

    private Layer commit(@Nullable Path tar) {
        return tar == null ? writer.commit() : writer.commit(tar);
    }

    @Override
    public void cancel() {
        if (outlet != null) {
            outlet.fail(Failure.of(Category.CANCELLED, "the flow has ended"));
        }
    }

    @Override
    public void close() {
        writer.close();
    }
}
