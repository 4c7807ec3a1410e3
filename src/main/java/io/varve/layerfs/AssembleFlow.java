package io.varve.layerfs;

import io.netty.buffer.ByteBuf;
import io.varve.bus.End;
import io.varve.bus.Flow;
import io.varve.bus.Local;
import io.varve.bus.Parcel;
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
     * @param beside whether its tar is a file that {@link Commit} names, so that only its changes are written
     * @param assembled hears how many bytes of the tar were taken so far; returns at once
     */
    public record Open(LayerFs layers, Digest diffId, boolean beside, LongConsumer assembled) implements Local {}

    /**
     * Asks a flow that was told its end for the {@link Layer}, committed.
     *
     * @param tar the tar's file, verified and on the disk, of a layer that is written beside it; else null
     */
    public record Commit(@Nullable Path tar) implements Local {}

    private final WorkerExecutor disk;
    private final LayerWriter writer;
    private final LongConsumer assembled;

    /** @param disk where commits wait for the disk, so that no core does */
    public AssembleFlow(WorkerExecutor disk, Open open) {
        this.disk = disk;
        assembled = open.assembled();
        writer = open.beside()
                ? open.layers().writeBeside(open.diffId())
                : open.layers().write(open.diffId());
    }

    @Override
    public Future<?> receive(Local message) {
        return switch (message) {
            case Parcel parcel -> {
                take(parcel);
                yield Future.succeededFuture();
            }
            case End end -> {
                writer.verify();
                yield Future.succeededFuture();
            }
            case Commit commit -> disk.executeBlocking(() -> commit(commit.tar()), false);
            default -> throw new IllegalArgumentException("no message for a layer: " + message);
        };
    }

    private void take(Parcel parcel) {
        ByteBuf slab = parcel.claim();
        if (slab != null) {
            try {
                writer.accept(slab);
                assembled.accept(writer.size());
            } finally {
                slab.release();
            }
        }
    }

    private Layer commit(@Nullable Path tar) {
        return tar == null ? writer.commit() : writer.commit(tar);
    }

    @Override
    public void close() {
        writer.close();
    }
}
