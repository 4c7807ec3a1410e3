package io.varve.pipeline;

import io.varve.bus.Bus;
import io.varve.bus.End;
import io.varve.bus.Outlet;
import io.varve.bus.Slabs;
import io.varve.bus.Stage;
import io.varve.content.Blob;
import io.varve.content.BlobFlow;
import io.varve.content.DepositFlow;
import io.varve.decode.DecodeFlow;
import io.varve.decode.DecodeLimits;
import io.varve.encode.EncodeFlow;
import io.varve.encode.Encoding;
import io.varve.hash.RunningHash;
import io.varve.layerfs.AssembleFlow;
import io.varve.layerfs.Layer;
import io.varve.oci.Compression;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import io.varve.store.Store;
import io.vertx.core.Future;
import java.util.Objects;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One layer's way through the stages that nobody knows before its end what it is: its tar is hashed, parsed, kept and compressed at the same
 * time, with a few slabs and segments of memory whatever its size. Nothing of it is there for anybody before it is committed. Belongs to
 * the conducting context.
 *
 * <pre>
 *   feed ══▶ [decode] ══▶ assemble ══▶ encode ══▶ deposit
 *                         tar, changes             blob
 * </pre>
 */
public final class LayerMaking {
    /** Segments at work, and one that is being filled or is on its way out. */
    private static final int SPARE_SEGMENTS = 1;

    private static final int SMALL_SEGMENT = 64 << 10;

    private final Store store;
    private final Stages stages;
    private final DecodeLimits limits;
    private final @Nullable Encoding encoding;
    private final Cancellation wanted;
    private final Meter meter;
    private final OpenFlows flows;
    private @Nullable Future<Layer> committed;

    /**
     * Hears how far a layer is; on any thread, and returns at once.
     *
     * @param tar bytes of the tar that were hashed, written and parsed
     * @param blob bytes that came of them
     */
    public record Meter(LongConsumer tar, LongConsumer blob) {
        public static final Meter NONE = new Meter(bytes -> {}, bytes -> {});
    }

    /** @param encoding null when no blob is wanted */
    public LayerMaking(
            Store store,
            Stages stages,
            DecodeLimits limits,
            @Nullable Encoding encoding,
            Cancellation wanted,
            Meter meter) {
        this.store = store;
        this.stages = stages;
        this.limits = limits;
        this.encoding = encoding;
        this.wanted = wanted;
        this.meter = meter;
        flows = new OpenFlows(stages, wanted);
    }

    /**
     * What was made, and is nobody's but the maker's.
     *
     * @param blob of the tar as it is to be transferred; the tar itself when no other is wanted
     * @param tarBytes of the tar
     */
    public record Draft(Digest diffId, Descriptor blob, long tarBytes) {}

    /**
     * Bytes of memory that it takes from end to end.
     *
     * @param most bytes of the tar, if that is known
     */
    public static long bytes(@Nullable Encoding encoding, int segments, boolean perhapsCompressed, long most) {
        long windows = (perhapsCompressed ? 4L : 3L) * (Outlet.WINDOW + 1) + RunningHash.waitingBytes() / Slabs.SIZE;
        long slabs = Math.min(windows, 3 * Math.ceilDiv(Math.clamp(most, 1L, 1L << 40), Slabs.SIZE)) * Slabs.SIZE;
        long decoder = perhapsCompressed ? DecodeFlow.usualState(Compression.ZSTD) : 0;
        long encoder = encoding == null ? 0 : segments * encoding.segmentMemory();
        // What is small is one small segment.
        return slabs + decoder + Math.min(encoder, 4 * Math.min(most, encoder) + SMALL_SEGMENT);
    }

    /** How many segments of one layer may be on their way. */
    public static int segments(Stages stages) {
        return stages.workers() + SPARE_SEGMENTS;
    }

