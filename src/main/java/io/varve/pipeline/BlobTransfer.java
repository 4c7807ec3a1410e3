package io.varve.pipeline;

import io.varve.bus.Bus;
import io.varve.bus.End;
import io.varve.bus.Local;
import io.varve.bus.Outlet;
import io.varve.bus.Slabs;
import io.varve.bus.Stage;
import io.varve.content.Blob;
import io.varve.content.BlobFlow;
import io.varve.content.ContentStore;
import io.varve.hash.RunningHash;
import io.varve.oci.Descriptor;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One blob's way from its source into the store, on which it is hashed, and which others may follow: fetched from where an
 * earlier attempt broke off, or not at all where the store has it or its descriptor carries it. Belongs to the conducting
 * context.
 */
final class BlobTransfer {
    private final Descriptor blob;
    private final Source source;
    private final ContentStore content;
    private final Stages stages;
    private final Cancellation wanted;
    private final BlobMeter meter;

    // Of the present attempt.
    private final OpenFlows flows;

    BlobTransfer(
            Descriptor blob, Source source, ContentStore content, Stages stages, Cancellation wanted, BlobMeter meter) {
        this.blob = blob;
        this.source = source;
        this.content = content;
        this.stages = stages;
        this.wanted = wanted;
        this.meter = meter;
        flows = new OpenFlows(stages, wanted);
    }

    /**
     * Memory that a blob takes on its way when nobody but the store has it: one window, the slab that is being filled,
     * and what its hash retains.
     */
    static long keptBytes() {
        return (Outlet.WINDOW + 1L) * Slabs.SIZE + RunningHash.waitingBytes();
    }

    /**
     * Brings the blob, for nobody but the store.
     *
     * @return the blob, committed; completes when all that was opened for it is closed, also when it fails
     */
    Future<Blob> keep() {
        return attempts(() -> into(null)
                .compose(stored -> feed(stored).compose(all -> bus().ask(stored.address(), BlobFlow.Commit.COMMIT))));
    }

    /**
     * An attempt that was interrupted leaves its bytes to the next one; one that found them wrong does not. What an earlier
     * attempt has left may not be the beginning of this blob at all, so then it is tried once more without. One that is
     * cancelled is not waited for: closing what it has opened ends it.
     *
     * @param attempt opens what it needs {@linkplain #open here}
     */
    <T> Future<T> attempts(Supplier<Future<T>> attempt) {
        return wanted.over(attempt.get()).transform((made, thrown) -> {
            boolean again = thrown != null && flows.any(each -> each instanceof BlobFlow flow && flow.wasMisled());
            return flows.close().compose(closed -> {
                if (again) {
                    return attempts(attempt);
                }
                return thrown == null ? Future.succeededFuture(made) : Future.failedFuture(thrown);
            });
        });
    }

    /** @param to the flow that takes the blob's bytes as well; null for none */
    Future<Stage.Opened> into(@Nullable String to) {
        return open(Stages.BLOB, new BlobFlow.Open(content, blob, to, false));
    }

    /** Has the source show the blob, which the store has; fails when that has other bytes, or none. */
    Future<Void> show() {
        return attempts(() ->
                open(Stages.BLOB, new BlobFlow.Open(content, blob, null, true)).compose(this::feed));
    }

    Future<Stage.Opened> open(String stage, Local how) {
        return flows.open(stage, how);
    }

    /** All bytes of the blob, from wherever they are, and then everybody's word that they are right. */
    Future<Void> feed(Stage.Opened stored) {
        BlobFlow flow = (BlobFlow) stored.flow();
        long there = flow.isStored() ? blob.size() : flow.resumed();
        Optional<Path> file = flow.file();
        Future<Void> first = file.map(
                        path -> fetch(ChannelFeed.of(path, there), ChannelSource.PLACE, 0, stored, meter::cached))
                .orElseGet(Future::succeededFuture);
        return first.compose(from -> flow.isStored() || there == blob.size()
                        ? Future.succeededFuture()
                        : fetch(
                                EmbeddedFeed.orElse(blob, there, source),
                                source.place(),
                                there,
                                stored,
                                far -> meter.network(far - there)))
                .compose(all -> bus().ask(stored.address(), End.END));
    }

    private Future<Void> fetch(Feed feed, String place, long offset, Stage.Opened to, LongConsumer fetched) {
        return bus().ask(
                        FetchVerticle.ADDRESS,
                        new FetchVerticle.Fetch(feed, place, offset, to.address(), fetched, wanted.cancelled()));
    }

    private Bus bus() {
        return stages.bus();
    }
}
