package io.varve.pipeline;

import io.varve.bus.Bus;
import io.varve.bus.Outlet;
import io.varve.bus.Slabs;
import io.varve.bus.Stage;
import io.varve.content.Blob;
import io.varve.content.BlobFlow;
import io.varve.content.ContentStore;
import io.varve.decode.DecodeFlow;
import io.varve.decode.DecodeLimits;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.hash.RunningHash;
import io.varve.layerfs.AssembleFlow;
import io.varve.layerfs.Layer;
import io.varve.layerfs.LayerFs;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Compression;
import io.varve.oci.Descriptor;
import io.varve.oci.MediaType;
import io.vertx.core.Future;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * One layer's way through the stages: its blob is fetched, hashed and kept, decoded, and assembled, all at once, with a few
 * slabs of memory whatever its size. What of blob and layer is in the store already is not made again; but which layer a blob is
 * nobody is believed who only says so. Belongs to the conducting context.
 */
final class LayerFlow {
    /** Slabs of compressed bytes that may be on their way: in two windows, and the one that is being filled; then the tar's. */
    private static final int SLABS = 2 * Outlet.WINDOW + 1 + Outlet.WINDOW + 1;

    private final LayerPlan plan;
    private final Descriptor blob;
    private final ContentStore content;
    private final LayerFs layers;
    private final KnownLayers known;
    private final DecodeLimits limits;
    private final Stages stages;
    private final DecodeFlow.Memory memory;
    private final Meter meter;
    private final BlobTransfer transfer;
    // Set on the decoder's context, and asked for when the attempt has ended.
    private volatile boolean lacking;

    /** @param memory where a decoder gets more than {@link #bytes} has for it */
    LayerFlow(
            LayerPlan plan,
            Source source,
            ContentStore content,
            LayerFs layers,
            KnownLayers known,
            DecodeLimits limits,
            Stages stages,
            DecodeFlow.Memory memory,
            Cancellation wanted,
            PullListener listener) {
        this.plan = plan;
        blob = plan.blob();
        this.content = content;
        this.layers = layers;
        this.known = known;
        this.limits = limits;
        this.stages = stages;
        this.memory = memory;
        meter = new Meter(plan, listener, stages.traffic());
        transfer = new BlobTransfer(blob, source, content, stages, wanted, meter);
    }

    /** Bytes of memory that a flow takes from end to end. */
    static long bytes(LayerPlan layer) {
        long hashes = 2 * RunningHash.waitingBytes();
        return (long) SLABS * Slabs.SIZE + hashes + DecodeFlow.usualState(labelled(layer));
    }

    /** What the media type says, which decides about memory alone: registries hold layers that are labelled wrongly. */
    private static Compression labelled(LayerPlan layer) {
        return layer.blob().mediaType() instanceof MediaType.Known known ? known.compression() : Compression.NONE;
    }

    /**
     * @return the layer, committed, as is its blob; completes when all that was opened for it is closed, also when it fails,
     *     naming the blob and, from where they are known, the entry and its offset
     */
    Future<Layer> run() {
        return stages.disk(() -> layers.find(plan.diffId()))
                .compose(there -> there.isPresent() ? keepBlob(there.get()) : attempts(() -> assemble(plan.isPlain())))
                .recover(this::failed);
    }

    /** Whether the blob, which the store has, is the layer; fails with Mismatch, Invalid or Exceeded when it is not. */
    Future<Void> check() {
        return attempts(this::checked).recover(this::failed).mapEmpty();
    }

    /**
     * As {@link BlobTransfer#attempts}. A decoder that needs more memory than there is just then ends its attempt, and the next one goes on when it
     * is there: whoever waits must not keep a connection from those who are waited for.
     */
    private <T> Future<T> attempts(Supplier<Future<T>> attempt) {
        return transfer.attempts(attempt).recover(thrown -> {
            if (!lacking) {
                return Future.failedFuture(thrown);
            }
            lacking = false;
            return memory.reserve().compose(given -> attempts(attempt));
        });
    }

    private Future<?> memoryAtOnce() {
        Future<?> given = memory.reserve();
        if (given.isComplete()) {
            return given;
        }
        lacking = true;
        return Future.failedFuture(Failure.of(Category.UNAVAILABLE, "no memory yet for a large window"));
    }

    private <T> Future<T> failed(Throwable thrown) {
        return Future.failedFuture(Failure.from(thrown).during("blob " + blob.digest()));
    }

    /** Whether all of the blob has come from its source, and nothing of it was there before. */
    boolean isFetched() {
        return meter.isFetched();
    }

    /** The layer is there, whoever brought it, so its blob is brought in, if it is not there; and decoded unless that was done before. */
    private Future<Layer> keepBlob(Layer layer) {
        return stages.disk(() -> {
                    if (plan.isPlain()) {
                        content.link(blob.digest(), layer.tar());
                    }
                    return known.has(plan);
                })
                .compose(is -> is ? kept() : attempts(this::checked).map(true))
                .map(kept -> layer);
    }

    private Future<Boolean> kept() {
        return stages.disk(() -> content.find(blob.digest()))
                .compose(stored -> stored.isPresent()
                        ? Future.succeededFuture(true)
                        : transfer.keep().map(true));
    }

    private Future<Blob> checked() {
        return transfer.open(Stages.CLAIM, new LayerClaim.Open(plan.diffId()))
                .compose(claim -> decoding(claim, false))
                .compose(transfer::into)
                .compose(stored ->
                        transfer.feed(stored).compose(all -> bus().ask(stored.address(), BlobFlow.Commit.COMMIT)));
    }

    private Future<Layer> assemble(boolean plain) {
        return transfer.open(Stages.ASSEMBLE, new AssembleFlow.Open(layers, plan.diffId(), plain, null, (LongConsumer)
                        meter::assembled))
                .compose(layer -> decoding(layer, plain)
                        .compose(transfer::into)
                        .compose(stored -> transfer.feed(stored).compose(all -> commit(stored, layer, plain))));
    }

    /** Where the blob's bytes go: to a decoder, unless they are the tar's. */
    private Future<String> decoding(Stage.Opened layer, boolean plain) {
        if (plain) {
            return Future.succeededFuture(layer.address());
        }
        DecodeFlow.Open decoding = new DecodeFlow.Open(
                limits, layer.address(), meter::decoded, DecodeFlow.usualState(labelled(plan)), this::memoryAtOnce);
        return transfer.open(Stages.DECODE, decoding).map(Stage.Opened::address);
    }

    /** Both at once, unless the layer's tar is another name of the blob. */
    private Future<Layer> commit(Stage.Opened stored, Stage.Opened layer, boolean plain) {
        Future<Blob> blobThere = bus().ask(stored.address(), BlobFlow.Commit.COMMIT);
        if (plain) {
            return blobThere.compose(there -> bus().ask(layer.address(), new AssembleFlow.Commit(there.file())));
        }
        Future<Layer> layerThere = bus().ask(layer.address(), new AssembleFlow.Commit(null));
        return Future.join(blobThere, layerThere).compose(both -> layerThere);
    }

    private Bus bus() {
        return stages.bus();
    }
}