    /**
     * Takes all of the feed.
     *
     * @param memory where a decoder gets more memory; null for what is a tar for sure
     * @return fails with the reason when that is no tar; then, and when it is cancelled, {@link #close} is what is left to do
     */
    public Future<Draft> take(Feed feed, DecodeFlow.@Nullable Memory memory) {
        return wanted.over(deposit()
                .compose(deposit -> encoder(deposit)
                        .compose(encoder -> assembler(encoder))
                        .compose(layer -> (memory == null
                                        ? Future.succeededFuture(layer.address())
                                        : decoder(layer, memory))
                                .compose(first -> fetch(feed, first))
                                .map(all -> draft(layer, deposit)))));
    }

    /** What the tar goes through; null for nothing. */
    private @Nullable Encoding compressing() {
        return encoding == null || encoding.compression() == Compression.NONE ? null : encoding;
    }

    private Future<Stage.@Nullable Opened> deposit() {
        return compressing() == null
                ? Future.succeededFuture(null)
                : flows.open(Stages.DEPOSIT, new DepositFlow.Open(store.content()))
                        .map(opened -> opened);
    }

    private Future<@Nullable String> encoder(Stage.@Nullable Opened deposit) {
        Encoding into = compressing();
        return deposit == null || into == null
                ? Future.succeededFuture(null)
                : flows.open(
                                Stages.ENCODE,
                                new EncodeFlow.Open(into, deposit.address(), segments(stages), meter.blob()))
                        .map(Stage.Opened::address);
    }

    private Future<Stage.Opened> assembler(@Nullable String encoder) {
        return flows.open(Stages.ASSEMBLE, new AssembleFlow.Open(store.layers(), null, false, encoder, meter.tar()));
    }

    private Future<String> decoder(Stage.Opened layer, DecodeFlow.Memory memory) {
        DecodeFlow.Open open = new DecodeFlow.Open(
                limits, layer.address(), decoded -> {}, DecodeFlow.usualState(Compression.ZSTD), memory);
        return flows.open(Stages.DECODE, open).map(Stage.Opened::address);
    }

    private Future<Void> fetch(Feed feed, String to) {
        return bus().<Void>ask(
                        FetchVerticle.ADDRESS,
                        new FetchVerticle.Fetch(feed, ChannelSource.PLACE, 0, to, fetched -> {}, wanted.cancelled()))
                .compose(all -> bus().ask(to, End.END));
    }

    private Draft draft(Stage.Opened layer, Stage.@Nullable Opened deposit) {
        AssembleFlow assembled = (AssembleFlow) layer.flow();
        if (deposit == null) {
            Descriptor plain = Descriptor.of(MediaType.Known.OCI_LAYER, assembled.diffId(), assembled.size());
            return new Draft(assembled.diffId(), plain, assembled.size());
        }
        DepositFlow deposited = (DepositFlow) deposit.flow();
        Encoding into = Objects.requireNonNull(compressing());
        return new Draft(
                assembled.diffId(),
                Descriptor.of(into.mediaType(), deposited.digest(), deposited.size()),
                assembled.size());
    }

    /** Both for everybody, after {@link #take}; once, however often it is asked for. */
    public Future<Layer> commit() {
        Future<Layer> once = committed == null ? committing() : committed;
        committed = once;
        return once;
    }

    /** Whether somebody has asked for that. */
    public boolean isCommitted() {
        return committed != null;
    }

    private Future<Layer> committing() {
        Future<Layer> layer = bus().ask(flows.addressOf(AssembleFlow.class), new AssembleFlow.Commit(null));
        if (encoding == null) {
            return layer;
        }
        if (compressing() == null) {
            return layer.compose(there -> stages.disk(() -> {
                store.content().link(there.diffId(), there.tar());
                return there;
            }));
        }
        Future<Blob> blob = bus().ask(flows.addressOf(DepositFlow.class), BlobFlow.Commit.COMMIT);
        return Future.join(layer, blob).compose(both -> layer);
    }

    /** Gives back what it holds; what was not committed is gone. Never fails. */
    public Future<Void> close() {
        return flows.close();
    }

    private Bus bus() {
        return stages.bus();
    }
}
